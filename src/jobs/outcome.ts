/** How the end of a run becomes the settlement of its job. @module */
import { AppError, type ErrorView } from '../core/errors.js';
import type { ClaimedJob, JobSettlement } from '../core/job.js';
import type { Random } from '../core/ports.js';
import { fullJitterMs } from '../core/backoff.js';
import type { StopOutcome } from './context.js';

/** How one run of a handler ended. */
export type RunResult =
  | { kind: 'completed' }
  | { kind: 'threw'; name: string; message: string; view?: ErrorView }
  | { kind: 'timed_out'; limitMs: number }
  | { kind: 'crashed'; reason: string }
  | { kind: 'stopped'; outcome: StopOutcome }
  /** Not this job's fault: it is given back uncounted. */
  | { kind: 'released' };

const BASE_MS = 1_000;
const CAP_MS = 3_600_000;
const ERROR_CHARACTERS_MAX = 1_000;

/**
 * @param clean takes secrets out of a text: what a handler throws was written by nobody who thought of a log.
 */
export function settlementOf(
  job: ClaimedJob,
  result: RunResult,
  random: Random,
  clean: (text: string) => string,
): JobSettlement {
  const { id, fence } = job;
  switch (result.kind) {
    case 'completed':
      return { id, fence, outcome: 'completed' };
    case 'released':
      return { id, fence, outcome: 'released' };
    case 'stopped':
      return stopped(job, result.outcome);
    default: {
      const { text: raw, final } = describe(job, result);
      // Cleaned before it is cut: the first half of a secret is a secret.
      const text = clean(raw).slice(0, ERROR_CHARACTERS_MAX);
      return final ? { id, fence, outcome: 'dead', error: text } : retryOrDead(job, text, random);
    }
  }
}

function stopped(job: ClaimedJob, outcome: StopOutcome): JobSettlement {
  const { id, fence } = job;
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
