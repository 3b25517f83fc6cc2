import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../testing/index.js';
import { paced } from './paced.js';

describe('paced', () => {
  it('calls at once after a pause, then once a pace, and for the last call as well', async () => {
    const clock = new VirtualClock(0);
    const at: number[] = [];
    const call = paced(clock, 5, () => at.push(clock.monotonicMs() - startMs));
    const startMs = clock.monotonicMs();
    for (let ms = 0; ms < 12; ms += 1) {
      call();
      call();
      await clock.advance(1);
    }
    await clock.advance(100);
    expect(at).toEqual([0, 5, 10, 15]);
    call();
    expect(at.at(-1)).toBe(112);
  });
});
