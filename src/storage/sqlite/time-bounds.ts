/**
 * From a time to a number, by bisection: rows are numbered in commit order and `stored_at` never decreases with them,
 * so a window of time is a window of numbers and needs no index of its own.
 *
 * @module
 */
import type { Engine } from './engine.js';

/** What a row's own time (`received_at`, `at`) may lie after the moment it was stored: clocks of other processes. */
const EARLY_MS = 60 * 60 * 1000;

/** What it may lie before: from the first byte of a slow request to the commit, generously. */
const LATE_MS = 24 * 60 * 60 * 1000;

/** Tables whose rows are numbered in the order of their commits. */
type Dated = 'event' | 'audit' | 'segment';

/** A number with no row before it that has a time of `sinceMs` or later. */
export function firstStoredSince(engine: Engine, table: Dated, sinceMs: number): number {
  return firstAtOrAfter(engine, table, sinceMs - EARLY_MS);
}

/** A number with no row after it that has a time before `untilMs`. */
export function lastStoredUntil(engine: Engine, table: Dated, untilMs: number): number {
  return firstAtOrAfter(engine, table, untilMs + LATE_MS);
}

/** The number of the first row that was stored at this time or later: one more than the last when none was. */
export function firstAtOrAfter({ sql }: Engine, table: Dated, atMs: number): number {
  const { first, last } = sql.one<{ first: number | null; last: number | null }>(
    `select (select min(rowid) from ${table}) as first, (select max(rowid) from ${table}) as last`,
  )!;
  if (first === null || last === null) return 0;
  let low = first;
  let high = last + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const row = sql.one<{ at: number }>(
      `select stored_at as at from ${table} where rowid >= ? order by rowid limit 1`,
      middle,
    );
    if (row === undefined || row.at >= atMs) high = middle;
    else low = middle + 1;
  }
  return low;
}
