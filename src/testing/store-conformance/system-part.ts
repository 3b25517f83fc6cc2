/** What serves the whole: retention, the check of everything, backups, the end of a process. @module */
import type { Retention } from '../../core/store.js';
import { claim, drain, LEASE_MS, settle } from './fixtures.js';
import { codeOf, DAY_MS, SANDBOX, type Part } from './suite.js';

const RETENTION: Retention = {
  bodiesMs: 30 * DAY_MS,
  attemptsMs: 14 * DAY_MS,
  dedupeMs: 35 * DAY_MS,
  auditMs: 400 * DAY_MS,
};

export const systemPart: Part = {
  name: 'system',
  tests: {
    'takes bodies away when they are old, but not from a job that needs one': async (stage) => {
      const { store, clock, make, expect } = stage;
      const old = make.event();
      const waiting = make.event({ jobs: [make.job({ queue: 'later', delayMs: 40 * DAY_MS })] });
      await store.events.accept(SANDBOX, old);
      await settle(store, await claim(store), { outcome: 'completed' });
      await store.events.accept(SANDBOX, waiting);
      await clock.advance(31 * DAY_MS);
      const young = make.event();
      await store.events.accept(SANDBOX, young);
      expect(await store.system.prune(RETENTION, 1_000)).toMatchObject({ bodies: 1 });
      expect(await store.events.get(SANDBOX, old.id)).toMatchObject({ headers: '{}', bodyBytes: old.body.length });
      expect((await store.events.get(SANDBOX, old.id))?.body).toBe(undefined);
      expect((await store.events.get(SANDBOX, old.id))?.bodySha256).toEqual(old.bodySha256);
      expect((await store.events.get(SANDBOX, waiting.id))?.body).toEqual(new Uint8Array(waiting.body));
      expect((await store.events.get(SANDBOX, young.id))?.body).toEqual(new Uint8Array(young.body));
      const again = { eventId: old.id, queue: 'notify', jobId: 'job_x', maxAttempts: 1, again: true, delayMs: 0 };
      await store.jobs.requeue(SANDBOX, [again]);
      const replayed = (await claim(store)).find(({ event }) => event.id === old.id);
      expect([replayed?.event.body, replayed?.event.headers]).toEqual([undefined, '{}']);
      expect(replayed?.event.bodySha256).toEqual(old.bodySha256);
    },

    'forgets attempts, calls and steps in their time, a few at a time': async ({ store, clock, make, expect }) => {
      await store.events.accept(SANDBOX, make.event({ jobs: [make.job({ maxAttempts: 9 })] }));
      for (let at = 0; at < 5; at++) {
        await settle(store, await claim(store), { outcome: 'retry', delayMs: 0, error: 'a: b' });
      }
      const [done, unknown] = [make.call(), make.call()];
      for (const call of [done, unknown]) await store.calls.begin(SANDBOX, call);
      await store.calls.settle(SANDBOX, make.settlement(done.id));
      await store.calls.settle(SANDBOX, make.settlement(unknown.id, { state: 'unknown' }));
      await store.state.transition(SANDBOX, { key: 'k', entity: 'e', from: [null], to: 'on', keyTtlMs: 40 * DAY_MS });
      const nothing = { attempts: 0, calls: 0, steps: 0 };
      expect(await store.system.prune(RETENTION, 3)).toMatchObject(nothing);
      await clock.advance(15 * DAY_MS);
      expect(await store.system.prune(RETENTION, 3)).toMatchObject({ ...nothing, attempts: 3 });
      expect(await store.system.prune(RETENTION, 3)).toMatchObject({ ...nothing, attempts: 2 });
      await clock.advance(26 * DAY_MS);
      expect(await store.system.prune(RETENTION, 3)).toMatchObject({ calls: 1, steps: 1 });
      expect(await store.calls.get(SANDBOX, done.id)).toBe(undefined);
      expect(await store.calls.get(SANDBOX, unknown.id)).toMatchObject({ state: 'unknown' });
      expect(await store.state.get(SANDBOX, 'e')).toMatchObject({ state: 'on' });
      expect(await store.system.integrity()).toEqual([]);
    },

    'says what there is': async ({ store, make, expect }) => {
      for (let at = 0; at < 3; at++) await store.events.accept(SANDBOX, make.event());
      await settle(store, await claim(store, 1), { outcome: 'dead', error: 'a: b' });
      const status = await store.system.status();
      const jobs = { ready: 2, blocked: 0, running: 0, parked: 0, completed: 0, dead: 1 };
      expect(status).toMatchObject({ events: 3, jobs });
      expect(status.driver.length > 0 && status.engineVersion.length > 0 && status.sizeBytes > 0).toBe(true);
    },

    'finds a store sound after a bit of everything': async ({ store, clock, make, expect }) => {
      for (let at = 0; at < 20; at++) {
        const order = at % 2 === 0 ? { orderKey: `k${at % 4}` } : {};
        await store.events.accept(SANDBOX, make.event({ jobs: [make.job(order), make.job({ queue: 'b' })] }));
      }
      await settle(store, await claim(store, 5), { outcome: 'completed' });
      await settle(store, await claim(store, 3), { outcome: 'dead', error: 'a: b' });
      await settle(store, await claim(store, 3), { outcome: 'retry', delayMs: 9, error: 'a: b' });
      await claim(store, 2);
      await clock.advance(LEASE_MS);
      await claim(store, 1);
      await store.audit.append(SANDBOX, [make.entry()]);
      await store.system.auditSequence('sandbox', 0, 10);
      expect(await store.system.integrity()).toEqual([]);
    },

    'refuses one verb without its neighbours': async ({ store, make, expect }) => {
      const id = make.newId('job');
      const events = [
        make.event({ jobs: [make.job({ id })] }),
        make.event(),
        make.event({ jobs: [make.job({ id })] }),
        make.event(),
      ];
      const codes = await Promise.all(events.map((event) => codeOf(store.events.accept(SANDBOX, event))));
      expect(codes.map((code) => code === 'resolved')).toEqual([true, true, false, true]);
      const { rows } = await store.events.list(SANDBOX, {}, { limit: 10, order: 'oldest' });
      expect(rows.map((row) => row.id)).toEqual([events[0]!.id, events[1]!.id, events[3]!.id]);
      expect(await store.events.accept(SANDBOX, { ...events[2]!, jobs: [make.job()] })).toEqual({ kind: 'stored' });
      expect((await drain(store)).length).toBe(4);
      expect(await store.system.integrity()).toEqual([]);
    },

    'copies itself while writes go on, where it can': async ({ under, store, make, expect }) => {
      if (!store.capabilities.backup || under.backup === undefined) return;
      for (let at = 0; at < 50; at++) await store.events.accept(SANDBOX, make.event());
      const [{ bytes }] = await Promise.all([
        store.system.backup(under.backup.path),
        ...Array.from({ length: 50 }, () => store.events.accept(SANDBOX, make.event())),
      ]);
      expect(bytes > 0).toBe(true);
      expect(await under.backup.verify(under.backup.path)).toEqual([]);
      expect((await store.system.status()).events).toBe(100);
      expect(await codeOf(store.system.backup(under.backup.path))).toBe('io_failure');
    },

    'ends after what was asked before, and takes nothing then': async ({ under, store, make, expect }) => {
      const accepted = store.events.accept(SANDBOX, make.event());
      await store.system.close();
      expect(await accepted).toEqual({ kind: 'stored' });
      if (under.reopen === undefined) return;
      expect(await codeOf(store.events.accept(SANDBOX, make.event()))).toBe('store_unavailable');
    },
  },
};

