/** Events: stored or known, never half; listed in commit order. @module */
import type { EventFilter } from '../../core/event.js';
import { claim, hash, settle } from './fixtures.js';
import { codeOf, DAY_MS, LIVE, OTHER, SANDBOX, START_MS, type Part } from './suite.js';

export const eventsPart: Part = {
  name: 'events',
  tests: {
    'come back as they were given': async ({ store, make, expect }) => {
      const body = Uint8Array.from({ length: 256 }, (_, at) => at);
      const event = make.event({
        headers: '{"x-name":"Zoë \\u0000 😀"}',
        body,
        bodySha256: hash(body),
        type: 'a\0b',
        key: '\0\x01\x02',
        occurredAtMs: START_MS - 5_000,
        account: 'acct\x01\x01\0',
        subject: 'issue \0 7',
        secretId: 'sec_1',
        sealed: true,
      });
      expect(await store.events.accept(SANDBOX, event)).toEqual({ kind: 'stored' });
      const { dedupeKey, leaf, jobs, ...kept } = event;
      expect([dedupeKey.length, leaf.length]).toEqual([16, 32]);
      expect(await store.events.get(SANDBOX, event.id)).toEqual({
        ...kept,
        body: new Uint8Array(body),
        bodyBytes: 256,
        state: 'received',
        duplicates: 0,
        jobs: [{ id: jobs[0]!.id, queue: 'notify', state: 'ready', attempts: 0 }],
      });
    },

    'may have no body, and a large one': async ({ store, make, expect }) => {
      const empty = make.event({ body: new Uint8Array(0) });
      const large = make.event({ body: new Uint8Array(3 * 1024 * 1024).fill(7) });
      await Promise.all([empty, large].map((event) => store.events.accept(SANDBOX, event)));
      expect((await store.events.get(SANDBOX, empty.id))?.body?.length).toBe(0);
      const kept = (await store.events.get(SANDBOX, large.id))?.body;
      expect(kept && hash(kept)).toEqual(hash(large.body));
    },

    'are stored once for 50 parallel copies': async ({ store, make, expect }) => {
      const event = make.event();
      const copies = Array.from({ length: 50 }, () => ({ ...event, id: make.newId('event'), jobs: [make.job()] }));
      const answers = await Promise.all(copies.map((copy) => store.events.accept(SANDBOX, copy)));
      const stored = answers.flatMap(({ kind }, at) => (kind === 'stored' ? [copies[at]!.id] : []));
      expect(stored.length).toBe(1);
      for (const answer of answers) {
        if (answer.kind === 'duplicate') expect(answer).toEqual({ kind: 'duplicate', eventId: stored[0], by: 'key' });
      }
      expect(await store.events.get(SANDBOX, stored[0]!)).toMatchObject({ duplicates: 49 });
      expect((await claim(store)).length).toBe(1);
      expect((await store.audit.search(SANDBOX, {}, { limit: 100 })).rows.length).toBe(1);
    },

    'are stored each for 1,500 different ones at once': async ({ store, make, expect }) => {
      const events = Array.from({ length: 1_500 }, () => make.event());
      const answers = await Promise.all(events.map((event) => store.events.accept(SANDBOX, event)));
      expect(answers.every(({ kind }) => kind === 'stored')).toBe(true);
      expect((await store.system.status()).events).toBe(1_500);
      expect((await store.system.status()).jobs['ready']).toBe(1_500);
    },

    'are known by their body when that is a key as well': async ({ store, make, expect }) => {
      const bodyKey = hash('body').subarray(0, 16);
      const first = make.event({ bodyKey });
      const replay = make.event({ bodyKey });
      await store.events.accept(SANDBOX, first);
      const known = { kind: 'duplicate', eventId: first.id, by: 'body' };
      expect(await store.events.accept(SANDBOX, replay)).toEqual(known);
      // The delivery id of a replay may be forged: it must not shut out the real one.
      const real = make.event({ key: replay.key, dedupeKey: replay.dedupeKey, bodyKey: hash('real').subarray(0, 16) });
      expect(await store.events.accept(SANDBOX, real)).toEqual({ kind: 'stored' });
      const again = { ...make.event({ dedupeKey: first.dedupeKey, bodyKey }) };
      expect(await store.events.accept(SANDBOX, again)).toEqual({ ...known, by: 'key' });
    },

    'are known only within their tenant, environment and source': async ({ store, make, expect }) => {
      const event = make.event();
      const copy = (over = {}) => ({ ...event, id: make.newId('event'), jobs: [], ...over });
      expect(await store.events.accept(SANDBOX, event)).toEqual({ kind: 'stored' });
      expect(await store.events.accept(LIVE, copy())).toEqual({ kind: 'stored' });
      expect(await store.events.accept(OTHER, copy())).toEqual({ kind: 'stored' });
      expect(await store.events.accept(SANDBOX, copy({ sourceId: 'src_two' }))).toEqual({ kind: 'stored' });
      expect(await store.events.get(OTHER, event.id)).toBe(undefined);
      expect((await store.events.list(LIVE, {}, { limit: 10 })).rows.length).toBe(1);
      expect((await store.events.list(SANDBOX, {}, { limit: 10 })).rows.length).toBe(2);
      expect((await store.events.list({ tenant: 'nobody', environment: 'live' }, {}, { limit: 10 })).rows).toEqual([]);
    },

    'are duplicates on day 34 and new when their key was pruned': async ({ store, clock, make, expect }) => {
      const retention = {
        bodiesMs: 30 * DAY_MS,
        attemptsMs: 14 * DAY_MS,
        dedupeMs: 35 * DAY_MS,
        auditMs: 400 * DAY_MS,
      };
      const event = make.event();
      const copy = () => ({ ...event, id: make.newId('event'), jobs: [], receivedAtMs: clock.nowMs() });
      await store.events.accept(SANDBOX, event);
      await clock.advance(34 * DAY_MS);
      await store.system.prune(retention, 1_000);
      expect(await store.events.accept(SANDBOX, copy())).toEqual({ kind: 'duplicate', eventId: event.id, by: 'key' });
      await clock.advance(2 * DAY_MS);
      expect(await store.system.prune(retention, 1_000)).toMatchObject({ keys: 1 });
      expect(await store.events.accept(SANDBOX, copy())).toEqual({ kind: 'stored' });
    },

    'say what their jobs add up to': async ({ store, clock, make, expect }) => {
      const jobs = [make.job({ queue: 'a' }), make.job({ queue: 'b', maxAttempts: 1 })];
      const event = make.event({ jobs });
      const stateNow = async () => (await store.events.get(SANDBOX, event.id))?.state;
      await store.events.accept(SANDBOX, event);
      expect(await stateNow()).toBe('received');
      const [first] = await claim(store, 1);
      expect(await stateNow()).toBe('processing');
      await settle(store, [first!], { outcome: 'retry', delayMs: 1_000, error: 'handler_failed: no' });
      expect(await stateNow()).toBe('failed');
      await clock.advance(1_000);
      const both = await claim(store);
      await settle(store, [both[0]!], { outcome: 'completed' });
      expect(await stateNow()).toBe('processing');
      await settle(store, [both[1]!], { outcome: 'dead', error: 'handler_failed: never' });
      expect(await stateNow()).toBe('dead');
      await store.jobs.requeue(SANDBOX, [
        {
          eventId: event.id,
          queue: both[1]!.queue,
          jobId: make.newId('job'),
          maxAttempts: 1,
          again: false,
          delayMs: 0,
        },
      ]);
      await settle(store, await claim(store), { outcome: 'completed' });
      expect(await stateNow()).toBe('completed');
    },

    'without jobs are unhandled, and listed as that': async ({ store, make, expect }) => {
      const event = make.event({ jobs: [] });
      await store.events.accept(SANDBOX, event);
      await store.events.accept(SANDBOX, make.event());
      const { rows } = await store.events.list(SANDBOX, { state: 'unhandled' }, { limit: 10 });
      expect(rows.map(({ id, state }) => [id, state])).toEqual([[event.id, 'unhandled']]);
    },

    'are found by what is asked for': async ({ store, clock, make, expect }) => {
      const one = make.event({ key: 'one', type: 'push', jobs: [make.job(), make.job({ queue: 'late' })] });
      await store.events.accept(SANDBOX, one);
      await clock.advance(60_000);
      const two = make.event({ key: 'two', sourceId: 'src_two', provider: 'initech' });
      await store.events.accept(SANDBOX, two);
      await clock.advance(60_000);
      const three = make.event({ key: 'three', type: 'push', jobs: [make.job({ delayMs: DAY_MS })] });
      await store.events.accept(SANDBOX, three);
      const dead = (await claim(store)).filter(({ event }) => event.id === two.id);
      await settle(store, dead, { outcome: 'dead', error: 'x: y' });
      const found = async (filter: EventFilter) =>
        (await store.events.list(SANDBOX, filter, { limit: 10, order: 'oldest' })).rows.map(({ key }) => key);
      expect(await found({})).toEqual(['one', 'two', 'three']);
      expect(await found({ sourceId: 'src_two' })).toEqual(['two']);
      expect(await found({ sourceId: 'src_nowhere' })).toEqual([]);
      expect(await found({ provider: 'acme' })).toEqual(['one', 'three']);
      expect(await found({ type: 'push' })).toEqual(['one', 'three']);
      expect(await found({ key: 'two' })).toEqual(['two']);
      expect(await found({ ids: [three.id, one.id, 'evt_nowhere'] })).toEqual(['one', 'three']);
      expect(await found({ ids: [] })).toEqual([]);
      expect(await found({ sinceMs: two.receivedAtMs })).toEqual(['two', 'three']);
      expect(await found({ untilMs: two.receivedAtMs })).toEqual(['one']);
      expect(await found({ sinceMs: two.receivedAtMs, untilMs: two.receivedAtMs + 1 })).toEqual(['two']);
      expect(await found({ state: 'dead' })).toEqual(['two']);
      expect(await found({ state: 'processing' })).toEqual(['one']);
      expect(await found({ state: 'received' })).toEqual(['three']);
      expect(await found({ state: 'completed' })).toEqual([]);
      expect(await found({ state: 'dead', type: 'push' })).toEqual([]);
    },

    'are paged in commit order while others come in': async ({ store, make, expect }) => {
      const keys = Array.from({ length: 25 }, (_, at) => `k${at}`);
      for (const key of keys) await store.events.accept(SANDBOX, make.event({ key }));
      for (const order of ['newest', 'oldest'] as const) {
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const request = cursor === undefined ? { limit: 10, order } : { limit: 10, order, cursor };
          const page = await store.events.list(SANDBOX, {}, request);
          seen.push(...page.rows.map(({ key }) => key));
          cursor = page.cursor;
          if (order === 'newest') await store.events.accept(SANDBOX, make.event({ key: 'meanwhile' }));
        } while (cursor !== undefined);
        if (order === 'newest') expect(seen).toEqual(keys.toReversed());
        else expect(seen.filter((key) => key !== 'meanwhile')).toEqual(keys);
      }
    },

    'refuse a cursor and a limit that make no sense': async ({ store, make, expect }) => {
      await store.events.accept(SANDBOX, make.event());
      const list = (request: { limit: number; cursor?: string }) => codeOf(store.events.list(SANDBOX, {}, request));
      expect(await list({ limit: 0 })).toBe('invalid_argument');
      expect(await list({ limit: 1_001 })).toBe('invalid_argument');
      expect(await list({ limit: 1.5 })).toBe('invalid_argument');
      expect(await list({ limit: 1, cursor: "1' or 1" })).toBe('invalid_argument');
      expect(await list({ limit: 1, cursor: '' })).toBe('invalid_argument');
      expect(await list({ limit: 1_000 })).toBe('resolved');
    },
  },
};
