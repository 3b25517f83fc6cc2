/**
 * Stops calling a provider that does not work, and tries again with one call at a time. Only failures of the provider's
 * side count: a refused request is an answer, and "slow down" is the limiter's business. Pure but for its state.
 *
 * @module
 */

export interface BreakerSettings {
  /** Failures and successes are counted over this long. */
  windowMs: number;
  /** Fewer than this many say nothing. */
  samplesMin: number;
  /** This part of them failing opens it. */
  failing: number;
  /** How long it stays open before one call may try; doubled each time that call fails. */
  openMs: number;
  openMaxMs: number;
}

export const BREAKER: BreakerSettings = {
  windowMs: 10_000,
  samplesMin: 10,
  failing: 0.5,
  openMs: 2_000,
  openMaxMs: 16_000,
};

export type BreakerState = 'closed' | 'open' | 'half_open';

export class Breaker {
  readonly #settings: BreakerSettings;
  #sinceMs = 0;
  #good = 0;
  #bad = 0;
  #openUntilMs: number | undefined;
  #openedForMs = 0;
  #probing = false;

  constructor(settings: BreakerSettings = BREAKER) {
    this.#settings = settings;
  }

  state(nowMs: number): BreakerState {
    if (this.#openUntilMs === undefined) return 'closed';
    return nowMs < this.#openUntilMs ? 'open' : 'half_open';
  }

  /** 0 when the call may be made (then `ended` must follow), else how long to stay away. */
  enter(nowMs: number): number {
    if (this.#openUntilMs === undefined) return 0;
    if (nowMs < this.#openUntilMs) return Math.ceil(this.#openUntilMs - nowMs);
    // The rest waits for what the one that tries finds out.
    if (this.#probing) return this.#settings.openMs;
    this.#probing = true;
    return 0;
  }

  /** @param outcome `neither` when the call says nothing about the provider (cancelled, refused on our side). */
  ended(outcome: 'good' | 'bad' | 'neither', nowMs: number): void {
    if (this.#openUntilMs !== undefined) {
      this.#probed(outcome, nowMs);
      return;
    }
    if (nowMs - this.#sinceMs > this.#settings.windowMs) {
      this.#sinceMs = nowMs;
      this.#good = this.#bad = 0;
    }
    if (outcome === 'good') this.#good++;
    if (outcome !== 'bad') return;
    this.#bad++;
    const { samplesMin, failing, openMs } = this.#settings;
    const samples = this.#good + this.#bad;
    if (samples >= samplesMin && this.#bad >= samples * failing) this.#open(openMs, nowMs);
  }

  #probed(outcome: 'good' | 'bad' | 'neither', nowMs: number): void {
    // A call that began before it opened may end now; only the one that was let in to try decides.
    if (!this.#probing || nowMs < this.#openUntilMs!) return;
    this.#probing = false;
    if (outcome === 'bad') this.#open(Math.min(this.#openedForMs * 2, this.#settings.openMaxMs), nowMs);
    if (outcome !== 'good') return;
    this.#openUntilMs = undefined;
    this.#good = this.#bad = 0;
    this.#sinceMs = nowMs;
  }

  #open(forMs: number, nowMs: number): void {
    this.#openedForMs = forMs;
    this.#openUntilMs = nowMs + forMs;
    this.#probing = false;
  }
}
