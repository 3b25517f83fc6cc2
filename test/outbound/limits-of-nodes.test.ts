/** One limit, several nodes: whatever they do, together they stay within it, and what one leaves the others take up. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/core/errors.js';
import type { LimitVerbs } from '../../src/core/limit-verbs.js';
import { SeededRandom } from '../../src/core/seeded-random.js';
import { Bucket } from '../../src/outbound/bucket.js';
import { Limiter } from '../../src/outbound/limiter.js';
import { LimitModel, VirtualClock } from '../../src/testing/store-conformance/index.js';

interface Limit {
  ratePerSecond: number;
  burst: number;
}

/** Nodes that draw from one store, which answers after a while that is never the same. */
function setting(limit: Limit, names: readonly string[], latencyMs = 6) {
  const clock = new VirtualClock();
  const random = new SeededRandom(3);
  const model = new LimitModel(clock);
  const store = { isAway: false, asked: 0 };
  const limits: LimitVerbs = {
    async take(requests, withinMs) {
      store.asked += 1;
      await clock.sleep(random.float() * latencyMs);
      if (store.isAway) throw new AppError('store_unavailable', { problem: 'away' });
      const grants = model.take(requests, withinMs);
      await clock.sleep(random.float() * latencyMs);
      return grants;
    },
  };
  const sent: { by: string; atMs: number }[] = [];
  const nodes = names.map((name) => {
    const limiter = new Limiter(clock, limits);
    const bucket = new Bucket({ ...limit, drawnFrom: 'channel' });
    const node = { name, isAlive: true, limiter, bucket, refused: 0 };
    return node;
  });
  const send = async (node: (typeof nodes)[number], holdMs = 5_000): Promise<boolean> => {
    const { name, limiter, bucket } = node;
    const admission = await limiter.admit({ group: 'g', party: name, takes: [{ bucket, cost: 1 }], holdMs });
    if (admission.kind !== 'admitted') {
      if (admission.kind === 'later') await clock.sleep(admission.retryAfterMs);
      return false;
    }
    if (node.isAlive) sent.push({ by: name, atMs: clock.monotonicMs() });
    await clock.sleep(20);
    bucket.release();
    limiter.released('g');
    return true;
  };
  /** Has so many requests waiting at any time. */
  const work = async (node: (typeof nodes)[number], atOnce: number, untilMs: number): Promise<void> => {
    const worker = async (): Promise<void> => {
      while (node.isAlive && clock.monotonicMs() < untilMs) await send(node);
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
  };
  const by = (name: string, fromMs = 0, toMs = Infinity): number =>
    sent.filter((one) => one.by === name && one.atMs >= fromMs && one.atMs < toMs).length;
  return { clock, store, nodes, sent, send, work, by };
}

/** No window of time has more than the limit allows, but for how differently long answers take. */
function expectWithin(sent: readonly { atMs: number }[], { ratePerSecond, burst }: Limit, latencyMs: number): void {
  let most = 0;
  for (let from = 0; from < sent.length; from += 1) {
    for (let to = from; to < sent.length; to += 1) {
      const seconds = (sent[to]!.atMs - sent[from]!.atMs + latencyMs) / 1000;
      most = Math.max(most, to - from + 1 - seconds * ratePerSecond);
    }
  }
  expect(most).toBeLessThanOrEqual(burst + 1e-6);
}

describe('three nodes on one limit', () => {
  it.each([
    { ratePerSecond: 1, burst: 1 },
    { ratePerSecond: 5, burst: 3 },
    { ratePerSecond: 40, burst: 10 },
  ])('stay within $ratePerSecond/s together, use it, and share it', async (limit) => {
    const { clock, nodes, sent, work, by } = setting(limit, ['a', 'b', 'c']);
    const forMs = 60_000;
    await clock.runUntil(Promise.all(nodes.map((node) => work(node, 12, forMs))));
    const counted = sent.filter(({ atMs }) => atMs < forMs);
    expectWithin(counted, limit, 12);
    expect(counted.length / ((forMs / 1000) * limit.ratePerSecond)).toBeGreaterThan(0.93);
    for (const { name } of nodes) expect(by(name, 0, forMs) / counted.length).toBeGreaterThan(0.25);
  });

  it('have all of it again when one of them dies', async () => {
    const limit = { ratePerSecond: 4, burst: 1 };
    const { clock, nodes, sent, work, by } = setting(limit, ['a', 'b', 'c']);
    const working = Promise.all(nodes.map((node) => work(node, 8, 40_000)));
    await clock.advance(20_000);
    nodes[1]!.isAlive = false;
    await clock.runUntil(working);
    expectWithin(sent, limit, 12);
    expect(by('b', 20_100)).toBe(0);
    const after = by('a', 21_000, 40_000) + by('c', 21_000, 40_000);
    expect(after / (19 * limit.ratePerSecond)).toBeGreaterThan(0.93);
  });

  it('wait while the store is away, and go on when it is back', async () => {
    const limit = { ratePerSecond: 2, burst: 1 };
    const { clock, store, nodes, sent, work } = setting(limit, ['a', 'b', 'c']);
    const working = Promise.all(nodes.map((node) => work(node, 3, 30_000)));
    await clock.advance(10_000);
    store.isAway = true;
    const before = sent.length;
    await clock.advance(8_000);
    // What was granted before may still go.
    expect(sent.length - before).toBeLessThanOrEqual(3);
    expect(store.asked).toBeLessThan(400);
    store.isAway = false;
    await clock.runUntil(working);
    expect(sent.filter(({ atMs }) => atMs > 20_000).length).toBeGreaterThan(16);
    expectWithin(sent, limit, 12);
  });

  it('stay within it and leave nothing behind, whatever comes and goes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          ratePerSecond: fc.integer({ min: 1, max: 30 }),
          burst: fc.integer({ min: 1, max: 6 }),
          requests: fc.array(fc.record({ afterMs: fc.nat(400), node: fc.nat(2), holdMs: fc.nat(3_000) }), {
            minLength: 1,
            maxLength: 60,
          }),
        }),
        async ({ requests, ...limit }) => {
          const { clock, nodes, sent, send } = setting(limit, ['a', 'b', 'c']);
          const sending: Promise<unknown>[] = [];
          for (const { afterMs, node, holdMs } of requests) {
            await clock.advance(afterMs);
            sending.push(send(nodes[node]!, holdMs));
          }
          await clock.runUntil(Promise.all(sending));
          await clock.runUntilIdle();
          expectWithin(sent, limit, 12);
          expect(nodes.map(({ bucket }) => bucket.running)).toEqual([0, 0, 0]);
          expect(nodes.map(({ limiter }) => limiter.waiting('g'))).toEqual([0, 0, 0]);
          expect(clock.pending).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('a request that is called off', () => {
  it.each([
    ['while the store is asked', 0],
    ['when its time has been granted', 100],
  ])('leaves its place and its buckets %s', async (_, answersAfterMs) => {
    const clock = new VirtualClock();
    const limiter = new Limiter(clock, {
      take: async (requests) => {
        await clock.sleep(50 + answersAfterMs);
        return requests.map(() => ({ kind: 'granted', inMs: 90 }));
      },
    });
    const bucket = new Bucket({ ratePerSecond: 1, drawnFrom: 'channel' });
    const controller = new AbortController();
    const { signal } = controller;
    const entry = { group: 'g', party: 'a', takes: [{ bucket, cost: 1 }], holdMs: 5_000, signal };
    const admission = Promise.resolve(limiter.admit(entry));
    await clock.advance(answersAfterMs === 0 ? 20 : 170);
    expect(bucket.running).toBe(1);
    controller.abort();
    expect((await admission).kind).toBe('aborted');
    await clock.runUntilIdle();
    expect([bucket.running, limiter.waiting('g')]).toEqual([0, 0]);
  });
});
