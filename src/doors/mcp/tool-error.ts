/** An error as a model reads it: which field, what was expected, what to try next. @module */
import type { AppError, ErrorView } from '../../core/errors.js';
import { redactText } from '../../core/redact.js';

/** What makes it possible to correct the call; a client gets it as `error` of the result. */
export interface Correction {
  /** Path of the argument that does not fit. */
  field?: string;
  /** What stood there, if that may be shown. */
  received?: unknown;
  expected?: unknown;
  /** Valid values or names, the likeliest first. */
  suggestions?: readonly unknown[];
  /** A call that helps. */
  nextStep?: { tool: string; arguments?: Readonly<Record<string, unknown>> };
}

/** An AppError with what an agent can do about it. Thrown by checks of this door, beside plain AppErrors. */
export interface CorrectableError {
  error: AppError;
  correction: Correction;
}

const PROVIDER_TEXT_CHARACTERS_MAX = 300;
/** Codes whose message quotes what a provider said, or code that works on its answers. */
const QUOTES_PROVIDER = new Set([
  'provider_rejected',
  'provider_auth',
  'provider_unavailable',
  'provider_contract',
  'rate_limited',
  'needs_reconnect',
  'connect_failed',
  'handler_failed',
]);

export function errorObject(
  view: Pick<ErrorView, 'code' | 'title' | 'detail' | 'help' | 'side' | 'retry' | 'data'>,
  correction: Correction = {},
): Record<string, unknown> {
  const { code, title, detail, help, side, retry, data } = view;
  const retryAfterMs = data['retryAfterMs'];
  const quotes = QUOTES_PROVIDER.has(code);
  // An agent may have put a secret where a name belongs.
  const message = redactText(quotes ? detail.slice(0, PROVIDER_TEXT_CHARACTERS_MAX) : detail);
  return {
    code,
    title,
    message,
    help,
    ...correction,
    retry,
    side,
    ...(typeof retryAfterMs === 'number' ? { retryAfterMs } : {}),
    ...(quotes ? { untrusted: ['message'] } : {}),
    docs: `fairlead://errors/${code}`,
  };
}
