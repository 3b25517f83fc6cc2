/** Order keys: one after the other, in the order of the commits. @module */
import type { NewJob } from '../../core/event.js';
import type { Store } from '../../core/store.js';
import { claim, drain, settle, type Fixtures } from './fixtures.js';
import { SANDBOX, type Part } from './suite.js';

/** Stores events whose only job has the order key `k`, or another; their keys are `k1`, `k2` ... from `first` on. */
async function line(
  store: Store,
  make: Fixtures,
  count: number,
  over: Partial<NewJob> = {},
  first = 1,
): Promise<string[]> {
  const ids: string[] = [];
  for (let at = first; at < first + count; at++) {
    const event = make.event({ key: `${over.orderKey ?? 'k'}${at}`, jobs: [make.job({ orderKey: 'k', ...over })] });
    await store.events.accept(SANDBOX, event);
    ids.push(event.id);
  }
  return ids;
}

export const orderPart: Part = {
  name: 'order keys',
  tests: {
    'let one job of a key run at a time': async ({ store, make, expect }) => {
      await line(store, make, 3);
      await line(store, make, 2, { orderKey: 'm' });
      const heads = await claim(store);
      expect(heads.map(({ event }) => event.key)).toEqual(['k1', 'm1']);
      expect(await claim(store)).toEqual([]);
      expect((await store.jobs.depth(SANDBOX))[0]?.counts).toMatchObject({ running: 2, blocked: 3 });
      await settle(store, [heads[1]!], { outcome: 'completed' });
      expect((await claim(store)).map(({ event }) => event.key)).toEqual(['m2']);
      await settle(store, [heads[0]!], { outcome: 'completed' });
      expect(await drain(store)).toEqual(['k2', 'k3']);
      expect((await store.jobs.get(SANDBOX, heads[0]!.id))?.orderKey).toBe('k');
    },

    'are compared to their ends': async ({ store, make, expect }) => {
      await line(store, make, 2, { orderKey: 'k\0a' });
      await line(store, make, 1, { orderKey: 'k\0b' });
      const heads = await claim(store);
      expect(heads.map(({ event }) => event.key)).toEqual(['k\0a1', 'k\0b1']);
      expect((await store.jobs.get(SANDBOX, heads[0]!.id))?.orderKey).toBe('k\0a');
      await settle(store, [heads[0]!], { outcome: 'completed' });
      expect((await claim(store)).map(({ event }) => event.key)).toEqual(['k\0a2']);
    },

    'belong to their queue': async ({ store, make, expect }) => {
      await line(store, make, 1);
      await line(store, make, 1, { queue: 'other' }, 2);
      expect((await claim(store)).length).toBe(2);
    },

    'wait for a head that is retried, parked, given back or late': async ({ store, clock, make, expect }) => {
      await line(store, make, 2);
      await settle(store, await claim(store), { outcome: 'retry', delayMs: 1_000, error: 'a: b' });
      expect(await claim(store)).toEqual([]);
      await clock.advance(1_000);
      await settle(store, await claim(store), { outcome: 'released' });
      const jobs = await claim(store);
      expect(jobs.map(({ event }) => event.key)).toEqual(['k1']);
      const call = make.call();
      await store.calls.begin(SANDBOX, call);
      await settle(store, jobs, { outcome: 'parked', parkedOn: call.id });
      expect(await claim(store)).toEqual([]);
      await store.calls.settle(SANDBOX, make.settlement(call.id));
      expect(await drain(store)).toEqual(['k1', 'k2']);
      await line(store, make, 1, { orderKey: 'late', delayMs: 5_000 });
      await line(store, make, 1, { orderKey: 'late' }, 2);
      expect(await claim(store)).toEqual([]);
      await clock.advance(5_000);
      expect(await drain(store)).toEqual(['late1', 'late2']);
    },

    'let as many run as their limit says': async ({ store, make, expect }) => {
      await line(store, make, 5, { orderLimit: 2 });
      const heads = await claim(store);
      expect(heads.map(({ event }) => event.key)).toEqual(['k1', 'k2']);
      await settle(store, [heads[1]!], { outcome: 'completed' });
      expect((await claim(store)).map(({ event }) => event.key)).toEqual(['k3']);
      // A later job may raise the limit for all of the key.
      await line(store, make, 1, { orderLimit: 4 }, 6);
      expect((await claim(store)).map(({ event }) => event.key)).toEqual(['k4', 'k5']);
    },

    'go on after a death, by default': async ({ store, make, expect }) => {
      await line(store, make, 3);
      await settle(store, await claim(store), { outcome: 'dead', error: 'a: b' });
      expect(await drain(store)).toEqual(['k2', 'k3']);
    },

    'are held by a death until the dead job has run, if told so': async ({ store, make, expect }) => {
      const [first] = await line(store, make, 3, { onDead: 'hold' });
      await settle(store, await claim(store), { outcome: 'dead', error: 'a: b' });
      expect(await claim(store)).toEqual([]);
      const again = { queue: 'notify', jobId: make.newId('job'), maxAttempts: 3, again: false, delayMs: 0 };
      const requeue = { eventId: first!, ...again, orderKey: 'k', onDead: 'hold' as const };
      expect(await store.jobs.requeue(SANDBOX, [requeue])).toEqual({ requeued: 1 });
      expect(await drain(store)).toEqual(['k1', 'k2', 'k3']);
    },

    'take a replayed job back into its place': async ({ store, make, expect }) => {
      const [first] = await line(store, make, 3);
      await settle(store, await claim(store), { outcome: 'dead', error: 'a: b' });
      const second = await claim(store);
      const again = { queue: 'notify', jobId: make.newId('job'), maxAttempts: 3, again: false, delayMs: 0 };
      await store.jobs.requeue(SANDBOX, [{ eventId: first!, ...again, orderKey: 'k' }]);
      expect(await claim(store)).toEqual([]);
      await settle(store, second, { outcome: 'completed' });
      expect(await drain(store)).toEqual(['k1', 'k3']);
      await store.jobs.requeue(SANDBOX, [{ eventId: first!, ...again, orderKey: 'k', again: true }]);
      expect(await drain(store)).toEqual(['k1']);
      expect((await store.jobs.depth(SANDBOX))[0]?.counts).toMatchObject({ blocked: 0, ready: 0, completed: 3 });
    },

    'keep their order through lost leases': async ({ store, clock, make, expect }) => {
      await line(store, make, 2);
      await claim(store);
      await clock.advance(60_000);
      expect(await drain(store)).toEqual(['k1', 'k2']);
    },
  },
};
