/** The ledger of calls: every state it can be in, and what each newcomer is told. @module */
import type { CallBeginning, NewCall } from '../../core/call.js';
import type { Store } from '../../core/store.js';
import { claim, hash, settle, type Fixtures } from './fixtures.js';
import { DAY_MS, OTHER, SANDBOX, type Part, type Stage } from './suite.js';

interface Situation {
  name: string;
  /** Brings the call there. */
  before(stage: Stage, call: NewCall): Promise<void>;
  /** What somebody who comes with the same key and the same input is told. */
  same(call: NewCall): Partial<CallBeginning>;
}

const end = async (store: Store, make: Fixtures, id: string, state: 'done' | 'failed' | 'unknown'): Promise<unknown> =>
  store.calls.settle(SANDBOX, make.settlement(id, { state }));

const SITUATIONS: Situation[] = [
  { name: 'running under a live lease', before: async () => {}, same: ({ id }) => ({ kind: 'running', callId: id }) },
  {
    name: 'left after it may have sent',
    before: ({ clock }, { leaseMs }) => clock.advance(leaseMs),
    same: ({ id }) => ({ kind: 'taken_over', fence: 2, callId: id, attempts: 1 }),
  },
  {
    name: 'done',
    before: async ({ store, make }, { id }) => void (await end(store, make, id, 'done')),
    same: ({ id }) => ({ kind: 'done', callId: id, result: '{"ok":true}' }),
  },
  {
    name: 'failed without effect',
    before: async ({ store, make }, { id }) => void (await end(store, make, id, 'failed')),
    same: () => ({ kind: 'begun', fence: 2 }),
  },
  {
    name: 'unknown',
    before: async ({ store, make }, { id }) => void (await end(store, make, id, 'unknown')),
    same: ({ id }) => ({ kind: 'unknown', callId: id }),
  },
  {
    name: 'unknown for a year',
    async before({ store, make, clock }, { id }) {
      await end(store, make, id, 'unknown');
      await clock.advance(365 * DAY_MS);
    },
    same: ({ id }) => ({ kind: 'unknown', callId: id }),
  },
  {
    name: 'unknown, then decided as done',
    async before({ store, make }, { id }) {
      await end(store, make, id, 'unknown');
      await store.calls.settle(SANDBOX, make.settlement(id, { fence: 0, result: '{"decided":1}' }));
    },
    same: ({ id }) => ({ kind: 'done', callId: id, result: '{"decided":1}' }),
  },
  {
    name: 'unknown, then decided as failed',
    async before({ store, make }, { id }) {
      await end(store, make, id, 'unknown');
      await store.calls.settle(SANDBOX, make.settlement(id, { fence: 0, state: 'failed' }));
    },
    same: () => ({ kind: 'begun', fence: 2 }),
  },
  {
    name: 'done on day 34',
    async before({ store, make, clock }, { id }) {
      await end(store, make, id, 'done');
      await clock.advance(34 * DAY_MS);
    },
    same: ({ id }) => ({ kind: 'done', callId: id }),
  },
];

