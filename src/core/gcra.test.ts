import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conformsAtMs, taken } from './gcra.js';

describe('the cell rate algorithm', () => {
  it('lets a burst through and then one each interval', () => {
    const rate = { ratePerSecond: 10, burst: 3 };
    let theoreticalMs = -Infinity;
    const atMs: number[] = [];
    for (let nowMs = 0, i = 0; i < 6; i++) {
      nowMs = Math.max(nowMs, conformsAtMs(theoreticalMs, 1, rate, nowMs));
      theoreticalMs = taken(theoreticalMs, 1, rate, nowMs);
      atMs.push(nowMs);
    }
    expect(atMs).toEqual([0, 0, 0, 100, 200, 300]);
  });

  it('never lets more through than burst and rate allow, whatever the costs', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 1_000, noNaN: true }),
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.record({ cost: fc.integer({ min: 1, max: 5 }), afterMs: fc.nat(2_000) }), { maxLength: 50 }),
        (ratePerSecond, burst, wishes) => {
          const rate = { ratePerSecond, burst };
          const went: { atMs: number; cost: number }[] = [];
          let theoreticalMs = -Infinity;
          let nowMs = 0;
          for (const { cost, afterMs } of wishes) {
            nowMs += afterMs;
            nowMs = Math.max(nowMs, conformsAtMs(theoreticalMs, cost, rate, nowMs));
            theoreticalMs = taken(theoreticalMs, cost, rate, nowMs);
            went.push({ atMs: nowMs, cost });
          }
          for (let from = 0; from < went.length; from++) {
            let units = 0;
            for (let to = from; to < went.length; to++) {
              units += went[to]!.cost;
              const allowed =
                Math.max(burst, went[to]!.cost) + ((went[to]!.atMs - went[from]!.atMs) * ratePerSecond) / 1000;
              expect(units).toBeLessThanOrEqual(allowed + Math.max(0, went[from]!.cost - burst) + 1e-3);
            }
          }
        },
      ),
    );
  });

  it('makes what costs more than a burst wait for a full bucket, not for ever', () => {
    const rate = { ratePerSecond: 1, burst: 2 };
    expect(conformsAtMs(-Infinity, 5, rate, 0)).toBe(0);
    expect(conformsAtMs(taken(-Infinity, 5, rate, 0), 1, rate, 0)).toBe(4_000);
  });
});
