/** One attempt: fetch the secret, send, and say what came of it. Decides nothing. @module */
import type { Connection, ConnectionSource } from '../core/connection.js';
import type { ConnectorDefinition, ProviderFailure } from '../core/connector.js';
import { AppError, toAppError } from '../core/errors.js';
import type { LimitUse } from '../core/limit.js';
import type { BodyStream, Clock, HttpAnswer, HttpRequest, HttpResult, Log, Net, NetFailure } from '../core/ports.js';
import type { AnswerSink } from '../core/raw-request.js';
import { complete, needsSecret, type CompleteRequest } from './credential.js';
import type { RenderedRequest } from './request.js';
import type { OutboundSettings } from './settings.js';
import { signedHeaders } from './signing.js';
import { STREAM_TIMEOUT_MS, Streaming } from './streaming.js';
import { lineName, type Arrival, type Departure, type Traffic } from './traffic.js';

export interface AttemptParts {
  net: Net;
  clock: Clock;
  log: Log;
  connections: ConnectionSource;
  settings: OutboundSettings;
  traffic: Traffic;
}

/** What is sent, where, in whose name. The same for every attempt of a call. */
export interface Exchange {
  /** Name of the action, for the log. */
  action: string;
  connector: ConnectorDefinition;
  connection: Connection;
  rendered: RenderedRequest;
  tenant: string;
  /** What it takes from the buckets of the connector, beside what every call takes. */
  uses: readonly LimitUse[];
  /** Instead of those of the settings. */
  timeoutMs?: number;
  maxAnswerBytes?: number;
  /** It changes something: once begun, it is heard out. */
  write?: boolean;
  signal?: AbortSignal;
  /** In place of a body: it can be sent once. */
  stream?: BodyStream;
  /** Takes a long answer in pieces. */
  sink?: AnswerSink;
}

export type AttemptOutcome =
  | { kind: 'answered'; answer: HttpAnswer }
  | { kind: 'refused'; status: number; failure: ProviderFailure; answer?: HttpAnswer }
  | { kind: 'no_answer'; failure: NetFailure }
  /** Not one byte left, because others have to go first or the provider does not work. */
  | { kind: 'held_back'; why: 'limit' | 'circuit'; retryAfterMs: number }
  /** Not one byte left, for a reason on our side: no secret, no permission, cancelled. */
  | { kind: 'not_sent'; error: AppError };

export async function attempt(
  parts: AttemptParts,
  exchange: Exchange,
  number: number,
  departure = departureOf(parts, exchange),
): Promise<AttemptOutcome> {
  if (exchange.signal?.aborted) return { kind: 'not_sent', error: cancelled(exchange) };
  // Each function that is awaited on the way costs a third of a microsecond: what most attempts need is done here.
  const { connector, connection, rendered } = exchange;
  let request: CompleteRequest;
  try {
    const needed = needsSecret(rendered, connector, connection);
    const fetched = needed ? parts.connections.secret(connection) : undefined;
    const secret = fetched instanceof Promise ? await fetched : fetched;
    request = complete(rendered, connector, connection, secret);
    if (rendered.sign !== undefined) request = await signed(parts, request, rendered.sign);
  } catch (error) {
    return { kind: 'not_sent', error: toAppError(error, () => exchange.action) };
  }
  const cleared = parts.traffic.depart(departure);
  const clearance = cleared instanceof Promise ? await cleared : cleared;
  if (clearance.kind === 'aborted') return { kind: 'not_sent', error: cancelled(exchange) };
  if (clearance.kind === 'later') return { ...clearance, kind: 'held_back' };
  const startedMs = parts.clock.monotonicMs();
  const streaming = new Streaming(exchange.sink, connection.view.baseUrl);
  let result: HttpResult;
  try {
    result = await parts.net.send(httpRequestOf(parts.settings, exchange, request, streaming));
  } catch (error) {
    result = thrownByNet(error);
  }
  const outcome = outcomeOf(parts, exchange, request, result);
  clearance.arrived(arrivalOf(outcome, result));
  logAttempt(parts, exchange, request, { number, durationMs: parts.clock.monotonicMs() - startedMs, outcome });
  // Whoever has half of an answer cannot be given another one.
  return streaming.begun && !result.ok ? { kind: 'not_sent', error: brokenOff(exchange) } : outcome;
}

export function departureOf({ settings }: Pick<AttemptParts, 'settings'>, exchange: Exchange): Departure {
  const { connector, connection, tenant, uses, rendered, signal } = exchange;
  const host = rendered.url?.host ?? '';
  const method = rendered.method === 'HEAD' ? 'GET' : rendered.method;
  const line = lineName({ connector, connection, tenant, host });
  // Every member by its name, present or not: one shape for all that depart.
  return { connector, connection, tenant, host, method, uses, line, holdMs: settings.holdMs, signal };
}

