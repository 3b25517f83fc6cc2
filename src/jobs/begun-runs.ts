/**
 * How many of its runs a thread has begun: a number that the thread and the one who gives it runs both see, so that each
 * run is begun by the thread or taken back from it, and never both.
 *
 * @module
 */

/** The number of the last run that was begun, or taken back. Numbers count up by one and may wrap. */
export type BegunRuns = Int32Array;

export function noneBegun(): BegunRuns {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
}

/** In the thread, for each run in their order. @returns `false` where it was taken back. */
export function begin(begun: BegunRuns, nth: number): boolean {
  const before = Atomics.load(begun, 0);
  return isAfter(nth, before) && Atomics.compareExchange(begun, 0, before, nth) === before;
}

/** Takes back all runs up to `nth` that are not begun. @returns after which; `undefined` where it begins one just now. */
export function takeBack(begun: BegunRuns, nth: number): number | undefined {
  const before = Atomics.load(begun, 0);
  return Atomics.compareExchange(begun, 0, before, nth) === before ? before : undefined;
}

/** 0 where none is. */
export function lastBegun(begun: BegunRuns): number {
  return Atomics.load(begun, 0);
}

export function isAfter(nth: number, other: number): boolean {
  return ((nth - other) | 0) > 0;
}
