/**
 * A declared limit of which a provider disagrees for a while: each refusal lowers it a little, and time gives it back.
 * It is never lowered to nothing: what is declared was read in the provider's own documentation, and how long to wait
 * after a refusal is said by the pause that follows it. Instants are monotonic milliseconds.
 *
 * @module
 */

/** Refusals closer together are one lesson: their requests were under way together. */
const SAME_LESSON_MS = 250;
/** What one refusal leaves of the rate, and what all of them together leave of what is declared. */
const KEPT = 0.75;
const KEPT_MIN = 0.25;
/** From the lowest back to what is declared. */
const RECOVERY_MS = 60_000;

export class EasedRate {
  readonly #declared: number;
  /** The rate at `#sinceMs`, from which it grows. */
  #rate: number;
  #sinceMs = -Infinity;
  #refusedAtMs = -Infinity;

  /** @param declared units a second */
  constructor(declared: number) {
    this.#declared = declared;
    this.#rate = declared;
  }

  /** Units a second. */
  rateAt(nowMs: number): number {
    if (this.#rate >= this.#declared) return this.#declared;
    const grownMs = Math.max(0, nowMs - this.#sinceMs);
    const grown = (this.#declared * (1 - KEPT_MIN) * grownMs) / RECOVERY_MS;
    return Math.min(this.#declared, this.#rate + grown);
  }

  /** What is declared says itself how much may go at once. */
  readonly catchUpUnits = 0;

  accepted(): void {
    // Only time gives back what a refusal took: an accepted request says no more than that the pause is over.
  }

  /**
   * @param untilMs when the pause that follows it ends
   * @returns whether it taught anything
   */
  refused(atMs: number, untilMs: number): boolean {
    // What was under way before the last pause says nothing about the rate after it.
    const isNews = atMs - this.#refusedAtMs > SAME_LESSON_MS && atMs >= this.#sinceMs;
    const rate = this.rateAt(atMs);
    this.#refusedAtMs = atMs;
    this.#rate = isNews ? Math.max(this.#declared * KEPT_MIN, rate * KEPT) : rate;
    this.#sinceMs = Math.max(this.#sinceMs, untilMs);
    return isNews;
  }
}