/** Only what shows that the provider does not work counts against it. */
function arrivalOf(outcome: AttemptOutcome, result: HttpResult): Arrival {
  const headers = result.ok ? result.answer.headers : undefined;
  switch (outcome.kind) {
    case 'answered':
      return { provider: 'good', refused: false, headers };
    case 'refused': {
      const { code, retryAfterMs } = outcome.failure;
      const isTheirs = code === 'provider_unavailable' && (outcome.status < 400 || outcome.status >= 500);
      const provider = isTheirs ? 'bad' : 'good';
      return { provider, refused: code === 'rate_limited', waitMs: retryAfterMs, headers };
    }
    case 'no_answer': {
      const { kind, sent } = outcome.failure;
      const isOurs = kind === 'aborted' || kind === 'denied' || (kind === 'malformed' && sent === 'no');
      return { provider: isOurs ? 'neither' : 'bad', refused: false };
    }
    default:
      return { provider: 'neither', refused: false };
  }
}

export function cancelled(exchange: Pick<Exchange, 'action'>): AppError<'cancelled'> {
  return new AppError('cancelled', { operation: exchange.action });
}

function brokenOff({ connector, signal, action }: Exchange): AppError {
  if (signal?.aborted) return cancelled({ action });
  return new AppError('provider_unavailable', { provider: connector.title, problem: 'its answer broke off' });
}

async function signed(
  { connections, clock }: AttemptParts,
  request: CompleteRequest,
  sign: NonNullable<RenderedRequest['sign']>,
): Promise<CompleteRequest> {
  const key = await connections.read(sign.reference);
  const signature = signedHeaders(sign, request.body ?? new Uint8Array(), key, clock.nowMs());
  return { ...request, headers: { ...request.headers, ...signature } };
}

/**
 * A write that was begun is heard out, whoever has stopped waiting for it: broken off, nobody would know whether it took
 * place. What its caller sends or takes in pieces ends with the caller.
 */
function mayBreakOff(exchange: Exchange): exchange is Exchange & { signal: AbortSignal } {
  const { signal, write, stream, sink } = exchange;
  return signal !== undefined && (write !== true || stream !== undefined || sink !== undefined);
}

function httpRequestOf(
  settings: OutboundSettings,
  exchange: Exchange,
  { method, url, headers, body }: CompleteRequest,
  streaming: Streaming,
): HttpRequest {
  return {
    method,
    url: url.href,
    headers,
    timeoutMs: exchange.stream === undefined ? (exchange.timeoutMs ?? settings.timeoutMs) : STREAM_TIMEOUT_MS,
    maxAnswerBytes: exchange.maxAnswerBytes ?? settings.maxAnswerBytes,
    body,
    bodyStream: exchange.stream,
    onHead: exchange.sink && ((head) => streaming.onHead(head)),
    signal: mayBreakOff(exchange) ? exchange.signal : undefined,
  };
}

/** A Net does not throw. If one does, nobody knows how far it got. */
function thrownByNet(error: unknown): HttpResult {
  const detail = error instanceof Error ? error.name : 'unknown';
  return { ok: false, failure: { kind: 'reset', sent: 'maybe', detail } };
}

function outcomeOf(
  { clock }: AttemptParts,
  { connector, connection }: Exchange,
  request: CompleteRequest,
  result: HttpResult,
): AttemptOutcome {
  if (!result.ok) return { kind: 'no_answer', failure: result.failure };
  const { answer } = result;
  if (answer.streamedBytes !== undefined) return { kind: 'answered', answer };
  const failure = classify(connector, answer, clock.nowMs());
  if (failure === undefined) return { kind: 'answered', answer };
  if (request.withheld && failure.code === 'provider_auth' && connection.hostsHint !== undefined) {
    failure.problem += `; our credential was not sent, because ${request.url.host} is not in ${connection.hostsHint}`;
  }
  return { kind: 'refused', status: answer.status, failure, answer };
}

/** A connector that throws over an answer has not understood it: then nobody knows what the provider did. */
function classify(connector: ConnectorDefinition, answer: HttpAnswer, nowMs: number): ProviderFailure | undefined {
  try {
    const failure = connector.classify(answer, nowMs);
    return failure && { ...failure };
  } catch {
    const problem = 'its answer could not be read';
    return { code: 'provider_unavailable', providerCode: 'unreadable', problem, safeToRetry: false };
  }
}

function logAttempt(
  { log }: AttemptParts,
  { action, connector, rendered }: Exchange,
  request: CompleteRequest,
  { number, durationMs, outcome }: { number: number; durationMs: number; outcome: AttemptOutcome },
): void {
  if (log.takes?.('debug') === false) return;
  log('debug', 'call attempt', {
    provider: connector.provider,
    action,
    attempt: number,
    method: request.method,
    host: request.url.host,
    // Where the address is the secret, its path is what must not be seen. A query is never shown.
    path: rendered.url?.pathname ?? '/…',
    ...resultFields(outcome),
    durationMs: Math.round(durationMs),
  });
}

function resultFields(outcome: AttemptOutcome): Record<string, unknown> {
  switch (outcome.kind) {
    case 'answered':
      return { status: outcome.answer.status };
    case 'refused':
      return { status: outcome.status, code: outcome.failure.code, providerCode: outcome.failure.providerCode };
    case 'no_answer':
      return { code: outcome.failure.kind, sent: outcome.failure.sent };
    case 'held_back':
      return { code: outcome.why };
    default:
      return { code: outcome.error.code };
  }
}
