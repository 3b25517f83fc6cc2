/** How the end of a run becomes the settlement of its job. @module */
import { AppError, type ErrorView } from '../core/errors.js';
import type { ClaimedJob, JobSettlement } from '../core/job.js';
import type { Random } from '../core/ports.js';
import { fullJitterMs } from '../core/backoff.js';
import type { StopOutcome } from './context.js';

/** How one run of a handler ended. */
export type RunResult =
  | { kind: 'completed' }
  | {
      kind: 'threw';
      name: string;
      message: string;
      view?: ErrorView;
      /** It was only too early for the call that failed: it can be made in so many milliseconds. */
      waitMs?: number;
    }
  | { kind: 'timed_out'; limitMs: number }
  | { kind: 'crashed'; reason: string }
  | { kind: 'stopped'; outcome: StopOutcome }
  /** Not this job's fault: it is given back uncounted. */
  | { kind: 'released' };

const BASE_MS = 1_000;
const CAP_MS = 3_600_000;
const SPREAD = 0.5;
const SPREAD_MAX_MS = 300_000;
const ERROR_CHARACTERS_MAX = 1_000;

export interface Settling {
  random: Random;
  /** Takes secrets out of a text: what a handler throws was written by nobody who thought of a log. */
  clean: (text: string) => string;
  nowMs: number;
  /** How long a job may be put off without a failure of its own. */
  waitMaxMs: number;
}

export function settlementOf(job: ClaimedJob, result: RunResult, settling: Settling): JobSettlement {
  const { id, fence } = job;
  const { random, clean } = settling;
  switch (result.kind) {
    case 'completed':
      return { id, fence, outcome: 'completed' };
    case 'released':
      return { id, fence, outcome: 'released' };
    case 'stopped':
      return stopped(job, result.outcome, settling);
    default: {
      const { text: raw, final } = describe(job, result);
      // Cleaned before it is cut: the first half of a secret is a secret.
      const text = clean(raw).slice(0, ERROR_CHARACTERS_MAX);
      if (result.kind === 'threw' && result.waitMs !== undefined) return putOff(job, result.waitMs, text, settling);
      return final ? { id, fence, outcome: 'dead', error: text } : retryOrDead(job, text, random);
    }
  }
}

/**
 * Uncounted, for a day or so: a backlog of one narrow channel is no failure of the jobs in it. Who has waited long is
 * spread over a part of that time: of a thousand that were told the same moment only one can go then.
 */
function putOff(job: ClaimedJob, askedMs: number, reason: string, settling: Settling): JobSettlement {
  const { nowMs, waitMaxMs, random } = settling;
  const { id, fence, waitingSinceMs = nowMs } = job;
  const waitedMs = nowMs - waitingSinceMs;
  if (waitedMs < waitMaxMs) {
    const spreadMs = Math.floor(Math.min(waitedMs * SPREAD, SPREAD_MAX_MS) * random.float());
    return { id, fence, outcome: 'released', wait: { delayMs: Math.max(1, askedMs, spreadMs), reason } };
  }
  const hours = Math.round(waitedMs / 3_600_000);
  const error = `${reason} It has been put off for ${hours} hours, since it fell due.`;
  return { id, fence, outcome: 'dead', error };
}

function stopped(job: ClaimedJob, outcome: StopOutcome, settling: Settling): JobSettlement {
  const { id, fence } = job;
  if (outcome.outcome === 'wait') return putOff(job, outcome.delayMs, outcome.reason, settling);
  // A stop that asks for another try is a try like any other: without this, a provider that always says
  // "slow down" would keep a job alive for ever.
  if (outcome.outcome === 'retry' && job.attempt >= job.maxAttempts) {
    return { id, fence, outcome: 'dead', error: outcome.error };
  }
  return { id, fence, ...outcome };
}

function retryOrDead(job: ClaimedJob, error: string, random: Random): JobSettlement {
  const { id, fence } = job;
  if (job.attempt >= job.maxAttempts) return { id, fence, outcome: 'dead', error };
  const delayMs = fullJitterMs({ attempt: job.attempt, baseMs: BASE_MS, capMs: CAP_MS }, random);
  return { id, fence, outcome: 'retry', delayMs, error };
}

function describe(
  job: ClaimedJob,
  result: Extract<RunResult, { kind: 'threw' | 'timed_out' | 'crashed' }>,
): { text: string; final: boolean } {
  if (result.kind === 'timed_out') {
    const error = new AppError('handler_timeout', { handler: job.queue, limitMs: result.limitMs });
    return { text: `${error.code}: ${error.message}`, final: false };
  }
  if (result.kind === 'threw' && result.view !== undefined) {
    const text = `${result.view.code}: ${result.view.detail}`;
    return { text, final: result.view.retry === 'never' };
  }
  const problem = result.kind === 'crashed' ? result.reason : `${result.name}: ${result.message}`;
  const error = new AppError('handler_failed', { handler: job.queue, problem });
  return { text: `${error.code}: ${error.message}`, final: false };
}
