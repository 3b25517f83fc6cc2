/** Wall time that does not go backwards: when the clock is set back, it goes on at its own pace until the wall is ahead. @module */
import type { Clock } from '../../core/ports.js';

export function steadyClock(clock: Pick<Clock, 'nowMs' | 'monotonicMs'>): () => number {
  let last = clock.nowMs();
  let lastMonotonic = clock.monotonicMs();
  return () => {
    const monotonic = clock.monotonicMs();
    last = Math.max(clock.nowMs(), Math.floor(last + (monotonic - lastMonotonic)));
    lastMonotonic = monotonic;
    return last;
  };
}
