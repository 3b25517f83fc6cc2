/** What a call has come to, before it is written down and told. @module */
import type { CallResult } from '../core/call.js';
import type { AppError } from '../core/errors.js';
import type { RawAnswer } from '../core/raw-request.js';
import { bodyHash, type OutcomeFacts } from './entries.js';
import { readOutput } from './output.js';
import { rawAnswerOf } from './raw-answer.js';
import type { OutboundParts } from './parts.js';
import type { Plan } from './plan.js';
import type { Ending } from './transmit.js';

export type Conclusion = {
  /** Of the last answer, for the log. */
  httpStatus?: number;
} & (
  | { state: 'done'; output: unknown; responseHash?: string }
  | {
      state: 'failed' | 'unknown';
      error: AppError;
      retryAfterMs?: number;
      tooEarly?: true;
      /** The answer that did not fit: redacted and cut. */
      raw?: string;
      /** Of a raw request: the refusal in the provider's own words. */
      answer?: RawAnswer;
      responseHash?: string;
    }
);

/** How a conclusion is called in the audit log. */
export const AUDIT_STATUS = { done: 'succeeded', failed: 'failed', unknown: 'unknown' } as const;

export function concludeEnding(
  parts: Pick<OutboundParts, 'secrets'>,
  plan: Plan,
  ending: Exclude<Ending, { kind: 'lost' | 'repeated' }>,
): Conclusion {
  const httpStatus = ending.status;
  if (ending.kind !== 'answered') {
    const { kind, error, retryAfterMs, tooEarly, refusal } = ending;
    const isTold = plan.found.raw !== undefined && refusal !== undefined && !refusal.truncated;
    const answer = isTold && { answer: rawAnswerOf(refusal, plan.connection.view.baseUrl) };
    const later = retryAfterMs !== undefined && { retryAfterMs, ...(tooEarly && { tooEarly }) };
    return { state: kind, error, httpStatus, ...later, ...answer };
  }
  const { action, connector } = plan.found;
  const isStreamed = ending.answer.streamedBytes !== undefined;
  const responseHash = isStreamed ? undefined : bodyHash(ending.answer.body);
  if (plan.found.raw !== undefined && !ending.answer.truncated) {
    const output = rawAnswerOf(ending.answer, plan.connection.view.baseUrl);
    return { state: 'done', output, responseHash, httpStatus };
  }
  const read = readOutput(action, connector.title, ending.answer, plan.input, parts.secrets);
  if (read.ok) return { state: 'done', output: read.output, responseHash, httpStatus };
  // A write that was answered in a form we do not know may well have been carried out.
  return { state: plan.write ? 'unknown' : 'failed', error: read.error, raw: read.raw, responseHash, httpStatus };
}

/** What the ledger keeps: the output, or the error with the raw answer beside it. */
export function storedText(conclusion: Conclusion): string {
  if (conclusion.state === 'done') return JSON.stringify(conclusion.output) ?? 'null';
  const { error, raw } = conclusion;
  return JSON.stringify({ ...error.view(), ...(raw !== undefined && { raw }) });
}

/** @param callId of the call that has the outcome, when it is an earlier one */
export function outcomeFacts(
  conclusion: Conclusion,
  { attempts, durationMs }: { attempts: number; durationMs: number },
  callId?: string,
): OutcomeFacts {
  const { state, responseHash, httpStatus } = conclusion;
  const error = conclusion.state === 'done' ? undefined : conclusion.error;
  return { status: AUDIT_STATUS[state], callId, attempts, durationMs, error, responseHash, httpStatus };
}

/** The answer to whoever called. */
export function resultOf(callId: string, idempotencyKey: string, conclusion: Conclusion): CallResult {
  if (conclusion.state === 'done') return { callId, idempotencyKey, state: 'done', output: conclusion.output };
  const { state, error, retryAfterMs, tooEarly, raw, answer } = conclusion;
  return {
    callId,
    idempotencyKey,
    state,
    error: error.view(),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(tooEarly && { tooEarly }),
    ...(raw !== undefined && { raw }),
    ...(answer !== undefined && { answer }),
  };
}
