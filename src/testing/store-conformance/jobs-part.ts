/** Jobs: claimed by one, settled by the one who holds them, counted all the time. @module */
import type { ClaimedJob, Requeue } from '../../core/job.js';
import { claim, drain, LEASE_MS, settle, start } from './fixtures.js';
import { codeOf, DAY_MS, LIVE, OTHER, SANDBOX, type Part } from './suite.js';

export const jobsPart: Part = {
  name: 'jobs',
  tests: {
    'bring their event, in the order of the commits': async ({ store, make, expect }) => {
      const events = [make.event({ secretId: 'sec_1' }), make.event({ subject: 'x' }), make.event()];
      for (const event of events) await store.events.accept(SANDBOX, event);
      const jobs = await claim(store, 2);
      expect(jobs.map(({ id }) => id)).toEqual(events.slice(0, 2).map(({ jobs: [job] }) => job!.id));
      const { dedupeKey, leaf, jobs: created, ...kept } = events[0]!;
      expect([dedupeKey.length, leaf.length, created.length]).toEqual([16, 32, 1]);
      const rest = { scope: SANDBOX, queue: 'notify', attempt: 1, maxAttempts: 3, generation: 0 };
      const event = { ...kept, body: new Uint8Array(kept.body), bodyBytes: kept.body.length };
      expect(jobs[0]).toEqual({ id: created[0]!.id, fence: jobs[0]!.fence, ...rest, event });
    },

    'bring their own event, whichever of its neighbours come with it, its words unchanged': async (under) => {
      const { store, make, expect } = under;
      const words = (number: number): string => `${number} \0\x01\x02\x1f\u2028 "\\', [] 😀`;
      const events = Array.from({ length: 24 }, (_, number) => {
        const body = Buffer.alloc(3_000 + number, number);
        const text = words(number);
        const more = number % 5 === 0 ? [make.job({ queue: 'few-too' })] : [];
        const jobs = [make.job({ queue: number % 8 === 0 ? 'few' : 'most' }), ...more];
        const headers = JSON.stringify({ number, text });
        return make.event({ type: text, key: text, account: text, subject: '', headers, body, jobs });
      });
      await Promise.all(events.map((event) => store.events.accept(SANDBOX, event)));
      const seen: ClaimedJob[] = [];
      for (const queue of ['few-too', 'most']) await store.jobs.setPaused(SANDBOX, queue, true);
      for (const queue of ['few', 'few-too', 'most']) {
        await store.jobs.setPaused(SANDBOX, queue, false);
        const claimed = await claim(store);
        expect(claimed.every((job) => job.queue === queue)).toBe(true);
        seen.push(...claimed);
      }
      expect(seen.length).toBe(24 + 5);
      for (const { event } of seen) {
        const { type, key, account, subject, headers, body } = events.find(({ id }) => id === event.id)!;
        expect(event).toMatchObject({ type, key, account, subject, headers, body: new Uint8Array(body) });
      }
    },

    'are each claimed once by 8 workers at the same time': async ({ store, make, expect }) => {
      const count = 200;
      await Promise.all(Array.from({ length: count }, () => store.events.accept(SANDBOX, make.event())));
      const seen: string[] = [];
      const worker = async (): Promise<void> => {
        for (let jobs = await claim(store, 7); jobs.length > 0; jobs = await claim(store, 7)) {
          seen.push(...jobs.map(({ id }) => id));
          await settle(store, jobs, { outcome: 'completed' });
        }
      };
      await Promise.all(Array.from({ length: 8 }, worker));
      expect([seen.length, new Set(seen).size]).toEqual([count, count]);
      expect((await store.system.status()).jobs).toMatchObject({ ready: 0, running: 0, completed: count });
    },

    'are settled and claimed in one turn': async ({ store, make, expect }) => {
      for (let at = 0; at < 2; at++) await store.events.accept(SANDBOX, make.event());
      const [first] = await claim(store, 1);
      const { claimed, refused } = await store.system.turn({
        settled: [{ id: first!.id, fence: first!.fence, outcome: 'completed' }],
        claim: { limit: 5, leaseMs: LEASE_MS, owner: 'suite' },
      });
      expect([claimed.length, refused]).toEqual([1, []]);
      expect(claimed[0]!.id === first!.id).toBe(false);
    },

    'come back after a retry, no sooner than told': async ({ store, clock, make, expect }) => {
      const event = make.event();
      await store.events.accept(SANDBOX, event);
      await settle(store, await claim(store), { outcome: 'retry', delayMs: 5_000, error: 'a: b' });
      await clock.advance(4_999);
      expect(await claim(store)).toEqual([]);
      expect(await store.system.nextDueInMs()).toBe(1);
      await clock.advance(1);
      const [job] = await claim(store);
      expect(job).toMatchObject({ attempt: 2, generation: 0 });
      expect(await start(store, [job!])).toEqual([]);
      await settle(store, [job!], { outcome: 'completed' });
      const row = await store.jobs.get(SANDBOX, job!.id);
      expect(row).toMatchObject({ state: 'completed', attempts: 2, eventId: event.id, queue: 'notify' });
      expect(row!.pastAttempts).toEqual([{ attempt: 1, endedAtMs: clock.nowMs() - 5_000, error: 'a: b' }]);
      expect(await claim(store)).toEqual([]);
    },

    'die when told, and when a retry was their last': async ({ store, make, expect }) => {
      await store.events.accept(
        SANDBOX,
        make.event({ jobs: [make.job(), make.job({ queue: 'once', maxAttempts: 1 })] }),
      );
      const jobs = await claim(store);
      const told = jobs.filter(({ queue }) => queue === 'notify');
      const last = jobs.filter(({ queue }) => queue === 'once');
      await start(store, last);
      await settle(store, told, { outcome: 'dead', error: 'a: b' });
      await settle(store, last, { outcome: 'retry', delayMs: 0, error: 'c: d' });
      const { rows } = await store.jobs.list(SANDBOX, { state: 'dead' }, { limit: 10, order: 'oldest' });
      expect(rows.map(({ queue, error, attempts }) => [queue, error, attempts])).toEqual([
        ['notify', 'a: b', 1],
        ['once', 'c: d', 1],
      ]);
      expect(await claim(store)).toEqual([]);
    },

    'given back are not counted': async ({ store, make, expect }) => {
      await store.events.accept(SANDBOX, make.event({ jobs: [make.job({ maxAttempts: 1 })] }));
      for (let at = 0; at < 3; at++) {
        const jobs = await claim(store);
        expect(jobs.map(({ attempt }) => attempt)).toEqual([1]);
        await settle(store, jobs, { outcome: 'released' });
      }
      expect(await drain(store)).toEqual(['delivery-0']);
    },

    'are put off without an attempt, for a reason, and say since when they wait': async (stage) => {
      const { store, clock, make, expect } = stage;
      const fellDueAtMs = clock.nowMs();
      await store.events.accept(SANDBOX, make.event({ jobs: [make.job({ maxAttempts: 2 })] }));
      const wait = { delayMs: 60_000, reason: 'rate_limited: slowly' };
      for (let times = 0; times < 3; times++) {
        const [job] = await claim(store);
        expect(job).toMatchObject({ attempt: 1 });
        expect(job!.waitingSinceMs).toBe(times === 0 ? undefined : fellDueAtMs);
        expect(await settle(store, [job!], { outcome: 'released', wait })).toEqual([]);
        const row = await store.jobs.get(SANDBOX, job!.id);
        expect(row).toMatchObject({ state: 'ready', attempts: 0, error: wait.reason, pastAttempts: [] });
        expect([row!.dueAtMs, row!.waitingSinceMs]).toEqual([clock.nowMs() + wait.delayMs, fellDueAtMs]);
        await clock.advance(wait.delayMs - 1);
        expect(await claim(store)).toEqual([]);
        await clock.advance(1);
      }
      // The bound of the waiting is one for all of it, whatever fails in between; being asked for again begins anew.
      await settle(store, await claim(store), { outcome: 'retry', delayMs: 1_000, error: 'a: b' });
      await clock.advance(1_000);
      const [job] = await claim(store);
      expect([job!.attempt, job!.waitingSinceMs]).toEqual([2, fellDueAtMs]);
      await settle(store, [job!], { outcome: 'dead', error: 'a: b' });
      const asked = { queue: 'notify', jobId: make.newId('job'), maxAttempts: 2, again: false, delayMs: 0 };
      const { eventId } = (await store.jobs.get(SANDBOX, job!.id))!;
      await store.jobs.requeue(SANDBOX, [{ ...asked, eventId }]);
      expect((await claim(store)).map(({ waitingSinceMs }) => waitingSinceMs)).toEqual([undefined]);
    },

    'that were only claimed ahead lose no attempt but the first of several': async ({ store, clock, make, expect }) => {
      const jobs = [make.job({ maxAttempts: 1 }), make.job({ queue: 'more', maxAttempts: 3 })];
      await store.events.accept(SANDBOX, make.event({ jobs }));
      const seen: unknown[] = [];
      for (let times = 0; times < 4; times++) {
        const held = await claim(store);
        seen.push(held.map(({ attempt, ahead }) => [attempt, ahead]));
        await clock.advance(LEASE_MS);
      }
      const [once, again] = [
        [1, true],
        [2, true],
      ];
      expect(seen).toEqual([
        [once, [1, undefined]],
        [once, again],
        [once, again],
        [once, again],
      ]);
      const rows = await Promise.all(jobs.map(({ id }) => store.jobs.get(SANDBOX, id)));
      expect(rows.map((row) => [row!.attempts, row!.pastAttempts.length])).toEqual([
        [0, 0],
        [1, 1],
      ]);
    },

    'that began are counted, once, by whoever holds them': async ({ store, clock, make, expect }) => {
      const [first] = [make.job({ maxAttempts: 1 })];
      await store.events.accept(SANDBOX, make.event({ jobs: [first!] }));
      const stale = await claim(store);
      await clock.advance(LEASE_MS);
      expect(await start(store, stale)).toEqual([first!.id]);
      const held = await claim(store);
      expect(await start(store, [...stale, ...held])).toEqual([first!.id]);
      expect(await start(store, held)).toEqual([]);
      expect((await store.jobs.get(SANDBOX, first!.id))?.attempts).toBe(1);
      await settle(store, held, { outcome: 'released' });
      expect((await store.jobs.get(SANDBOX, first!.id))?.attempts).toBe(0);
      await start(store, await claim(store));
      await clock.advance(LEASE_MS);
      expect(await claim(store)).toEqual([]);
      expect(await store.jobs.get(SANDBOX, first!.id)).toMatchObject({ state: 'dead', attempts: 1 });
    },

    'can start late': async ({ store, clock, make, expect }) => {
      await store.events.accept(SANDBOX, make.event({ jobs: [make.job({ delayMs: DAY_MS })] }));
      expect(await claim(store)).toEqual([]);
      expect(await store.system.nextDueInMs()).toBe(DAY_MS);
      await clock.advance(DAY_MS);
      expect((await claim(store)).length).toBe(1);
    },

    'are refused to an old fence': async ({ store, clock, make, expect }) => {
      await store.events.accept(SANDBOX, make.event());
      const stale = await claim(store);
      await clock.advance(LEASE_MS);
      const fresh = await claim(store);
      expect(fresh.map(({ id, attempt }) => [id, attempt])).toEqual([[stale[0]!.id, 2]]);
      expect(fresh[0]!.fence > stale[0]!.fence).toBe(true);
      expect(await settle(store, stale, { outcome: 'completed' })).toEqual([stale[0]!.id]);
      expect(await settle(store, fresh, { outcome: 'completed' })).toEqual([]);
      expect(await settle(store, fresh, { outcome: 'completed' })).toEqual([fresh[0]!.id]);
      expect(await settle(store, [{ id: 'job_nowhere', fence: 1 }], { outcome: 'completed' })).toEqual(['job_nowhere']);
    },

    'end with a reason when every lease ran out': async ({ store, clock, make, expect }) => {
      await store.events.accept(SANDBOX, make.event({ jobs: [make.job({ maxAttempts: 2 })] }));
      const [job] = await claim(store);
      await clock.advance(LEASE_MS);
      expect(await start(store, await claim(store))).toEqual([]);
      await clock.advance(LEASE_MS);
      expect(await claim(store)).toEqual([]);
      const row = await store.jobs.get(SANDBOX, job!.id);
      expect([row?.state, row?.attempts, row?.error?.split(':')[0]]).toEqual(['dead', 2, 'lease_expired']);
      expect(row?.pastAttempts.map(({ attempt }) => attempt)).toEqual([1, 2]);
    },

    'are kept by an extended lease': async ({ store, clock, make, expect }) => {
      for (let at = 0; at < 2; at++) await store.events.accept(SANDBOX, make.event());
      const jobs = await claim(store);
      await clock.advance(LEASE_MS - 1);
      await store.system.turn({
        settled: [],
        extend: { jobs: [jobs[0]!, { id: 'job_nowhere', fence: 1 }], leaseMs: LEASE_MS },
      });
      await clock.advance(LEASE_MS - 1);
      const taken = await claim(store);
      expect(taken.map(({ id }) => id)).toEqual([jobs[1]!.id]);
      expect(await settle(store, [jobs[0]!], { outcome: 'completed' })).toEqual([]);
    },

    'are not kept by whoever held them before': async ({ store, clock, make, expect }) => {
      await store.events.accept(SANDBOX, make.event());
      const before = await claim(store);
      await clock.advance(LEASE_MS);
      const [job] = await claim(store);
      await clock.advance(LEASE_MS - 1);
      await store.system.turn({ settled: [], extend: { jobs: before, leaseMs: LEASE_MS } });
      await clock.advance(1);
      expect((await claim(store)).map(({ id, fence }) => ({ id, fence }))).toEqual([
        { id: job!.id, fence: job!.fence + 1 },
      ]);
    },

    'wait while their queue or everything is paused': async ({ store, make, expect }) => {
      const accept = (queue: string) => store.events.accept(SANDBOX, make.event({ jobs: [make.job({ queue })] }));
      await store.jobs.setPaused(SANDBOX, 'a', true);
      await accept('a');
      await accept('b');
      expect((await claim(store)).map(({ queue }) => queue)).toEqual(['b']);
      await store.jobs.setPaused(SANDBOX, undefined, true);
      await accept('b');
      await accept('new');
      await store.events.accept(OTHER, make.event());
      expect((await claim(store)).map(({ scope }) => scope)).toEqual([OTHER]);
      const paused = (await store.jobs.depth(SANDBOX)).map(({ queue, paused: isPaused }) => [queue, isPaused]);
      expect(paused).toEqual([
        ['a', true],
        ['b', true],
        ['new', true],
      ]);
      await store.jobs.setPaused(SANDBOX, 'a', false);
      expect(await claim(store)).toEqual([]);
      await store.jobs.setPaused(SANDBOX, undefined, false);
      expect((await claim(store)).map(({ queue }) => queue).toSorted()).toEqual(['a', 'b', 'new']);
    },

    'are counted by queue, with the age of the oldest': async ({ store, clock, make, expect }) => {
      const first = clock.nowMs();
      await store.events.accept(SANDBOX, make.event());
      await clock.advance(1_000);
      await store.events.accept(SANDBOX, make.event());
      await store.events.accept(SANDBOX, make.event({ jobs: [make.job({ queue: 'z', delayMs: 500 })] }));
      await store.events.accept(LIVE, make.event());
      const none = { ready: 0, blocked: 0, running: 0, parked: 0, completed: 0, dead: 0 };
      expect(await store.jobs.depth(SANDBOX)).toEqual([
        { queue: 'notify', paused: false, counts: { ...none, ready: 2 }, oldestDueAtMs: first },
        { queue: 'z', paused: false, counts: { ...none, ready: 1 }, oldestDueAtMs: first + 1_500 },
      ]);
      await settle(store, (await claim(store, 1)).slice(0, 1), { outcome: 'completed' });
      await claim(store);
      const depth = await store.jobs.depth(SANDBOX);
      expect(depth[0]).toEqual({ queue: 'notify', paused: false, counts: { ...none, running: 1, completed: 1 } });
      expect(await store.jobs.depth({ tenant: 'nobody', environment: 'live' })).toEqual([]);
    },

    'say when to look again': async ({ store, clock, make, expect }) => {
      expect(await store.system.nextDueInMs()).toBe(undefined);
      await store.events.accept(SANDBOX, make.event());
      expect(await store.system.nextDueInMs()).toBe(0);
      await store.jobs.setPaused(SANDBOX, 'notify', true);
      expect(await store.system.nextDueInMs()).toBe(undefined);
      await store.jobs.setPaused(SANDBOX, 'notify', false);
      const jobs = await claim(store);
      await clock.advance(1_000);
      expect(await store.system.nextDueInMs()).toBe(LEASE_MS - 1_000);
      await settle(store, jobs, { outcome: 'completed' });
      expect(await store.system.nextDueInMs()).toBe(undefined);
    },

    'of a small queue do not wait behind a large one': async ({ store, make, expect }) => {
      for (let at = 0; at < 50; at++)
        await store.events.accept(SANDBOX, make.event({ jobs: [make.job({ queue: 'big' })] }));
      await store.events.accept(OTHER, make.event({ jobs: [make.job({ queue: 'small' })] }));
      const queues = (jobs: ClaimedJob[]) => jobs.filter(({ queue }) => queue === 'small').length;
      const first = await claim(store, 10);
      expect([first.length, queues(first)]).toEqual([10, 1]);
      await store.events.accept(OTHER, make.event({ jobs: [make.job({ queue: 'small' })] }));
      expect(queues([...(await claim(store, 1)), ...(await claim(store, 1))])).toBe(1);
    },

    'run again on request': async ({ store, clock, make, expect }) => {
      const event = make.event();
      const unhandled = make.event({ jobs: [] });
      await store.events.accept(SANDBOX, event);
      await store.events.accept(SANDBOX, unhandled);
      const item = (over: Partial<Requeue> = {}): Requeue => ({
        eventId: event.id,
        queue: 'notify',
        jobId: make.newId('job'),
        maxAttempts: 5,
        again: false,
        delayMs: 0,
        ...over,
      });
      expect(await store.jobs.requeue(SANDBOX, [item()])).toEqual({ requeued: 0 });
      const jobs = await claim(store);
      expect(await store.jobs.requeue(SANDBOX, [item()])).toEqual({ requeued: 0 });
      await settle(store, jobs, { outcome: 'dead', error: 'a: b' });
      expect(await store.jobs.requeue(OTHER, [item()])).toEqual({ requeued: 0 });
      const items = [item(), item(), item({ eventId: unhandled.id }), item({ eventId: 'evt_nowhere' })];
      expect(await store.jobs.requeue(SANDBOX, items)).toEqual({ requeued: 2 });
      const resumed = await claim(store);
      expect(
        resumed.map(({ event: { id }, attempt, generation, maxAttempts }) => [id, attempt, generation, maxAttempts]),
      ).toEqual([
        [event.id, 1, 0, 5],
        [unhandled.id, 1, 0, 5],
      ]);
      expect(resumed.map(({ id }) => id)).toEqual([jobs[0]!.id, items[2]!.jobId]);
      await settle(store, resumed, { outcome: 'completed' });
      expect(await store.jobs.requeue(SANDBOX, [item({ again: true, delayMs: 1_000 })])).toEqual({ requeued: 1 });
      expect(await claim(store)).toEqual([]);
      await clock.advance(1_000);
      const again = await claim(store);
      expect(again.map(({ id, attempt, generation }) => [id, attempt, generation])).toEqual([[jobs[0]!.id, 1, 1]]);
      expect(again[0]!.fence > resumed[0]!.fence).toBe(true);
      expect((await store.events.list(SANDBOX, { state: 'unhandled' }, { limit: 10 })).rows).toEqual([]);
    },

    'are listed by queue, state and event': async ({ store, make, expect }) => {
      const events = Array.from({ length: 12 }, (_, at) =>
        make.event({ jobs: [make.job(), ...(at % 3 === 0 ? [make.job({ queue: 'third' })] : [])] }),
      );
      for (const event of events) await store.events.accept(SANDBOX, event);
      await store.events.accept(OTHER, make.event());
      const list = async (filter: object) =>
        (await store.jobs.list(SANDBOX, filter, { limit: 100, order: 'oldest' })).rows;
      expect((await list({})).length).toBe(16);
      expect((await list({ queue: 'third' })).map(({ eventId }) => eventId)).toEqual(
        [0, 3, 6, 9].map((at) => events[at]!.id),
      );
      expect((await list({ eventId: events[3]!.id })).map(({ queue }) => queue)).toEqual(['notify', 'third']);
      await settle(store, await claim(store, 1), { outcome: 'completed' });
      await claim(store, 1);
      for (const state of ['ready', 'running', 'completed', 'parked', 'blocked', 'dead'] as const) {
        const rows = await list({ state });
        expect([state, rows.length, rows.every((row) => row.state === state)]).toEqual([
          state,
          { ready: 14, running: 1, completed: 1, parked: 0, blocked: 0, dead: 0 }[state],
          true,
        ]);
      }
      const page = await store.jobs.list(SANDBOX, {}, { limit: 10 });
      const rest = await store.jobs.list(SANDBOX, {}, { limit: 10, cursor: page.cursor! });
      expect([page.rows.length, rest.rows.length, rest.cursor]).toEqual([10, 6, undefined]);
      expect(new Set([...page.rows, ...rest.rows].map(({ id }) => id)).size).toBe(16);
      expect(await codeOf(store.jobs.list(SANDBOX, {}, { limit: 1, cursor: '?' }))).toBe('invalid_argument');
      expect(await store.jobs.get(OTHER, page.rows[0]!.id)).toBe(undefined);
    },
  },
};
