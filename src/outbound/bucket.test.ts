import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bucket } from './bucket.js';

const accepted = (bucket: Bucket, atMs: number): void => {
  bucket.take(1, atMs);
  bucket.learn(1, { atMs, refused: false });
  bucket.release();
};
const refused = (bucket: Bucket, atMs: number, waitMs?: number): void => {
  bucket.take(1, atMs);
  bucket.learn(1, { atMs, refused: true, ...(waitMs !== undefined && { waitMs }) });
  bucket.release();
};

describe('a bucket whose rate is declared', () => {
  it('waits as long as it is told after two refusals where little was said, and not much longer', () => {
    const bucket = new Bucket({ ratePerSecond: 1 });
    accepted(bucket, 0);
    const firstMs = 60_000;
    refused(bucket, firstMs);
    const secondMs = bucket.readyAtMs(1, firstMs);
    expect(secondMs - firstMs).toBeLessThanOrEqual(2_000);
    refused(bucket, secondMs, 2_000);
    const thirdMs = bucket.readyAtMs(1, secondMs);
    expect(thirdMs - secondMs).toBeGreaterThanOrEqual(2_000);
    expect(thirdMs - secondMs).toBeLessThanOrEqual(4_000);
    accepted(bucket, thirdMs);
    expect(bucket.readyAtMs(1, thirdMs) - thirdMs).toBeLessThanOrEqual(2_000);
  });

  it('never falls below a quarter, never rises above what is declared, and is itself again after a minute', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.05, max: 500, noNaN: true }),
        fc.array(
          fc.record({
            afterMs: fc.nat(5_000),
            isRefused: fc.boolean(),
            waitMs: fc.option(fc.nat(10_000), { nil: undefined }),
          }),
          { maxLength: 60 },
        ),
        (ratePerSecond, answers) => {
          const bucket = new Bucket({ ratePerSecond });
          let atMs = 0;
          for (const { afterMs, isRefused, waitMs } of answers) {
            atMs += afterMs;
            if (isRefused) refused(bucket, atMs, waitMs);
            else accepted(bucket, atMs);
            const rate = bucket.ratePerSecond(atMs)!;
            expect(rate).toBeGreaterThanOrEqual(ratePerSecond / 4);
            expect(rate).toBeLessThanOrEqual(ratePerSecond);
          }
          // A pause is at most as long as the longest that was asked for, or the longest of our own.
          expect(bucket.ratePerSecond(atMs + 30_000 + 60_000)).toBe(ratePerSecond);
        },
      ),
    );
  });

  it('takes refusals of requests that were under way together as one', () => {
    const bucket = new Bucket({ ratePerSecond: 10 });
    for (let i = 0; i < 5; i++) refused(bucket, 1_000 + i, 1_000);
    expect(bucket.ratePerSecond(2_000)).toBeCloseTo(7.5);
  });
});

describe('a bucket whose rate nobody declared', () => {
  it('has none until a refusal, and then one that is searched for', () => {
    const bucket = new Bucket({});
    for (let i = 0; i < 20; i++) accepted(bucket, i * 100);
    expect(bucket.ratePerSecond(2_000)).toBeUndefined();
    refused(bucket, 2_000, 1_000);
    expect(bucket.readyAtMs(1, 2_000)).toBeGreaterThanOrEqual(3_000);
    expect(bucket.ratePerSecond(2_000)).toBeLessThanOrEqual(40);
  });
});
