import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../testing/index.js';
import { Bucket } from './bucket.js';
import { Limiter, type Admission, type Entry } from './limiter.js';

const HOLD_MS = 5_000;

interface Started {
  party: string;
  key: string;
  atMs: number;
}

/** Admits requests as they come, each under way for `lastsMs`, and says who started when. */
function setting() {
  const clock = new VirtualClock();
  const limiter = new Limiter(clock);
  const started: Started[] = [];
  const refused: { party: string; retryAfterMs: number }[] = [];
  const ask = async (
    entry: Pick<Entry, 'takes' | 'party'> & Partial<Entry>,
    key = '',
    lastsMs = 0,
  ): Promise<Admission> => {
    const admission = await limiter.admit({ group: 'g', holdMs: HOLD_MS, ...entry });
    if (admission.kind === 'later') refused.push({ party: entry.party, retryAfterMs: admission.retryAfterMs });
    if (admission.kind !== 'admitted') return admission;
    started.push({ party: entry.party, key, atMs: clock.monotonicMs() });
    if (lastsMs > 0) await clock.sleep(lastsMs);
    for (const { bucket } of entry.takes) bucket.release();
    limiter.released('g');
    return admission;
  };
  return { clock, limiter, started, refused, ask };
}

describe('the limiter', () => {
  it('never lets more through than rate and burst allow, and wastes nothing while somebody waits', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          ratePerSecond: fc.integer({ min: 1, max: 50 }),
          burst: fc.integer({ min: 1, max: 10 }),
          arrivals: fc.array(fc.record({ afterMs: fc.nat(500), party: fc.constantFrom('a', 'b', 'c') }), {
            minLength: 1,
            maxLength: 80,
          }),
        }),
        async ({ ratePerSecond, burst, arrivals }) => {
          const { clock, started, refused, ask } = setting();
          const bucket = new Bucket({ burst, ratePerSecond });
          const asking: Promise<unknown>[] = [];
          for (const { afterMs, party } of arrivals) {
            await clock.advance(afterMs);
            asking.push(ask({ party, takes: [{ bucket, cost: 1 }] }));
          }
          await clock.runUntil(Promise.all(asking));
          expect(started.length + refused.length).toBe(arrivals.length);
          for (let from = 0; from < started.length; from++) {
            for (let to = from; to < started.length; to++) {
              const seconds = (started[to]!.atMs - started[from]!.atMs) / 1000;
              expect(to - from + 1).toBeLessThanOrEqual(burst + seconds * ratePerSecond + 1e-6);
            }
          }
          expect(bucket.running).toBe(0);
          expect(clock.pending).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('keeps within its concurrency', async () => {
    const { clock, started, ask } = setting();
    const bucket = new Bucket({ concurrency: 3 });
    const asking = Array.from({ length: 12 }, () => ask({ party: 'a', takes: [{ bucket, cost: 1 }] }, '', 1_000));
    await clock.runUntil(Promise.all(asking));
    const seconds = started.map(({ atMs }) => Math.floor(atMs / 1000));
    expect(seconds).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]);
  });

  it('lets parties take turns, however many requests one of them has waiting', async () => {
    const { clock, started, ask } = setting();
    const bucket = new Bucket({ ratePerSecond: 10 });
    const takes = [{ bucket, cost: 1 }];
    const asking = Array.from({ length: 30 }, () => ask({ party: 'greedy', takes }));
    await clock.advance(50);
    for (let i = 0; i < 10; i++) asking.push(ask({ party: 'modest', takes }));
    await clock.runUntil(Promise.all(asking));
    const modest = started.flatMap(({ party }, place) => (party === 'modest' ? [place] : []));
    // Every second one, from the moment it came.
    expect(modest).toHaveLength(10);
    expect(modest.at(-1)).toBeLessThanOrEqual(22);
  });

  it('does not let a full bucket hold up those who do not draw from it', async () => {
    const { clock, started, ask } = setting();
    const all = new Bucket({ burst: 10, ratePerSecond: 10 });
    const channels = new Map(['x', 'y'].map((key) => [key, new Bucket({ ratePerSecond: 1 })]));
    const takes = (key: string) => [
      { bucket: channels.get(key)!, cost: 1 },
      { bucket: all, cost: 1 },
    ];
    const asking = [...Array(4)].map(() => ask({ party: 'a', takes: takes('x') }, 'x'));
    asking.push(ask({ party: 'a', takes: takes('y') }, 'y'));
    await clock.advance(0);
    expect(started.map(({ key }) => key)).toEqual(['x', 'y']);
    await clock.runUntil(Promise.all(asking));
    expect(started.map(({ atMs }) => atMs)).toEqual([0, 0, 1_000, 2_000, 3_000]);
  });

  it('tells who would wait too long when to come back, and is right about it', async () => {
    const { clock, refused, ask } = setting();
    const bucket = new Bucket({ ratePerSecond: 1 });
    const asking = Array.from({ length: 9 }, () => ask({ party: 'a', takes: [{ bucket, cost: 1 }] }));
    await clock.advance(0);
    expect(refused).toEqual([6_000, 6_000, 6_000].map((retryAfterMs) => ({ party: 'a', retryAfterMs })));
    await clock.runUntil(Promise.all(asking));
    expect(clock.monotonicMs()).toBe(5_000);
  });

  it('lets go of whoever is cancelled, and of its place', async () => {
    const { clock, started, ask } = setting();
    const bucket = new Bucket({ ratePerSecond: 1 });
    const controller = new AbortController();
    const takes = [{ bucket, cost: 1 }];
    const first = ask({ party: 'a', takes });
    const second = ask({ party: 'a', takes, signal: controller.signal });
    const third = ask({ party: 'a', takes });
    await clock.advance(100);
    controller.abort();
    expect((await second).kind).toBe('aborted');
    await clock.runUntil(Promise.all([first, third]));
    expect(started.map(({ atMs }) => atMs)).toEqual([0, 1_000]);
  });

  it('takes turns, admits everyone and leaves nothing behind, whatever comes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            afterMs: fc.nat(300),
            party: fc.constantFrom('a', 'b', 'c'),
            keys: fc.uniqueArray(fc.constantFrom('x', 'y', 'z'), { minLength: 1, maxLength: 3 }),
            lastsMs: fc.nat(400),
            cost: fc.integer({ min: 1, max: 4 }),
            abortAfterMs: fc.option(fc.nat(1_000)),
          }),
          { maxLength: 40 },
        ),
        async (requests) => {
          const { clock, limiter, started, refused, ask } = setting();
          const buckets = new Map([
            ['x', new Bucket({ burst: 2, concurrency: 2, ratePerSecond: 5 })],
            ['y', new Bucket({ ratePerSecond: 20 })],
            ['z', new Bucket({ concurrency: 1 })],
          ]);
          let aborted = 0;
          const asking: Promise<unknown>[] = [];
          for (const { afterMs, party, keys, lastsMs, cost, abortAfterMs } of requests) {
            await clock.advance(afterMs);
            const controller = new AbortController();
            const takes = keys.map((key) => ({ bucket: buckets.get(key)!, cost }));
            const entry = { party, takes, signal: controller.signal };
            if (abortAfterMs !== null) clock.after(abortAfterMs, () => controller.abort());
            asking.push(ask(entry, keys[0], lastsMs).then(({ kind }) => void (kind === 'aborted' && aborted++)));
          }
          await clock.runUntil(Promise.all(asking));
          await clock.runUntilIdle();
          expect(started.length + refused.length + aborted).toBe(requests.length);
          expect([...buckets.values()].map(({ running }) => running)).toEqual([0, 0, 0]);
          expect(limiter.waiting('g')).toBe(0);
          expect(clock.pending).toBe(0);
        },
      ),
      { numRuns: 100 },
    );
  });
});
