/**
 * The proxy for official SDKs: they point at Fairlead with a credential of Fairlead, and the request takes the one way
 * out, with the secret of the connection put in at its end.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ConnectorDefinition } from '../../core/connector.js';
import { AppError, toAppError } from '../../core/errors.js';
import { checkedKey } from '../../core/idempotency-key.js';
import { newId } from '../../core/ids.js';
import type { CallContext } from '../../core/operation.js';
import { REST_HEADERS } from '../../core/rest-shape.js';
import { isEnvironment, type Environment } from '../../core/scope.js';
import { callRaw, connectorOf, type Gateway } from '../../operations/index.js';
import type { Identify } from './credentials.js';
import type { NodeListener } from './front.js';
import { proxyAnswer, refusalAnswer, toldHeaders, type ProxyAnswer, type ProxyPlace } from './proxy-answer.js';
import {
  bodyOf,
  methodOf,
  passedOnHeaders,
  presentedCredential,
  proxyTarget,
  type ProxyTarget,
} from './proxy-request.js';

export interface ProxyParts {
  gateway: Gateway;
  identify: Identify;
  /** What a request without the environment header is about. */
  environment: Environment;
  /** The only provider, behind a port of its own. */
  provider?: string;
}

export function proxyListener(parts: ProxyParts): NodeListener {
  return (request, response) => {
    serve(parts, request, response).catch((thrown: unknown) => {
      parts.gateway.log('error', 'the proxy could not answer', { cause: thrown });
      response.destroy();
    });
  };
}

async function serve(parts: ProxyParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const target = proxyTarget(request.url ?? '/', parts.provider);
  let connector: ConnectorDefinition | undefined;
  try {
    if (target === undefined)
      throw new AppError('not_found', { what: 'address', id: (request.url ?? '').slice(0, 100) });
    connector = connectorOf(await parts.gateway.connectors(), target.provider, target.url);
    if (connector.anyTarget === true) throw new AppError('not_found', { what: 'address', id: target.provider });
    const answer = await passOn(parts, request, response, connector, target);
    if (answer !== undefined) send(response, answer);
  } catch (thrown) {
    const { gateway } = parts;
    const error = toAppError(thrown, () => newId('request', gateway.clock, gateway.random));
    if (error.code === 'internal') gateway.log('error', 'a request to the proxy failed', { cause: error.cause });
    send(response, refusalAnswer(error.view(), connector ?? {}));
  }
}

/** `undefined` when the answer was passed on in pieces. */
async function passOn(
  parts: ProxyParts,
  request: IncomingMessage,
  response: ServerResponse,
  connector: ConnectorDefinition,
  target: ProxyTarget,
): Promise<ProxyAnswer | undefined> {
  const context = await contextOf(parts, request, connector, target);
  const method = methodOf(request);
  const sent = await bodyOf(request);
  const place: ProxyPlace = {
    address: `http://${request.headers.host ?? ''}${target.prefix}`,
    connector,
    keepsBasePath: target.from === 'host',
  };
  const gone = goneSignal(request, response);
  const headers = passedOnHeaders(request, connector);
  const raw = { method, url: target.url, from: target.from, headers, ...sent };
  const sink = answerSink(response, place, context.callId);
  // A write goes on when its caller has gone, so that the caller finds its outcome under the key.
  const cancelled = method === 'GET' || method === 'HEAD' ? { signal: gone } : {};
  const result = await callRaw(parts.gateway, { ...context, ...cancelled }, connector, raw, { sink, mayLackKey: true });
  if (!sink.begun) return proxyAnswer(result, place);
  // Half of an answer must not look like a whole one.
  if (result.state === 'done') response.end();
  else response.destroy();
  return undefined;
}

async function contextOf(
  parts: ProxyParts,
  request: IncomingMessage,
  connector: ConnectorDefinition,
  { connection }: ProxyTarget,
): Promise<CallContext> {
  const header = (name: string): string | undefined => {
    const value = request.headers[name];
    return typeof value === 'string' ? value : undefined;
  };
  const stated = {
    principalType: header(REST_HEADERS.principalType),
    agentClient: header(REST_HEADERS.agentClient),
    agentSession: header(REST_HEADERS.agentSession),
    onBehalfOf: header(REST_HEADERS.onBehalfOf),
  };
  const identity = await parts.identify(presentedCredential(request, connector), stated, 'rest');
  const environment = header(REST_HEADERS.environment) ?? identity.environment ?? parts.environment;
  if (!isEnvironment(environment)) throw invalid(REST_HEADERS.environment, 'there are sandbox and live');
  if (identity.environment !== undefined && identity.environment !== environment) {
    throw invalid(REST_HEADERS.environment, `the key is for ${identity.environment}`);
  }
  const key = header(REST_HEADERS.idempotencyKey);
  const named = connection ?? header(REST_HEADERS.connection);
  return {
    scope: { tenant: identity.tenant, environment },
    principal: identity.principal,
    callId: newId('call', parts.gateway.clock, parts.gateway.random),
    dryRun: header(REST_HEADERS.dryRun) === 'true',
    ...(key !== undefined && { idempotencyKey: checkedKey(key) }),
    ...(named !== undefined && { connection: named }),
  };
}

/** Aborts when whoever asked has gone. */
function goneSignal(request: IncomingMessage, response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  const leave = (): void => {
    if (!response.writableFinished) gone.abort();
  };
  response.once('close', leave);
  request.once('error', leave);
  return gone.signal;
}

/** Takes an answer in pieces, as fast as the client takes them. */
function answerSink(response: ServerResponse, place: ProxyPlace, callId: string) {
  const sink = {
    begun: false,
    begin(head: { status: number; headers: Record<string, string>; base: string }) {
      sink.begun = true;
      const length = head.headers['content-length'];
      const headers = toldHeaders(head, place, {
        'fairlead-call': callId,
        ...(length !== undefined && { 'content-length': length }),
      });
      response.writeHead(head.status, headers);
    },
    async write(piece: Uint8Array): Promise<void> {
      if (response.destroyed) throw new AppError('cancelled', { operation: 'proxy' });
      if (response.write(piece)) return;
      await new Promise<void>((resolve) => {
        const go = (): void => {
          response.off('drain', go);
          response.off('close', go);
          resolve();
        };
        response.on('drain', go);
        response.on('close', go);
      });
    },
  };
  return sink;
}

function send(response: ServerResponse, { status, headers, body }: ProxyAnswer): void {
  if (response.headersSent || response.destroyed) return;
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const isBare = status === 204 || status === 304 || response.req.method === 'HEAD';
  const length = isBare ? {} : { 'content-length': String(bytes.byteLength) };
  response.writeHead(status, { ...headers, ...length });
  response.end(bytes);
}

function invalid(argument: string, problem: string): AppError {
  return new AppError('invalid_argument', { argument, problem });
}
