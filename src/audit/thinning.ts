/**
 * Which checkpoints a store keeps. One a second would be 86,400 a day; one a minute for a day and one an hour after
 * that is 1,440 and then 24. Nothing is lost by it: a checkpoint somebody holds is checked against the leaves, not
 * against our copy; the ones we keep only narrow down where tampering began when every other trace was removed.
 *
 * @module
 */
import type { StoredCheckpoint } from '../core/audit.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** For how long one checkpoint a minute is kept. */
export const FINE_MS = 24 * HOUR_MS;

/** Whether `next` makes `previous` superfluous at the moment it is stored. */
export function supersedes(next: StoredCheckpoint, previous: StoredCheckpoint): boolean {
  return sameSpan(next, previous, MINUTE_MS);
}

/** Whether it is time to look at the ones that are older than {@link FINE_MS}. */
export function opensAnHour(next: StoredCheckpoint, previous: StoredCheckpoint): boolean {
  return !sameSpan(next, previous, HOUR_MS);
}

/** The sizes of those old checkpoints, in order, that a later one of the same hour stands for. */
export function superfluous(old: readonly StoredCheckpoint[]): number[] {
  return old.filter((one, i) => i + 1 < old.length && sameSpan(one, old[i + 1]!, HOUR_MS)).map(({ size }) => size);
}

function sameSpan(a: StoredCheckpoint, b: StoredCheckpoint, spanMs: number): boolean {
  return Math.floor(a.atMs / spanMs) === Math.floor(b.atMs / spanMs);
}