export const callsPart: Part = {
  name: 'calls',
  tests: {
    'a call that begins again under its own id and key is told what it is at': async (stage) => {
      const { store, make, expect } = stage;
      const call = make.call();
      expect(await store.calls.begin(SANDBOX, call)).toEqual({ kind: 'begun', fence: 1 });
      const again = make.call({ id: call.id, key: call.key });
      expect(await store.calls.begin(SANDBOX, again)).toEqual({ kind: 'running', callId: call.id });
      expect(await store.calls.begin(SANDBOX, make.call())).toEqual({ kind: 'begun', fence: 1 });
    },
    ...Object.fromEntries(
      SITUATIONS.map(({ name, before, same }) => [
        `${name}: the same request, another input, another operation, another tenant`,
        async (stage: Stage) => {
          const { store, make, expect } = stage;
          const call = make.call();
          expect(await store.calls.begin(SANDBOX, call)).toEqual({ kind: 'begun', fence: 1 });
          await before(stage, call);
          const again = (over: Partial<NewCall> = {}) => make.call({ key: call.key, ...over });
          const mismatch = { kind: 'mismatch', callId: call.id };
          expect(await store.calls.begin(SANDBOX, again({ inputHash: hash('other') }))).toEqual(mismatch);
          expect(await store.calls.begin(SANDBOX, again({ operation: 'http.post' }))).toEqual(mismatch);
          expect(await store.calls.begin(OTHER, again())).toEqual({ kind: 'begun', fence: 1 });
          expect(await store.calls.begin(SANDBOX, again())).toMatchObject(same(call));
        },
      ]),
    ),

    'are of one key when it is the same to its end': async ({ store, make, expect }) => {
      const keys = ['key', 'key\0', 'key\0a', 'key\0b', 'key\x01\x02'];
      for (const key of keys)
        expect(await store.calls.begin(SANDBOX, make.call({ key }))).toEqual({ kind: 'begun', fence: 1 });
      for (const key of keys)
        expect(await store.calls.begin(SANDBOX, make.call({ key }))).toMatchObject({ kind: 'running' });
    },

    'begin again when they never sent and their holder is gone': async ({ store, clock, make, expect }) => {
      const call = make.call({ sending: false });
      await store.calls.begin(SANDBOX, call);
      expect(await store.calls.begin(SANDBOX, make.call({ key: call.key }))).toMatchObject({ kind: 'running' });
      await clock.advance(call.leaseMs);
      const next = make.call({ key: call.key });
      expect(await store.calls.begin(SANDBOX, next)).toEqual({ kind: 'begun', fence: 2 });
      expect(await store.calls.sending(SANDBOX, call.id, 1, 1_000)).toBe('lost');
      expect(await store.calls.settle(SANDBOX, make.settlement(call.id))).toBe('lost');
      expect(await store.calls.get(SANDBOX, next.id)).toMatchObject({ state: 'running', fence: 2, attempts: 1 });
      expect(await store.calls.get(SANDBOX, call.id)).toMatchObject({ state: 'failed', attempts: 0 });
    },

    'are taken over by one, who holds them then': async ({ store, clock, make, expect }) => {
      const call = make.call({ sending: false });
      const startedAtMs = clock.nowMs();
      await store.calls.begin(SANDBOX, call);
      await clock.advance(1_000);
      expect(await store.calls.sending(SANDBOX, call.id, 1, 20_000)).toBe('recorded');
      expect(await store.calls.sending(SANDBOX, call.id, 1, 20_000)).toBe('recorded');
      await clock.advance(20_000);
      const comers = await Promise.all(
        Array.from({ length: 5 }, () => store.calls.begin(SANDBOX, make.call({ key: call.key }))),
      );
      const taken = {
        kind: 'taken_over',
        fence: 2,
        callId: call.id,
        attempts: 2,
        lastSendingAtMs: startedAtMs + 1_000,
      };
      expect(comers.filter(({ kind }) => kind === 'taken_over')).toEqual([taken]);
      expect(comers.filter(({ kind }) => kind === 'running').length).toBe(4);
      expect(await store.calls.sending(SANDBOX, call.id, 1, 1_000)).toBe('lost');
      expect(await store.calls.settle(SANDBOX, make.settlement(call.id, { fence: 1 }))).toBe('lost');
      expect(await store.calls.settle(SANDBOX, make.settlement(call.id, { fence: 2 }))).toBe('settled');
      expect(await store.calls.settle(SANDBOX, make.settlement(call.id, { fence: 2 }))).toBe('lost');
      expect(await store.calls.settle(SANDBOX, make.settlement(call.id, { fence: 0 }))).toBe('lost');
    },

    'are taken up again under a key that their target recognises, by one': async ({ store, make, expect }) => {
      const call = make.call();
      await store.calls.begin(SANDBOX, call);
      await end(store, make, call.id, 'unknown');
      const entry = make.entry();
      const takeUp = make.takeUp(call.id, { ground: 'same_key', entry });
      expect(await store.calls.takeUp(OTHER, takeUp)).toEqual({ kind: 'lost' });
      expect(await store.calls.takeUp(SANDBOX, { ...takeUp, callId: 'call_nowhere' })).toEqual({ kind: 'lost' });
      expect(await store.calls.takeUp(SANDBOX, { ...takeUp, fence: 2 })).toEqual({ kind: 'lost' });
      expect(await store.calls.takeUp(SANDBOX, takeUp)).toEqual({ kind: 'taken_up', fence: 2 });
      const row = await store.calls.get(SANDBOX, call.id);
      expect(row).toMatchObject({ state: 'running', fence: 2, attempts: 2 });
      expect([row?.endedAtMs, row?.result, row?.durationMs]).toEqual([undefined, undefined, undefined]);
      expect(await store.calls.takeUp(SANDBOX, takeUp)).toEqual({ kind: 'lost' });
      expect(await store.calls.begin(SANDBOX, make.call({ key: call.key }))).toMatchObject({ kind: 'running' });
      // What is known now is not for a decision: somebody is at it.
      expect(await store.calls.settle(SANDBOX, make.settlement(call.id, { fence: 0 }))).toBe('lost');
      expect(await store.calls.sending(SANDBOX, call.id, 1, 1_000)).toBe('lost');
      expect(await store.calls.sending(SANDBOX, call.id, 2, 1_000)).toBe('recorded');
      expect(await store.calls.settle(SANDBOX, make.settlement(call.id, { fence: 2 }))).toBe('settled');
      expect(await store.calls.takeUp(SANDBOX, { ...takeUp, fence: 2 })).toEqual({ kind: 'lost' });
      const written = (await store.audit.search(SANDBOX, {}, { limit: 100, order: 'oldest' })).rows;
      expect(written.filter(({ record }) => record === entry.record).length).toBe(1);
    },

    'are not sent again for want of a trace while who sent may live': async ({ store, clock, make, expect }) => {
      const [unknown, left] = [make.call(), make.call()];
      for (const call of [unknown, left]) await store.calls.begin(SANDBOX, call);
      await end(store, make, unknown.id, 'unknown');
      await clock.advance(left.leaseMs);
      expect(await store.calls.begin(SANDBOX, make.call({ key: left.key }))).toMatchObject({ kind: 'taken_over' });
      const before = (await store.audit.search(SANDBOX, {}, { limit: 100 })).rows.length;
      for (const takeUp of [make.takeUp(unknown.id), make.takeUp(left.id, { fence: 2 })]) {
        expect(await store.calls.takeUp(SANDBOX, takeUp)).toEqual({ kind: 'sender_may_live' });
      }
      expect(await store.calls.get(SANDBOX, unknown.id)).toMatchObject({ state: 'unknown', fence: 1, attempts: 1 });
      expect(await store.calls.get(SANDBOX, left.id)).toMatchObject({ state: 'running', fence: 2, attempts: 1 });
      expect((await store.audit.search(SANDBOX, {}, { limit: 100 })).rows.length).toBe(before);
    },

    'are sent again for want of a trace once who sent is dead': async (stage) => {
      const { under, store, clock, make, expect } = stage;
      if (under.crash === undefined || under.reopen === undefined) return;
      const [unknown, left, fresh] = [make.call(), make.call(), make.call()];
      for (const call of [unknown, left]) await store.calls.begin(SANDBOX, call);
      await end(store, make, unknown.id, 'unknown');
      await clock.advance(left.leaseMs);
      under.crash();
      stage.under = await under.reopen();
      const again = stage.under.store;
      await again.calls.begin(SANDBOX, fresh);
      await again.calls.settle(SANDBOX, make.settlement(fresh.id, { state: 'unknown' }));
      const taken = await again.calls.begin(SANDBOX, make.call({ key: left.key }));
      expect(taken).toMatchObject({ kind: 'taken_over', fence: 2 });
      const ask = [make.takeUp(unknown.id), make.takeUp(left.id, { fence: 2 }), make.takeUp(fresh.id)];
      const answers = await Promise.all(ask.map((takeUp) => again.calls.takeUp(SANDBOX, takeUp)));
      const mayLive = { kind: 'sender_may_live' };
      // Where other processes may be at it, nobody's death is known.
      expect(answers).toEqual(
        store.capabilities.concurrentWriters
          ? [mayLive, mayLive, mayLive]
          : [{ kind: 'taken_up', fence: 2 }, { kind: 'taken_up', fence: 3 }, mayLive],
      );
      // Sent by the living since: nothing of the old ground is left.
      expect(await again.calls.takeUp(SANDBOX, make.takeUp(unknown.id, { fence: 2 }))).toEqual(mayLive);
    },

    'are found under their key as long as it is remembered': async ({ store, clock, make, expect }) => {
      const call = make.call();
      const { id, key } = call;
      expect(await store.calls.underKey(SANDBOX, key)).toBe(undefined);
      await store.calls.begin(SANDBOX, call);
      expect(await store.calls.underKey(OTHER, key)).toBe(undefined);
      expect(await store.calls.underKey(SANDBOX, key)).toEqual(await store.calls.get(SANDBOX, id));
      await end(store, make, id, 'failed');
      expect(await store.calls.underKey(SANDBOX, key)).toMatchObject({ id, state: 'failed' });
      const next = make.call({ key });
      await store.calls.begin(SANDBOX, next);
      expect(await store.calls.underKey(SANDBOX, key)).toMatchObject({ id: next.id, state: 'running' });
      await store.calls.settle(SANDBOX, make.settlement(next.id, { fence: 2, state: 'unknown' }));
      await clock.advance(call.keyTtlMs);
      expect(await store.calls.underKey(SANDBOX, key)).toMatchObject({ id: next.id, state: 'unknown' });
      await store.calls.settle(SANDBOX, make.settlement(next.id, { fence: 0 }));
      await clock.advance(call.keyTtlMs);
      expect(await store.calls.underKey(SANDBOX, key)).toBe(undefined);
    },

    'tell what they came to': async ({ store, clock, make, expect }) => {
      const call = make.call();
      await store.calls.begin(SANDBOX, call);
      const running = {
        id: call.id,
        key: call.key,
        operation: call.operation,
        state: 'running',
        fence: 1,
        attempts: 1,
      };
      expect(await store.calls.get(SANDBOX, call.id)).toEqual({ ...running, startedAtMs: clock.nowMs() });
      await clock.advance(500);
      await store.calls.settle(SANDBOX, make.settlement(call.id, { attempts: 3, durationMs: 499 }));
      expect(await store.calls.get(SANDBOX, call.id)).toEqual({
        ...running,
        state: 'done',
        attempts: 3,
        startedAtMs: clock.nowMs() - 500,
        endedAtMs: clock.nowMs(),
        durationMs: 499,
        result: '{"ok":true}',
      });
      expect(await store.calls.get(OTHER, call.id)).toBe(undefined);
      expect(await store.calls.settle(OTHER, make.settlement(call.id))).toBe('lost');
    },

    'forget a key when its life is over': async ({ store, clock, make, expect }) => {
      const call = make.call({ keyTtlMs: 600_000 });
      await store.calls.begin(SANDBOX, call);
      await store.calls.settle(SANDBOX, make.settlement(call.id));
      await clock.advance(599_999);
      expect(await store.calls.begin(SANDBOX, make.call({ key: call.key }))).toMatchObject({ kind: 'done' });
      await clock.advance(1);
      const next = make.call({ key: call.key, inputHash: hash('other') });
      expect(await store.calls.begin(SANDBOX, next)).toMatchObject({ kind: 'begun' });
      expect((await store.calls.list(SANDBOX, {}, { limit: 10, order: 'oldest' })).rows.map(({ id }) => id)).toEqual([
        call.id,
        next.id,
      ]);
    },

    'leave an entry when they begin, are taken over or end, and only then': async ({ store, clock, make, expect }) => {
      const call = make.call();
      const ids = async () =>
        (await store.audit.search(SANDBOX, {}, { limit: 100, order: 'oldest' })).rows.map(({ record }) => record);
      await store.calls.begin(SANDBOX, call);
      await store.calls.begin(SANDBOX, make.call({ key: call.key }));
      await store.calls.begin(SANDBOX, make.call({ key: call.key, inputHash: hash('other') }));
      await clock.advance(call.leaseMs);
      const taker = make.call({ key: call.key });
      await store.calls.begin(SANDBOX, taker);
      await store.calls.settle(SANDBOX, make.settlement(call.id, { fence: 1 }));
      const settlement = make.settlement(call.id, { fence: 2 });
      await store.calls.settle(SANDBOX, settlement);
      await store.calls.begin(SANDBOX, make.call({ key: call.key }));
      expect(await ids()).toEqual([call.entry.record, taker.entry.record, settlement.entry.record]);
    },

    'wake the jobs that wait for them, unless they end unknown': async ({ store, make, expect }) => {
      const calls = [make.call(), make.call(), make.call()];
      for (const call of calls) await store.calls.begin(SANDBOX, call);
      for (const { id } of calls) {
        await store.events.accept(SANDBOX, make.event());
        await settle(store, await claim(store, 1), { outcome: 'parked', parkedOn: id });
      }
      const [done, failed, unknown] = calls.map(({ id }) => id);
      expect(await claim(store)).toEqual([]);
      expect(
        (await store.jobs.list(SANDBOX, { state: 'parked' }, { limit: 10, order: 'oldest' })).rows[0],
      ).toMatchObject({
        attempts: 0,
        parkedOn: done,
      });
      await store.calls.settle(OTHER, make.settlement(done!));
      await store.calls.settle(SANDBOX, make.settlement(unknown!, { state: 'unknown' }));
      expect(await claim(store)).toEqual([]);
      await store.calls.settle(SANDBOX, make.settlement(done!));
      expect((await claim(store)).map(({ event, attempt }) => [event.key.length > 0, attempt])).toEqual([[true, 1]]);
      await store.calls.settle(SANDBOX, make.settlement(failed!, { state: 'failed' }));
      expect((await claim(store)).length).toBe(1);
      await store.calls.settle(SANDBOX, make.settlement(unknown!, { fence: 0 }));
      expect((await claim(store)).length).toBe(1);
    },

    'do not keep a job that comes to wait too late': async ({ store, make, expect }) => {
      const [ended, unknown] = [make.call(), make.call()];
      await store.calls.begin(SANDBOX, ended);
      await store.calls.settle(SANDBOX, make.settlement(ended.id));
      await store.calls.begin(SANDBOX, unknown);
      await store.calls.settle(SANDBOX, make.settlement(unknown.id, { state: 'unknown' }));
      await store.events.accept(SANDBOX, make.event());
      await settle(store, await claim(store), { outcome: 'parked', parkedOn: ended.id });
      const jobs = await claim(store);
      expect(jobs.map(({ attempt }) => attempt)).toEqual([1]);
      await settle(store, jobs, { outcome: 'parked', parkedOn: unknown.id });
      expect(await claim(store)).toEqual([]);
    },

    'are listed by state and operation': async ({ store, make, expect }) => {
      const calls = [make.call(), make.call({ operation: 'http.post' }), make.call(), make.call()];
      for (const call of calls) await store.calls.begin(SANDBOX, call);
      await store.calls.settle(SANDBOX, make.settlement(calls[0]!.id));
      await store.calls.settle(SANDBOX, make.settlement(calls[2]!.id, { state: 'unknown' }));
      const list = async (filter: object) =>
        (await store.calls.list(SANDBOX, filter, { limit: 10, order: 'oldest' })).rows.map(({ id }) =>
          calls.findIndex((call) => call.id === id),
        );
      expect(await list({})).toEqual([0, 1, 2, 3]);
      expect(await list({ state: 'running' })).toEqual([1, 3]);
      expect(await list({ state: 'unknown' })).toEqual([2]);
      expect(await list({ state: 'done' })).toEqual([0]);
      expect(await list({ operation: 'http.post' })).toEqual([1]);
      expect(await list({ operation: 'http.post', state: 'done' })).toEqual([]);
      const page = await store.calls.list(SANDBOX, {}, { limit: 3 });
      const rest = await store.calls.list(SANDBOX, {}, { limit: 3, cursor: page.cursor! });
      expect([page.rows.length, rest.rows.length, rest.rows[0]?.id]).toEqual([3, 1, calls[0]!.id]);
      expect((await store.calls.list(OTHER, {}, { limit: 3 })).rows).toEqual([]);
    },
  },
};
