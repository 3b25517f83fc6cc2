/**
 * What a provider's refusals teach about a limit that nobody declared. Pure but for its state; instants are monotonic
 * milliseconds.
 *
 * A refusal means that the provider's bucket is empty. While our rate grows slowly past the provider's, the bucket is
 * drained by what we send too much; from how far we got and how fast we grew follows what its rate is. While we send
 * more than it takes all along, what it takes follows from counting.
 *
 * @module
 */

/** Refusals closer together are one lesson: their requests were under way together. */
const SAME_LESSON_MS = 250;
/** What was found is kept to within a hundredth. */
const KEPT = 0.99;
/** Growth of the rate, as the exponent a second: while nothing is known, while little is, and once it is found. */
const SEARCH = Math.log(4);
const REFINE = 0.05;
const KEEP = 0.001;
/** Limits change: seconds without a refusal after which the growth is twice as quick. */
const KEEP_DOUBLES_AFTER = 60;
const RATE_MIN = 0.02;
/** Shorter than this shows no rate, only what was saved up. */
const TELLING_SECONDS = 1;

export class LearntRate {
  #rate: number | undefined;
  /** What the provider can save up. */
  #capacity = 1;
  #growth = 0;
  /** The rate at which the last pause ended. */
  #resumedAt = Infinity;
  #units = 0;
  /** Since when units are counted: the end of the last pause, or the first of them. */
  #sinceMs: number | undefined;
  #savedUnits = 1;
  #grownAtMs = -Infinity;
  #refusedAtMs = -Infinity;

  /** Units a second at the moment; `undefined` while nothing limits them. */
  rateAt(_nowMs: number): number | undefined {
    return this.#rate;
  }

  /**
   * Units that may go at once where time was lost: the provider has saved them up meanwhile, and can save twice that.
   * None while its rate is still looked for: there they would be taken for the rate.
   */
  get catchUpUnits(): number {
    return this.#growth < REFINE ? this.#capacity / 2 : 0;
  }

  accepted(cost: number, atMs: number): void {
    this.#sinceMs ??= atMs;
    this.#units += cost;
    this.#grow(atMs);
  }

  /**
   * @param untilMs when the pause that follows it ends
   * @returns whether it taught anything
   */
  refused(atMs: number, untilMs: number): boolean {
    const isNews = atMs - this.#refusedAtMs > SAME_LESSON_MS && atMs > this.#grownAtMs - 1;
    this.#refusedAtMs = atMs;
    if (isNews) this.#learn(atMs);
    this.#units = 0;
    this.#sinceMs = untilMs;
    const rate = this.#rate ?? 0;
    this.#savedUnits = Math.min(this.#capacity, (rate * Math.max(0, untilMs - atMs)) / 1000);
    this.#resumedAt = rate;
    this.#grownAtMs = Math.max(this.#grownAtMs, untilMs);
    return isNews;
  }

  #learn(atMs: number): void {
    const seconds = (atMs - (this.#sinceMs ?? atMs)) / 1000;
    const rate = this.#rate;
    if (rate === undefined) {
      // What was taken at once was saved up; of the rate behind it nothing is known.
      this.#capacity = seconds < TELLING_SECONDS ? Math.max(1, this.#units) : 1;
      this.#be(Math.max(1, 2 * this.#units) / Math.max(1, seconds), SEARCH);
      return;
    }
    const drained = this.#growth > 0 ? rateDrainedBy(rate, this.#growth, this.#capacity) : 0;
    if (drained > this.#resumedAt) this.#be(drained * KEPT, KEEP);
    else if (seconds < TELLING_SECONDS / 4) this.#be(rate / 2, REFINE);
    else {
      const counted = Math.max(0, this.#units - this.#savedUnits) / seconds;
      this.#be(Math.min(counted, rate) * KEPT, seconds < TELLING_SECONDS ? REFINE : KEEP);
    }
  }

  #be(rate: number, growth: number): void {
    this.#rate = Math.max(RATE_MIN, rate);
    this.#growth = growth;
  }

  #grow(atMs: number): void {
    const rate = this.#rate;
    if (rate === undefined || atMs <= this.#grownAtMs) return;
    const seconds = Math.min(1, (atMs - this.#grownAtMs) / 1000);
    this.#grownAtMs = atMs;
    if (this.#growth < REFINE) {
      const quietSeconds = (atMs - this.#refusedAtMs) / 1000;
      this.#growth = Math.min(REFINE * 0.99, KEEP * 2 ** (quietSeconds / KEEP_DOUBLES_AFTER));
    }
    this.#rate = rate * Math.exp(this.#growth * seconds);
  }
}

/**
 * The rate R of a bucket of this capacity that was drained just now by a rate which grew exponentially up to `rate`:
 * the integral of what was sent above R is the capacity, `(rate - R) - R ln(rate / R) = growth * capacity`.
 */
function rateDrainedBy(rate: number, growth: number, capacity: number): number {
  const sought = growth * capacity;
  let low = 0;
  let high = rate;
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    const excess = rate - middle - (middle > 0 ? middle * Math.log(rate / middle) : 0);
    if (excess > sought) low = middle;
    else high = middle;
  }
  return low;
}
