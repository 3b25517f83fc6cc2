/** A provider that counts: a token bucket as providers have them, to be called in virtual time. */
import type { Clock } from '../../src/core/ports.js';

export class TokenBucket {
  #tokens: number;
  #atMs: number;
  accepted = 0;
  refused = 0;
  readonly acceptedAtMs: number[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly ratePerSecond: number,
    private readonly capacity: number,
  ) {
    this.#tokens = capacity;
    this.#atMs = clock.monotonicMs();
  }

  /** Seconds until there is a token again; 0 when one was taken. */
  take(): number {
    const nowMs = this.clock.monotonicMs();
    this.#tokens = Math.min(this.capacity, this.#tokens + ((nowMs - this.#atMs) * this.ratePerSecond) / 1000);
    this.#atMs = nowMs;
    // What floating point leaves of a token is a token.
    if (this.#tokens >= 1 - 1e-6) {
      this.#tokens -= 1;
      this.accepted++;
      this.acceptedAtMs.push(nowMs);
      return 0;
    }
    this.refused++;
    return (1 - this.#tokens) / this.ratePerSecond;
  }
}
