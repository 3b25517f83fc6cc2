/**
 * The real clock.
 *
 * @module
 */
import type { Clock } from '../core/ports.js';

/** The longest delay a timer of Node takes; a longer one would fire at once. */
const TIMER_MAX_MS = 2 ** 31 - 1;

export const realClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),

  sleep(ms, signal) {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const cancel = startTimer(ms, done, (timer) => timer);
      signal?.addEventListener('abort', done, { once: true });
    });
  },

  after: (ms, run) => startTimer(ms, run, (timer) => timer.unref()),
};

/** A timer for any duration, by as many of Node's as it takes. `prepare` decides whether it keeps the process alive. */
function startTimer(ms: number, run: () => void, prepare: (timer: NodeJS.Timeout) => NodeJS.Timeout): () => void {
  let timer: NodeJS.Timeout;
  const wait = (leftMs: number) => {
    const partMs = Math.min(Math.max(leftMs, 0), TIMER_MAX_MS);
    timer = prepare(setTimeout(() => (leftMs > TIMER_MAX_MS ? wait(leftMs - partMs) : run()), partMs));
  };
  wait(ms);
  return () => clearTimeout(timer);
}
