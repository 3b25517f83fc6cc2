/**
 * Whose turn it is where several processes want the same units: each asks the store a little before a unit is free, and
 * who came away empty more often asks earlier. Otherwise the quickest would have them all.
 *
 * @module
 */

/** The processes that come away empty at once are few; beyond this many times they all ask first. */
const LOSSES_MAX = 6;
const BUCKETS_MAX = 10_000;

export class DrawTurns {
  /** How often in a row a bucket had nothing for us. */
  readonly #losses = new Map<string, number>();

  /** @param aheadMs how long before its time the store grants a unit */
  constructor(private readonly aheadMs: number) {}

  won(bucket: string): void {
    this.#losses.delete(bucket);
  }

  /** The store said that a unit would be free in `inMs`. */
  askAgainInMs(bucket: string, inMs: number): number {
    const losses = this.#losses.get(bucket) ?? 0;
    if (this.#losses.size >= BUCKETS_MAX) this.#losses.clear();
    this.#losses.set(bucket, Math.min(LOSSES_MAX, losses + 1));
    return Math.max(0, inMs - this.aheadMs) + this.aheadMs / 2 / 2 ** losses;
  }
}
