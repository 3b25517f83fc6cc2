/**
 * The two reasons for which an exchange ends from our side: its time is over, or its caller gave up.
 *
 * @module
 */

export type StopReason = 'timeout' | 'aborted';

/** A longer timer of Node would fire at once. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** Fires at most once; whoever listens late hears of it at once. Must be released. */
export class Stop {
  #reason: StopReason | undefined;
  #listener: ((reason: StopReason) => void) | undefined;
  readonly #signal: AbortSignal | undefined;
  #timer: NodeJS.Timeout;

  constructor(timeoutMs: number, signal: AbortSignal | undefined) {
    this.#timer = setTimeout(this.#timeout, Math.min(timeoutMs, TIMER_MAX_MS));
    this.#signal = signal;
    if (signal?.aborted) this.#abort();
    signal?.addEventListener('abort', this.#abort, { once: true });
  }

  get reason(): StopReason | undefined {
    return this.#reason;
  }

  /** Replaces the listener before it: an exchange waits for one thing at a time. */
  listen(listener: (reason: StopReason) => void): void {
    this.#listener = listener;
    if (this.#reason) listener(this.#reason);
  }

  /** Another deadline, from now on. */
  restart(timeoutMs: number): void {
    if (this.#reason) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#timeout, Math.min(timeoutMs, TIMER_MAX_MS));
  }

  release(): void {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#abort);
    this.#listener = undefined;
  }

  readonly #timeout = () => this.#fire('timeout');
  readonly #abort = () => this.#fire('aborted');

  #fire(reason: StopReason): void {
    if (this.#reason) return;
    this.#reason = reason;
    this.#listener?.(reason);
  }
}