export const crashPart: Part = {
  name: 'the end of a process',
  tests: {
    'takes nothing away that was acknowledged, and no half of anything': async (stage) => {
      const { under, make, expect } = stage;
      if (under.crash === undefined || under.reopen === undefined) return;
      const events = Array.from({ length: 40 }, () => make.event({ jobs: [make.job(), make.job({ queue: 'b' })] }));
      const acknowledged: string[] = [];
      for (const event of events.slice(0, 20)) {
        await under.store.events.accept(SANDBOX, event);
        acknowledged.push(event.id);
      }
      for (const event of events.slice(20)) {
        void under.store.events.accept(SANDBOX, event).then(
          () => acknowledged.push(event.id),
          () => {},
        );
      }
      under.crash();
      stage.under = await under.reopen();
      const { store } = stage.under;
      const { rows } = await store.events.list(SANDBOX, {}, { limit: 100 });
      const kept = new Set(rows.map(({ id }) => id));
      expect(acknowledged.filter((id) => !kept.has(id))).toEqual([]);
      expect(rows.every(({ jobs }) => jobs.length === 2)).toBe(true);
      expect(await store.system.integrity()).toEqual([]);
      const repeated = await Promise.all(
        events.map((event) => store.events.accept(SANDBOX, { ...event, id: make.newId('event'), jobs: [] })),
      );
      expect(repeated.filter(({ kind }) => kind === 'duplicate').length).toBe(kept.size);
    },

    'leaves its jobs and its calls to the next one': async (stage) => {
      const { under, clock, make, expect } = stage;
      if (under.crash === undefined || under.reopen === undefined) return;
      await under.store.events.accept(SANDBOX, make.event({ jobs: [make.job({ orderKey: 'k' })] }));
      await under.store.events.accept(SANDBOX, make.event({ jobs: [make.job({ orderKey: 'k' })] }));
      const held = await claim(under.store);
      const [sent, unsent] = [make.call(), make.call({ sending: false })];
      for (const call of [sent, unsent]) await under.store.calls.begin(SANDBOX, call);
      under.crash();
      stage.under = await under.reopen();
      const { store } = stage.under;
      await clock.advance(LEASE_MS);
      const taken = await claim(store);
      expect(taken.map(({ id, attempt }) => [id, attempt])).toEqual([[held[0]!.id, 2]]);
      expect(await settle(store, held, { outcome: 'completed' })).toEqual([held[0]!.id]);
      expect(await store.calls.begin(SANDBOX, make.call({ key: sent.key }))).toMatchObject({
        kind: 'taken_over',
        fence: 2,
      });
      expect(await store.calls.begin(SANDBOX, make.call({ key: unsent.key }))).toMatchObject({
        kind: 'begun',
        fence: 2,
      });
      await settle(store, taken, { outcome: 'completed' });
      expect((await drain(store)).length).toBe(1);
      expect((await store.system.status()).jobs).toMatchObject({ ready: 0, running: 0, blocked: 0, completed: 2 });
    },

    'keeps pauses, counters, secrets and sources': async (stage) => {
      const { under, make, expect } = stage;
      if (under.crash === undefined || under.reopen === undefined) return;
      const source = make.source();
      await under.store.sources.create(SANDBOX, source);
      await under.store.secrets.put(SANDBOX, 'named', make.secret('name'));
      await under.store.events.accept(SANDBOX, make.event());
      await under.store.jobs.setPaused(SANDBOX, 'notify', true);
      const before = [await under.store.jobs.depth(SANDBOX), await under.store.system.allSources()];
      under.crash();
      stage.under = await under.reopen();
      const { store } = stage.under;
      expect([await store.jobs.depth(SANDBOX), await store.system.allSources()]).toEqual(before);
      expect(await claim(store)).toEqual([]);
      expect((await store.secrets.list(SANDBOX, 'named', { limit: 10 })).rows.length).toBe(1);
      expect((await store.system.status()).events).toBe(1);
    },
  },
};
