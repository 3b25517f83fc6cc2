/** Nodes: who is there, whose jobs are free, what they draw from one limit. @module */
import type { LimitGrant } from '../../core/limit-verbs.js';
import { NODE_LEASE_MS, type NewNode } from '../../core/node.js';
import type { Store } from '../../core/store.js';
import { settle } from './fixtures.js';
import { LimitModel } from './limit-model.js';
import { SANDBOX, type Part, type Stage } from './suite.js';

const BEAT_MS = 3_000;
/** Far longer than a node is taken to live. */
const JOB_LEASE_MS = 600_000;

const node = (id: string, over: Partial<NewNode> = {}): NewNode => ({
  id,
  role: 'all',
  version: '1.2.3',
  startedAtMs: 7,
  listens: false,
  ...over,
});

const BUCKETS = ['x', 'y', 'z'].map((bucket, at) => ({ bucket, ratePerSecond: 2 + 3 * at, burst: 1 + at }));

const claimBy = async (store: Store, owner: string, limit = 100) =>
  (await store.system.turn({ settled: [], claim: { limit, leaseMs: JOB_LEASE_MS, owner } })).claimed;

const severalWrite = (run: (stage: Stage) => Promise<void>) => async (stage: Stage) => {
  if (stage.store.capabilities.concurrentWriters) await run(stage);
};

/** Lets nodes be heard for a while. */
async function beatFor({ store, clock }: Stage, ms: number, ...ids: string[]): Promise<string[]> {
  const buried: string[] = [];
  for (let passed = 0; passed <= ms; passed += BEAT_MS) {
    if (passed > 0) await clock.advance(BEAT_MS);
    for (const id of ids) buried.push(...(await store.nodes.beat(node(id), NODE_LEASE_MS)).buried);
  }
  return buried;
}

