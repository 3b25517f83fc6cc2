/**
 * Time that passes only when a test says so, in the same order every time.
 *
 * @module
 */
import { AppError } from '../core/errors.js';
import type { Clock } from '../core/ports.js';
import { TimerHeap } from './timer-heap.js';

/** More timers than this in one run means that something sets a new one for ever. */
const TIMERS_MAX = 50_000_000;
/** Turns granted to a promise that waits for something real (a module being loaded) when no timer is left. */
const IDLE_TURNS_MAX = 1_000_000;

/**
 * A {@link Clock} in virtual time. Timers run one by one, by their instant and then by the order in which they were
 * set; before each, every promise that can settle has settled. So a program that waits for nothing real does the same
 * thing in every run.
 *
 *     const clock = new VirtualClock(Date.UTC(2026, 0, 1));
 *     const answer = clock.runUntil(service.call());
 *     await clock.advance(60_000);
 */
export class VirtualClock implements Clock {
  readonly #timers = new TimerHeap();
  readonly #real = new Set<Promise<unknown>>();
  #elapsedMs = 0;
  #wallOffsetMs: number;

  /** @param startMs the wall clock at the beginning, Unix milliseconds */
  constructor(startMs = 0) {
    this.#wallOffsetMs = startMs;
  }

  nowMs(): number {
    return Math.floor(this.#wallOffsetMs + this.#elapsedMs);
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const cancel = this.after(ms, done);
      signal?.addEventListener('abort', done, { once: true });
    });
  }

  after(ms: number, run: () => void): () => void {
    return this.#timers.add(this.#elapsedMs + Math.max(0, ms), run);
  }

  /**
   * Names work that takes real time, such as loading a module: until it settles, virtual time stands still and nobody
   * is taken for stuck. It must not itself wait for this clock.
   */
  real<T>(work: Promise<T>): Promise<T> {
    const settled: Promise<unknown> = work.then(
      () => this.#real.delete(settled),
      () => this.#real.delete(settled),
    );
    this.#real.add(settled);
    return work;
  }

  /** Lets `ms` pass, with all that falls due on the way. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#elapsedMs + ms;
    await this.#turn();
    while (this.#runNext(endMs)) await this.#turn();
    this.#elapsedMs = endMs;
  }

  /** Lets time pass until the promise settles, and gives what it gave. */
  async runUntil<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const settle = (): void => void (settled = true);
    promise.then(settle, settle);
    let idleTurns = 0;
    for (let timers = 0; ; timers++) {
      await this.#turn();
      if (settled) return promise;
      idleTurns = this.#runNext(Infinity) ? 0 : idleTurns + 1;
      if (idleTurns > IDLE_TURNS_MAX) throw stuck('it waits for something that no timer will bring');
      if (timers > TIMERS_MAX) throw stuck('timers are set without end');
    }
  }

  /** Lets time pass until no timer is left, or `limitMs` have passed: a clockwork that winds itself up never ends. */
  async runUntilIdle(limitMs = 86_400_000): Promise<void> {
    const endMs = this.#elapsedMs + limitMs;
    await this.#turn();
    while (this.#runNext(endMs)) await this.#turn();
  }

  /** Sets the wall clock forward or back, as an operator or NTP does. Timers and durations do not notice. */
  jumpWall(ms: number): void {
    this.#wallOffsetMs += ms;
  }

  /** Timers that are set and not called off. */
  get pending(): number {
    return this.#timers.size;
  }

  async #turn(): Promise<void> {
    await turn();
    while (this.#real.size > 0) {
      await Promise.all(this.#real);
      await turn();
    }
  }

  #runNext(untilMs: number): boolean {
    const next = this.#timers.takeDue(untilMs);
    if (!next) return false;
    this.#elapsedMs = Math.max(this.#elapsedMs, next.atMs);
    next.run();
    return true;
  }
}

/** One turn of the event loop: every promise that can settle does. Takes no time that anybody could measure here. */
function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

function stuck(problem: string): AppError<'verification_failed'> {
  return new AppError('verification_failed', { what: 'virtual time', problem });
}
