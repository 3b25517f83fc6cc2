/** Calls that come in a flood, made few. @module */
import type { Clock } from '../core/ports.js';

/** Calls `run` at once, or at the end of the pace in which it was called last: never twice in one, never too late. */
export function paced(clock: Clock, paceMs: number, run: () => void): () => void {
  let lastMs = -Infinity;
  let isWaiting = false;
  const call = (): void => {
    isWaiting = false;
    lastMs = clock.monotonicMs();
    run();
  };
  return () => {
    if (isWaiting) return;
    const waitMs = lastMs + paceMs - clock.monotonicMs();
    if (waitMs <= 0) return call();
    isWaiting = true;
    clock.after(waitMs, call);
  };
}
