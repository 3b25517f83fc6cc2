/** Starts at an even pace: never more than so many in any second, wherever the second begins. @module */
import type { Clock } from './clock.js';

export class Pace {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  /** No start before. */
  #freeAtMs: number;

  /** The first start waits as well: whoever ran before may have begun one a moment ago. */
  constructor(clock: Clock, startsPerSecond: number) {
    this.#clock = clock;
    // One millisecond more than the even share, so that the sixth start is past the second and not on its edge.
    this.#intervalMs = Math.ceil(1000 / startsPerSecond) + 1;
    this.#freeAtMs = clock.nowMs() + this.#intervalMs;
  }

  /** Resolves when the next may start; callers come in their order. */
  async turn(signal?: AbortSignal): Promise<void> {
    for (;;) {
      const nowMs = this.#clock.nowMs();
      if (nowMs >= this.#freeAtMs || signal?.aborted === true) {
        this.#freeAtMs = nowMs + this.#intervalMs;
        return;
      }
      // A timer may fire early by a hair; then it is asked again.
      await this.#clock.sleep(this.#freeAtMs - nowMs, signal);
    }
  }

  /** SendGrid wants to be left alone for so long. */
  pause(ms: number): void {
    this.#freeAtMs = Math.max(this.#freeAtMs, this.#clock.nowMs() + ms);
  }
}
