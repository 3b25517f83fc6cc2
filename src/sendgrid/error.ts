/** What went wrong, in SendGrid's words. @module */

/** One entry of SendGrid's list of errors. */
export interface SendGridProblem {
  message: string;
  field?: string;
}

export interface SendGridFailure {
  /** HTTP status; 0 when there was no answer. */
  status: number;
  code: string;
  problems: readonly SendGridProblem[];
  requestId?: string;
  /** How long SendGrid wants to be left alone. */
  retryAfterMs?: number;
  cause?: unknown;
}

/**
 * A request that did not succeed. `message` is for people, `code` for programs: SendGrid's `error_id` where it has one,
 * else `invalid_request`, `unauthorized`, `forbidden`, `not_found`, `too_large`, `too_many_requests`, `unavailable`,
 * `no_answer` (it may have taken place), `aborted`, `unreadable_answer`.
 */
export class SendGridError extends Error {
  override readonly name = 'SendGridError';
  readonly status: number;
  readonly code: string;
  /** Of the first problem. */
  readonly field: string | undefined;
  readonly problems: readonly SendGridProblem[];
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor({ status, code, problems, requestId, retryAfterMs, cause }: SendGridFailure) {
    super(wordsOf(problems), cause === undefined ? undefined : { cause });
    this.status = status;
    this.code = code;
    this.field = problems[0]?.field;
    this.problems = problems;
    this.requestId = requestId;
    this.retryAfterMs = retryAfterMs;
  }

  /** Whether SendGrid certainly did nothing, so that the same request may go again later. */
  get safeToRetry(): boolean {
    return this.code === 'too_many_requests';
  }
}

function wordsOf(problems: readonly SendGridProblem[]): string {
  const words = problems.map(({ message, field }) =>
    field === undefined || message.includes(field) ? message : `${message} (field ${field})`,
  );
  return words.join('; ');
}

const CODES: Readonly<Record<number, string>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  413: 'too_large',
  429: 'too_many_requests',
};
const PROBLEMS_MAX = 20;
const CHARACTERS_MAX = 500;
const WAIT_MAX_MS = 86_400_000;

export interface Answer {
  status: number;
  header(name: string): string | undefined;
  /** As JSON; `undefined` when it is none. */
  body: unknown;
}

/** The failure that an answer stands for. `nowMs` is Unix time by the answer's own `Date`. */
export function failureOf({ status, header, body }: Answer): SendGridFailure {
  const listed = (body as { errors?: unknown } | null | undefined)?.errors ?? [];
  const entries = [listed].flat().slice(0, PROBLEMS_MAX).filter(isRecord);
  const problems = entries.map(problemOf).filter(({ message }) => message !== '');
  const errorId = entries.map((one) => one['error_id']).find((id) => typeof id === 'string' && id !== '');
  const retryAfterMs = status === 429 ? waitOf(header) : undefined;
  const requestId = header('x-message-id') ?? header('x-request-id');
  return {
    status,
    code: typeof errorId === 'string' ? errorId : codeOf(status),
    problems: problems.length > 0 ? problems : [{ message: `SendGrid gave no reason (${codeOf(status)})` }],
    ...(requestId !== undefined && { requestId }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

function codeOf(status: number): string {
  return CODES[status] ?? (status >= 500 ? 'unavailable' : 'invalid_request');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function problemOf(entry: Record<string, unknown>): SendGridProblem {
  const text = (name: string): string => (typeof entry[name] === 'string' ? entry[name].slice(0, CHARACTERS_MAX) : '');
  const field = text('field') || text('parameter');
  return { message: text('message'), ...(field !== '' && { field }) };
}

/** `Retry-After` in seconds, else the time between the answer's `Date` and `X-RateLimit-Reset` (epoch seconds). */
function waitOf(header: Answer['header']): number | undefined {
  const seconds = Number(header('retry-after') ?? Number.NaN);
  const resetMs = Number(header('x-ratelimit-reset') ?? Number.NaN) * 1000;
  const waitMs = Number.isFinite(seconds) ? seconds * 1000 : resetMs - Date.parse(header('date') ?? '');
  return Number.isFinite(waitMs) && waitMs > 0 ? Math.min(waitMs, WAIT_MAX_MS) : undefined;
}
