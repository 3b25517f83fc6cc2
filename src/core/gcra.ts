/**
 * The generic cell rate algorithm as a virtual scheduler: one number, the theoretical arrival time, is the whole state
 * of a bucket. Pure.
 *
 * @source ITU-T I.371, annex A (equivalent to a leaky bucket used as a meter)
 * @module
 */

export interface Rate {
  ratePerSecond: number;
  /** Units that may go at once after a rest; at least 1. */
  burst: number;
}

/** Earliest instant at which `cost` units conform; in the past or now means that they conform now. */
export function conformsAtMs(theoreticalMs: number, cost: number, rate: Rate, nowMs: number): number {
  const intervalMs = 1000 / rate.ratePerSecond;
  // More than a whole bucket would never conform: it waits for a full one, and leaves a debt.
  const room = Math.max(rate.burst, cost) * intervalMs;
  return Math.max(theoreticalMs, nowMs) + cost * intervalMs - room;
}

/** The theoretical arrival time after `cost` units went at `nowMs`. */
export function taken(theoreticalMs: number, cost: number, { ratePerSecond }: Rate, nowMs: number): number {
  return Math.max(theoreticalMs, nowMs) + (cost * 1000) / ratePerSecond;
}
