/** What an SDK gets back from the proxy: the provider's words, or a refusal of ours that makes it stop. @module */
import type { CallResult } from '../../core/call.js';
import type { ConnectorDefinition } from '../../core/connector.js';
import { isObject, parseJson } from '../../core/json.js';
import type { ErrorView } from '../../core/errors.js';
import type { RawAnswer } from '../../core/raw-request.js';
import { REST_HEADERS } from '../../core/rest-shape.js';
import { problemAnswer } from './problem.js';

export interface ProxyAnswer {
  status: number;
  headers: Record<string, string>;
  body: string | Uint8Array;
}

/** Where addresses of the provider are found again behind the proxy. */
export interface ProxyPlace {
  /** Our own address of this provider, without a slash at the end. */
  address: string;
  connector: ConnectorDefinition;
  /** The path of the base URL is part of what follows `address`. */
  keepsBasePath: boolean;
}

/** The call is over for now: who repeats it by itself only adds to the load, or to the doubt. */
const noRetry = ({ raw }: Pick<ConnectorDefinition, 'raw'>): Record<string, string> => ({
  'x-should-retry': 'false',
  ...raw?.stopHeaders,
});

/** Statuses of ours where REST has others: to SDKs a 5xx is an invitation to repeat, and a 2xx a success. */
const STATUS: Readonly<Record<string, number>> = {
  outcome_unknown: 409,
  call_in_flight: 409,
  provider_unavailable: 503,
};

/** Nothing took place, and another try by the same caller will do. */
const PASSES = new Set(['rate_limited', 'overloaded', 'call_in_flight', 'store_unavailable']);

export function proxyAnswer(result: CallResult, place: ProxyPlace): ProxyAnswer {
  const facts = { 'fairlead-call': result.callId, 'fairlead-state': result.state };
  if (result.state === 'done' || result.state === 'replayed') {
    const output: unknown = result.output;
    if (isRawAnswer(output)) return told(output, place, { ...facts, ...replayed(result) });
    // A person decided what an unknown call came to; the provider's words are not there.
    return { status: 200, headers: { ...facts, ...JSON_TYPE }, body: JSON.stringify(output ?? {}) };
  }
  if (result.state === 'previewed') {
    return { status: 200, headers: { ...facts, ...JSON_TYPE }, body: JSON.stringify(result.preview) };
  }
  // What may have taken place is no answer of the provider's, whatever its last word was.
  if (result.state === 'failed' && result.answer !== undefined) {
    const { code } = result.error ?? {};
    const stop = code === 'rate_limited' ? {} : noRetry(place.connector);
    return told(result.answer, place, { ...facts, ...stop });
  }
  return refusalAnswer(result.error!, place.connector, result.retryAfterMs, facts);
}

const JSON_TYPE = { 'content-type': 'application/json' };

function replayed({ state }: CallResult): Record<string, string> {
  return state === 'replayed' ? { 'idempotent-replayed': 'true' } : {};
}

function isRawAnswer(value: unknown): value is RawAnswer {
  return isObject(value) && typeof value['status'] === 'number' && isObject(value['headers']);
}

/**
 * A refusal of ours in a form that every SDK takes for an error: as problem+json with what they look for beside it
 * (`message`, `error.message`), or in the provider's own form where its SDK knows no other.
 */
export function refusalAnswer(
  view: ErrorView,
  { raw }: Pick<ConnectorDefinition, 'raw'>,
  retryAfterMs?: number,
  facts: Readonly<Record<string, string>> = {},
): ProxyAnswer {
  const problem = problemAnswer(view);
  const { 'www-authenticate': _challenge, connection, 'retry-after': after, ...headers } = problem.headers;
  const waits = retryAfterMs === undefined ? after : String(Math.max(1, Math.ceil(retryAfterMs / 1000)));
  const retry = PASSES.has(view.code) ? {} : noRetry({ raw });
  const own = raw?.refusal?.(view);
  const status = own?.status ?? STATUS[view.code] ?? problem.status;
  const { code, detail: message } = view;
  const document = parseJson(Buffer.from(problem.body));
  const said = document.ok && isObject(document.value) ? document.value : {};
  const error = { type: 'fairlead_error', code, message, help: view.help };
  return {
    status,
    headers: {
      ...headers,
      ...JSON_TYPE,
      ...facts,
      ...retry,
      'fairlead-error': code,
      ...(waits !== undefined && PASSES.has(code) && { 'retry-after': waits }),
      ...(connection !== undefined && { connection }),
    },
    body: JSON.stringify(own?.body ?? { ...said, status, name: code, message, error }),
  };
}

function told(answer: RawAnswer, place: ProxyPlace, more: Record<string, string>): ProxyAnswer {
  const { status, text, base64 } = answer;
  const body = base64 === undefined ? (text ?? '') : Buffer.from(base64, 'base64');
  return { status, headers: toldHeaders(answer, place, more), body };
}

/** Addresses of the provider in headers lead back through the proxy: whoever follows them has no other credential. */
export function toldHeaders(
  { headers, base }: Pick<RawAnswer, 'headers' | 'base'>,
  { address, connector, keepsBasePath }: ProxyPlace,
  more: Readonly<Record<string, string>>,
): Record<string, string> {
  const rewritten = { ...headers };
  for (const name of ['link', 'location', 'content-location']) {
    const value = rewritten[name];
    if (value === undefined) continue;
    const own = address + (keepsBasePath ? basePathOf(connector) : '');
    rewritten[name] = [base, connector.baseUrl]
      .filter((one) => one !== '')
      .reduce((text, one) => text.replaceAll(one, own), value);
  }
  return {
    ...rewritten,
    'x-content-type-options': 'nosniff',
    [REST_HEADERS.requestId]: rewritten['x-request-id'] ?? more['fairlead-call'] ?? '',
    ...more,
  };
}

function basePathOf({ baseUrl }: ConnectorDefinition): string {
  return baseUrl === '' ? '' : new URL(baseUrl).pathname.replace(/\/$/, '');
}
