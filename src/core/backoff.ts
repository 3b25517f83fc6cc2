/** How long to wait before the next try, when nobody says. @module */
import type { Random } from './ports.js';

export interface BackoffSettings {
  /** Ceiling of the first wait. */
  baseMs: number;
  /** No wait is longer. */
  capMs: number;
}

/** For calls out: 500 ms doubled with every try, 30 s at most. */
export const CALL_BACKOFF: BackoffSettings = { baseMs: 500, capMs: 30_000 };

/**
 * Exponential backoff with full jitter: uniform over 1 ms to `min(cap, base * 2^(attempt - 1))`.
 *
 * Full jitter, because callers that failed together must not come back together. Never 0, because a try that follows
 * at once is no backoff.
 *
 * @param options `attempt` is the number of the try that just failed, from 1.
 */
export function fullJitterMs(options: BackoffSettings & { attempt: number }, random: Random): number {
  const ceiling = backoffCeilingMs(options);
  return Math.min(ceiling, 1 + Math.floor(random.float() * ceiling));
}

/** The longest wait that {@link fullJitterMs} can answer with. */
export function backoffCeilingMs({ attempt, baseMs, capMs }: BackoffSettings & { attempt: number }): number {
  // The exponent is held below 2^31, where doubling stops to be exact long after any cap was reached.
  const doublings = Math.min(Math.max(Math.trunc(attempt) - 1, 0), 30);
  return Math.max(1, Math.min(capMs, baseMs * 2 ** doublings));
}
