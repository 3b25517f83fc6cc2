/** What the server refuses, or cannot do, as the caller catches it. @module */
import type { CallResult } from '../core/call.js';
import type { ErrorCode } from '../core/errors.js';

/** A refusal or failure, as the server says it (RFC 9457). */
export class FairleadProblem extends Error {
  override readonly name = 'FairleadProblem';
  readonly code: ErrorCode | 'unreadable_answer';
  readonly status: number;
  readonly title: string;
  readonly help: string;
  readonly side: 'you' | 'provider' | 'fairlead';
  readonly retry: 'never' | 'later' | 'now' | 'same-key';
  readonly data: Readonly<Record<string, unknown>>;
  readonly requestId: string | undefined;
  /** When it makes sense to come back. */
  readonly retryAfterMs: number | undefined;
  /** Of an action: the call, with its id and its key. */
  readonly call: Readonly<Partial<CallResult>> | undefined;

  constructor(status: number, problem: Readonly<Record<string, unknown>>, retryAfter?: string | null) {
    super(String(problem['detail'] ?? `It answered ${status} with no problem document.`));
    this.status = status;
    this.code = (problem['code'] ?? 'unreadable_answer') as ErrorCode;
    this.title = String(problem['title'] ?? 'The answer cannot be read');
    this.help = String(problem['help'] ?? 'Check that the address is that of a Fairlead, and what stands before it.');
    this.side = (problem['side'] ?? 'fairlead') as FairleadProblem['side'];
    // Whoever stands between may be what failed: a proxy before a server that is starting again.
    this.retry = (problem['retry'] ?? (status >= 500 ? 'later' : 'never')) as FairleadProblem['retry'];
    this.data = (problem['data'] ?? {}) as FairleadProblem['data'];
    this.requestId = problem['instance'] as string | undefined;
    this.retryAfterMs = /^\d{1,9}$/.test(retryAfter ?? '') ? Number(retryAfter) * 1_000 : undefined;
    this.call = problem['call'] as FairleadProblem['call'];
  }
}

/** What is refused before it is sent. */
export function misuse(argument: string, problem: string): FairleadProblem {
  const detail = `${argument}: ${problem}`;
  const help = 'Nothing was sent. Correct it and call again.';
  return new FairleadProblem(400, {
    code: 'invalid_argument',
    title: 'An argument is not valid',
    detail,
    help,
    side: 'you',
    retry: 'never',
    data: { argument, problem },
  });
}