export const nodesPart: Part = {
  name: 'nodes',
  tests: {
    'show the process that serves, until it leaves': async ({ store, clock, expect }) => {
      expect(await store.nodes.list()).toEqual([]);
      const beat = await store.nodes.beat(node('a'), NODE_LEASE_MS);
      expect(beat).toEqual({ joined: true, live: { receives: 1, works: 1, keeps: 1, listens: 0 }, buried: [] });
      const { schemaVersion } = await store.system.status();
      const row = { ...node('a'), schemaVersion, seenAtMs: clock.nowMs(), state: 'live' };
      expect(await store.nodes.list()).toEqual([row]);
      await clock.advance(BEAT_MS);
      expect(await store.nodes.beat(node('a'), NODE_LEASE_MS)).toMatchObject({ joined: false });
      expect(await store.nodes.list()).toEqual([{ ...row, seenAtMs: clock.nowMs() }]);
      await store.nodes.leave('a');
      await store.nodes.leave('a');
      expect(await store.nodes.list()).toEqual([]);
    },

    'are counted by what they do': severalWrite(async ({ store, expect }) => {
      await store.nodes.beat(node('a', { role: 'intake' }), NODE_LEASE_MS);
      await store.nodes.beat(node('b', { role: 'worker', listens: true }), NODE_LEASE_MS);
      await store.nodes.beat(node('c', { role: 'scheduler' }), NODE_LEASE_MS);
      const { live } = await store.nodes.beat(node('d'), NODE_LEASE_MS);
      expect(live).toEqual({ receives: 2, works: 2, keeps: 2, listens: 1 });
      expect((await store.nodes.list()).map(({ id, role }) => [id, role].join(' ')).toSorted()).toEqual([
        'a intake',
        'b worker',
        'c scheduler',
        'd all',
      ]);
    }),

    'leave nothing behind that waits for the end of a lease': severalWrite(async (stage) => {
      const { store, make, expect } = stage;
      await store.nodes.beat(node('a'), NODE_LEASE_MS);
      for (let at = 0; at < 3; at += 1) await store.events.accept(SANDBOX, make.event());
      const held = await claimBy(store, 'a');
      expect([held.length, (await claimBy(store, 'b')).length]).toEqual([3, 0]);
      await store.nodes.leave('a');
      const taken = await claimBy(store, 'b');
      expect(taken.map(({ id }) => id).toSorted()).toEqual(held.map(({ id }) => id).toSorted());
      expect((await settle(store, held, { outcome: 'completed' })).length).toBe(3);
      expect(await settle(store, taken, { outcome: 'completed' })).toEqual([]);
      expect(await store.system.integrity()).toEqual([]);
    }),

    'are taken out when they are silent, and their jobs are free at once': severalWrite(async (stage) => {
      const { store, clock, make, expect } = stage;
      expect(await beatFor(stage, 12_000, 'a', 'b')).toEqual([]);
      await store.events.accept(SANDBOX, make.event());
      const held = await claimBy(store, 'a');
      expect(await beatFor(stage, 6_000, 'b')).toEqual([]);
      expect(await claimBy(store, 'b')).toEqual([]);
      await clock.advance(BEAT_MS);
      await store.nodes.beat(node('b'), NODE_LEASE_MS);
      await clock.advance(1_000);
      expect((await store.nodes.list()).map(({ id, state }) => `${id} ${state}`).toSorted()).toEqual([
        'a silent',
        'b live',
      ]);
      const { buried } = await store.nodes.beat(node('b'), NODE_LEASE_MS);
      expect(buried).toEqual(['a']);
      expect((await store.nodes.list()).map(({ id }) => id)).toEqual(['b']);
      expect(await store.system.nextDueInMs()).toBe(0);
      const taken = await claimBy(store, 'b');
      expect(taken.map(({ id, attempt }) => [id, attempt])).toEqual([[held[0]!.id, 2]]);
      // It slept, and wakes up.
      expect(await settle(store, held, { outcome: 'completed' })).toEqual([held[0]!.id]);
      expect(await store.nodes.beat(node('a'), NODE_LEASE_MS)).toMatchObject({ joined: true });
      expect(await settle(store, taken, { outcome: 'completed' })).toEqual([]);
    }),

    'are all there after an outage of the store': severalWrite(async (stage) => {
      const { store, clock, make, expect } = stage;
      await beatFor(stage, 12_000, 'a', 'b');
      await store.events.accept(SANDBOX, make.event());
      const held = await claimBy(store, 'a');
      await clock.advance(40_000);
      expect(await beatFor(stage, 3_000, 'b')).toEqual([]);
      expect(await store.nodes.beat(node('a'), NODE_LEASE_MS)).toMatchObject({ joined: false });
      expect(await settle(store, held, { outcome: 'completed' })).toEqual([]);
      await beatFor(stage, 3_000, 'a', 'b');
      await clock.advance(40_000);
      // Who does not come back is dead.
      expect(await beatFor(stage, 12_000, 'b')).toEqual(['a']);
    }),

    'share a limit without one going beyond it': severalWrite(async ({ store, clock, expect }) => {
      const { limits } = store;
      if (limits === undefined) return;
      const slow = { bucket: 'slow', ratePerSecond: 2, burst: 1, cost: 1 };
      const wide = { bucket: 'wide', ratePerSecond: 10, burst: 5, cost: 1 };
      expect(await limits.take([[slow, wide], [slow], [wide], [], [slow]], 0)).toEqual([
        { kind: 'granted', inMs: 0 },
        { kind: 'later', inMs: 500, bucket: 'slow' },
        { kind: 'granted', inMs: 0 },
        { kind: 'granted', inMs: 0 },
        { kind: 'later', inMs: 500, bucket: 'slow' },
      ]);
      await clock.advance(400);
      expect(await limits.take([[slow], [slow]], 100)).toEqual([
        { kind: 'granted', inMs: 100 },
        { kind: 'later', inMs: 600, bucket: 'slow' },
      ]);
      // More than a bucket holds waits for a full one.
      const heavy = { ...wide, cost: 8 };
      expect(await limits.take([[heavy], [wide]], 0)).toEqual([
        { kind: 'granted', inMs: 0 },
        { kind: 'later', inMs: 400, bucket: 'wide' },
      ]);
    }),

    'draw from limits as the algorithm says': severalWrite(async ({ store, clock, make, expect }) => {
      const { limits } = store;
      if (limits === undefined) return;
      const model = new LimitModel(clock);
      const number = (below: number): number => Math.floor(make.random.float() * below);
      for (let round = 0; round < 40; round += 1) {
        const requests = Array.from({ length: 1 + number(4) }, () =>
          BUCKETS.filter(() => number(2) === 0).map((bucket) => ({ ...bucket, cost: 1 + number(3) })),
        );
        const withinMs = number(3) * 150;
        const rounded = (grants: LimitGrant[]) => grants.map((grant) => ({ ...grant, inMs: Math.round(grant.inMs) }));
        expect(rounded(await limits.take(requests, withinMs))).toEqual(rounded(model.take(requests, withinMs)));
        await clock.advance(number(400));
      }
    }),

    'draw at once from one limit and get what there is': severalWrite(async ({ under, store, expect }) => {
      const second = await under.another?.();
      if (store.limits === undefined || second?.store.limits === undefined) return;
      try {
        const draw = { bucket: 'one', ratePerSecond: 1, burst: 7, cost: 1 };
        const takes = Array.from({ length: 40 }, (_, at) => {
          const { limits } = at % 2 === 0 ? store : second.store;
          return limits!.take([[draw], [{ ...draw, bucket: `own${at}` }]], 0);
        });
        const grants = await Promise.all(takes);
        expect(grants.filter(([first]) => first?.kind === 'granted').length).toBe(7);
        expect(grants.every(([, own]) => own?.kind === 'granted')).toBe(true);
      } finally {
        await second.store.system.close();
      }
    }),
  },
};
