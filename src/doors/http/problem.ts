/** An error as an answer: problem+json (RFC 9457) with our words for retry, side and help. @module */
import type { CallResult } from '../../core/call.js';
import { ERRORS, type AppError, type ErrorCode, type ErrorView } from '../../core/errors.js';
import { redactText } from '../../core/redact.js';
import { REST_HEADERS } from '../../core/rest-shape.js';

export interface PlainAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** On every answer of this door: nothing here belongs into a cache, and no browser shall guess what it is. */
export const ANSWER_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
};

/** Statuses that no HTTP client should ever be sent as they are. 499 is a log convention, not a status of HTTP. */
const SENT_AS: Partial<Record<number, number>> = { 499: 408 };

/**
 * The document and its status. `data` is safe to show by construction, see core/errors.ts, but for what the caller put
 * where no secret belongs: an address, a name. A call that ended badly still has a call id and a key, under `call`.
 */
export function problemAnswer(view: ErrorView, requestId?: string, call?: CallResult): PlainAnswer {
  const status = statusOf(view.code);
  const { error: _error, ...rest } = call ?? {};
  const document = {
    type: `/docs/errors/${view.code}`,
    title: view.title,
    status,
    detail: redactText(view.detail),
    ...(requestId === undefined ? {} : { instance: requestId }),
    code: view.code,
    help: view.help,
    side: view.side,
    retry: view.retry,
    data: withoutSecrets(view.data),
    ...(call === undefined ? {} : { call: rest }),
  };
  const headers: Record<string, string> = {
    ...ANSWER_HEADERS,
    'content-type': 'application/problem+json',
    ...(requestId === undefined ? {} : { [REST_HEADERS.requestId]: requestId }),
    ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    // The rest of the body is still coming, so the connection cannot be used again.
    ...(status === 413 ? { connection: 'close' } : {}),
    ...retryAfter(call?.retryAfterMs ?? view.data['retryAfterMs']),
  };
  return { status, headers, body: JSON.stringify(document) };
}

export function errorAnswer(error: AppError, requestId?: string): PlainAnswer {
  return problemAnswer(error.view(), requestId);
}

function withoutSecrets(data: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const plain = (value: unknown): unknown => (typeof value === 'string' ? redactText(value) : value);
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, plain(value)]));
}

/** The status that an error is sent with. */
export function statusOf(code: ErrorCode): number {
  const { status } = ERRORS[code];
  return SENT_AS[status] ?? status;
}

/** In whole seconds, never too early; nothing for what is no time. */
export function retryAfter(ms: unknown): Record<string, string> {
  return typeof ms === 'number' && ms > 0 ? { 'retry-after': String(Math.ceil(ms / 1_000)) } : {};
}
