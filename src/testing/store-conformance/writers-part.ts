/** What must hold when two processes write to one database: two handles, each as if the other were not there. @module */
import type { Store } from '../../core/store.js';
import { claim, LEASE_MS, settle } from './fixtures.js';
import { SANDBOX, type Part, type Stage } from './suite.js';

/** Runs with both handles, where the driver lets more than one process write. */
function withTwo(run: (stage: Stage, one: Store, two: Store) => Promise<void>): (stage: Stage) => Promise<void> {
  return async (stage) => {
    const { under, store } = stage;
    if (!store.capabilities.concurrentWriters || under.another === undefined) return;
    const second = await under.another();
    try {
      await run(stage, store, second.store);
    } finally {
      await second.store.system.close();
    }
  };
}

/** Alternately the one and the other. */
const either = (one: Store, two: Store, at: number): Store => (at % 2 === 0 ? one : two);

export const writersPart: Part = {
  name: 'two writers',
  tests: {
    'store one event for copies that come to both': withTwo(async ({ make, expect }, one, two) => {
      const event = make.event();
      const copies = Array.from({ length: 50 }, () => ({ ...event, id: make.newId('event'), jobs: [make.job()] }));
      const answers = await Promise.all(copies.map((copy, at) => either(one, two, at).events.accept(SANDBOX, copy)));
      const stored = answers.flatMap(({ kind }, at) => (kind === 'stored' ? [copies[at]!.id] : []));
      expect(stored.length).toBe(1);
      for (const answer of answers) {
        if (answer.kind === 'duplicate') expect(answer).toEqual({ kind: 'duplicate', eventId: stored[0], by: 'key' });
      }
      expect(await two.events.get(SANDBOX, stored[0]!)).toMatchObject({ duplicates: 49 });
      expect([...(await claim(one)), ...(await claim(two))].length).toBe(1);
      expect(await one.system.integrity()).toEqual([]);
    }),

    'claim each job once': withTwo(async ({ make, expect }, one, two) => {
      const count = 200;
      await Promise.all(
        Array.from({ length: count }, (_, at) => either(one, two, at).events.accept(SANDBOX, make.event())),
      );
      const seen: string[] = [];
      const worker = async (store: Store): Promise<void> => {
        for (let jobs = await claim(store, 7); jobs.length > 0; jobs = await claim(store, 7)) {
          seen.push(...jobs.map(({ id }) => id));
          await settle(store, jobs, { outcome: 'completed' });
        }
      };
      await Promise.all([one, two, one, two, one, two].map(worker));
      expect([seen.length, new Set(seen).size]).toEqual([count, count]);
      expect((await two.system.status()).jobs).toMatchObject({ ready: 0, running: 0, completed: count });
      expect(await one.system.integrity()).toEqual([]);
    }),

    'keep one order for a key': withTwo(async ({ make, expect }, one, two) => {
      const keys: string[] = [];
      for (let at = 0; at < 12; at++) {
        keys.push(`k${at}`);
        const jobs = [make.job({ orderKey: 'k' })];
        await either(one, two, at).events.accept(SANDBOX, make.event({ key: `k${at}`, jobs }));
      }
      const run: string[] = [];
      for (let at = 0; at < keys.length; at++) {
        const jobs = await claim(either(two, one, at));
        expect(jobs.length).toBe(1);
        expect(await claim(either(one, two, at))).toEqual([]);
        run.push(jobs[0]!.event.key);
        await settle(either(two, one, at), jobs, { outcome: 'completed' });
      }
      expect(run).toEqual(keys);
    }),

    'let no more of a key run than its limit, whoever brings and takes it': withTwo(
      async ({ make, expect }, one, two) => {
        const jobs = () => [make.job({ orderKey: 'k', orderLimit: 2 })];
        await Promise.all(
          Array.from({ length: 40 }, (_, at) =>
            either(one, two, at).events.accept(SANDBOX, make.event({ jobs: jobs() })),
          ),
        );
        let running = 0;
        let most = 0;
        let done = 0;
        const worker = async (store: Store): Promise<void> => {
          while (done < 40) {
            const claimed = await claim(store, 3);
            running += claimed.length;
            most = Math.max(most, running);
            running -= claimed.length;
            done += claimed.length;
            if (claimed.length > 0) await settle(store, claimed, { outcome: 'completed' });
          }
        };
        await Promise.all([worker(one), worker(two)]);
        expect([done, most <= 2]).toEqual([40, true]);
        expect(await two.system.integrity()).toEqual([]);
      },
    ),

    'take over what the other left, and refuse it then': withTwo(async ({ clock, make, expect }, one, two) => {
      await one.events.accept(SANDBOX, make.event());
      const held = await claim(one);
      expect(await claim(two)).toEqual([]);
      await clock.advance(LEASE_MS);
      const taken = await claim(two);
      expect(taken.map(({ id, attempt }) => [id, attempt])).toEqual([[held[0]!.id, 2]]);
      expect(await settle(one, held, { outcome: 'completed' })).toEqual([held[0]!.id]);
      expect(await settle(two, taken, { outcome: 'completed' })).toEqual([]);
    }),

    'begin one call under a key, and take it over once': withTwo(async ({ clock, make, expect }, one, two) => {
      const call = make.call();
      const begin = () =>
        Promise.all(
          Array.from({ length: 10 }, (_, at) =>
            either(one, two, at).calls.begin(SANDBOX, make.call({ key: call.key })),
          ),
        );
      const kinds = (await begin()).map(({ kind }) => kind).toSorted();
      expect(kinds).toEqual(['begun', ...Array(9).fill('running')]);
      await clock.advance(call.leaseMs);
      expect((await begin()).map(({ kind }) => kind).toSorted()).toEqual([...Array(9).fill('running'), 'taken_over']);
    }),

    'wake a job whichever comes first, its parking or the end of the call': withTwo(
      async ({ make, expect }, one, two) => {
        for (let round = 0; round < 10; round++) {
          const call = make.call();
          await one.calls.begin(SANDBOX, call);
          await one.events.accept(SANDBOX, make.event());
          const jobs = await claim(two, 1);
          await Promise.all([
            settle(two, jobs, { outcome: 'parked', parkedOn: call.id }),
            one.calls.settle(SANDBOX, make.settlement(call.id)),
          ]);
          const woken = await claim(one, 1);
          expect(woken.map(({ id }) => id)).toEqual(jobs.map(({ id }) => id));
          await settle(one, woken, { outcome: 'completed' });
        }
      },
    ),

    'grow one tree, each leaf once, whoever puts them in order': withTwo(async ({ make, expect }, one, two) => {
      const entries = Array.from({ length: 60 }, () => make.entry());
      const sequence = async (store: Store): Promise<void> => {
        for (let turns = 0; turns < 10; turns++) {
          const { size } = await store.system.auditTree('sandbox');
          await store.system.auditSequence('sandbox', size, 7);
        }
      };
      await Promise.all([
        ...entries.map((entry, at) => either(one, two, at).audit.append(SANDBOX, [entry])),
        ...Array.from({ length: 20 }, (_, at) => either(two, one, at).events.accept(SANDBOX, make.event())),
        sequence(one),
        sequence(two),
      ]);
      for (let size = -1; size !== (await one.system.auditTree('sandbox')).size;) {
        size = (await two.system.auditTree('sandbox')).size;
        await two.system.auditSequence('sandbox', size, 1_000);
      }
      const rows = await two.system.auditRows('sandbox', 0, 1_000);
      expect(rows.map(({ index }) => index)).toEqual(Array.from({ length: 80 }, (_, at) => at));
      expect(new Set(rows.map(({ leaf }) => Buffer.from(leaf).toString('hex'))).size).toBe(80);
      const searched = (await one.audit.search(SANDBOX, {}, { limit: 1_000, order: 'oldest' })).rows;
      expect(searched.map(({ leaf }) => leaf)).toEqual(rows.map(({ leaf }) => leaf));
    }),

    'show a reader from the oldest on every row, while both write': withTwo(async ({ make, expect }, one, two) => {
      let isWritten = false;
      const writing = Promise.all(
        Array.from({ length: 150 }, (_, at) =>
          either(one, two, at).events.accept(SANDBOX, make.event({ key: `n${at}` })),
        ),
      ).then(() => (isWritten = true));
      const seen: string[] = [];
      let cursor: string | undefined;
      for (let isLast = false; !isLast;) {
        const isComplete = isWritten;
        const page = await two.events.list(SANDBOX, {}, { limit: 5, order: 'oldest', ...(cursor && { cursor }) });
        // A page without a next one is only looked at again.
        if (page.cursor !== undefined || isComplete) seen.push(...page.rows.map(({ key }) => key));
        cursor = page.cursor ?? cursor;
        isLast = isComplete && page.cursor === undefined;
      }
      await writing;
      expect([seen.length, new Set(seen).size]).toEqual([150, 150]);
    }),

    'see what the other has changed': withTwo(async ({ make, expect }, one, two) => {
      await one.events.accept(SANDBOX, make.event());
      await one.jobs.setPaused(SANDBOX, 'notify', true);
      expect(await claim(two)).toEqual([]);
      await two.jobs.setPaused(SANDBOX, 'notify', false);
      expect((await claim(one)).length).toBe(1);
      const version = await two.system.sourcesVersion();
      await one.sources.create(SANDBOX, make.source());
      expect((await two.system.sourcesVersion()) > version).toBe(true);
      const step = { key: 'k', entity: 'e', from: [null, 'on'], to: 'on', keyTtlMs: 60_000 };
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, at) => either(one, two, at).state.transition(SANDBOX, step)),
      );
      expect(outcomes.filter((outcome) => outcome.kind === 'applied' && !outcome.replayed).length).toBe(1);
    }),
  },
};
