import { describe, expect, it } from 'vitest';
import { newId } from '../../core/ids.js';
import { SeededRandom } from '../../core/seeded-random.js';
import {
  claim,
  Fixtures,
  LEASE_MS,
  SANDBOX,
  settle,
  start,
  VirtualClock,
} from '../../testing/store-conformance/index.js';
import { DUE_JOBS } from './due-job.js';
import { openSqliteInProcess } from './index.js';
import { steadyClock } from './steady-clock.js';

const clock = new VirtualClock(1_000_000);
const random = new SeededRandom(3);
const make = new Fixtures(clock, (kind) => newId(kind, clock, random), random);

describe('a claim', () => {
  it('walks the index of ready jobs and sorts nothing', async () => {
    const store = await openSqliteInProcess(':memory:', { clock });
    const plan = store.engine.sql.all<{ detail: string }>(`explain query plan ${DUE_JOBS}`, 1, 0, 10);
    expect(plan.map(({ detail }) => detail)).toEqual([
      'CO-ROUTINE (subquery-1)',
      'SEARCH job USING INDEX job_ready (queue=? AND due_at<?)',
      'SEARCH event USING INTEGER PRIMARY KEY (rowid=?)',
      'SCAN (subquery-1)',
    ]);
  });

  it('holds a bounded amount of bodies, and at least one job', async () => {
    const store = await openSqliteInProcess(':memory:', { clock });
    const mebibyte = 1024 * 1024;
    await store.events.accept(SANDBOX, make.event({ body: new Uint8Array(20 * mebibyte) }));
    for (let at = 0; at < 6; at++)
      await store.events.accept(SANDBOX, make.event({ body: new Uint8Array(3 * mebibyte) }));
    const sizes: number[] = [];
    for (let jobs = await claim(store); jobs.length > 0; jobs = await claim(store)) sizes.push(jobs.length);
    expect(sizes).toEqual([1, 3, 3]);
  });

  it('leaves no lease behind when its jobs are settled, extended and settled, or lost', async () => {
    const store = await openSqliteInProcess(':memory:', { clock });
    const leases = () => store.engine.sql.one<{ n: number }>('select count(*) as n from lease')!.n;
    for (let at = 0; at < 6; at++) await store.events.accept(SANDBOX, make.event());
    const first = await claim(store, 2);
    const second = await claim(store, 2);
    await claim(store, 2);
    expect(leases()).toBe(3);
    await store.system.turn({ settled: [], extend: { jobs: [first[0]!, second[0]!], leaseMs: 2 * LEASE_MS } });
    expect(leases()).toBe(4);
    await settle(store, [...first, ...second], { outcome: 'completed' });
    expect(leases()).toBe(1);
    await clock.advance(LEASE_MS);
    await store.system.turn({ settled: [] });
    expect(leases()).toBe(0);
    expect(await store.system.nextDueInMs()).toBe(0);
  });

  it('of a process that dies of a job again and again ends that job in time, and buries no other', async () => {
    let store = await openSqliteInProcess(':memory:', { clock });
    const events = Array.from({ length: 50 }, () => make.event());
    for (const event of events) await store.events.accept(SANDBOX, event);
    let starts = 0;
    for (let times = 0; times < 12; times++) {
      const held = await claim(store);
      const deadly = held.filter(({ event }) => event.id === events[0]!.id);
      if (deadly.some(({ ahead }) => ahead)) expect(await start(store, deadly)).toEqual([]);
      starts += deadly.length;
      store.crash();
      store = await store.reopen();
    }
    const { rows } = await store.jobs.list(SANDBOX, {}, { limit: 100, order: 'oldest' });
    expect([rows[0]!.state, starts]).toEqual(['dead', 3]);
    expect(rows.slice(1).every(({ state, attempts }) => state === 'ready' && attempts <= 1)).toBe(true);
  });

  it('after a restart finds what the dead process held, at once', async () => {
    const store = await openSqliteInProcess(':memory:', { clock });
    await store.events.accept(SANDBOX, make.event({ jobs: [make.job({ maxAttempts: 1 }), make.job({ queue: 'b' })] }));
    expect(await start(store, await claim(store))).toEqual([]);
    store.crash();
    const next = await store.reopen();
    expect((await claim(next)).map(({ queue, attempt }) => [queue, attempt])).toEqual([['b', 2]]);
    expect((await next.jobs.list(SANDBOX, { state: 'dead' }, { limit: 5 })).rows.map(({ queue }) => queue)).toEqual([
      'notify',
    ]);
  });
});

describe('the clock of the store', () => {
  it('goes on at its own pace when the wall clock is set back, and follows it forward', async () => {
    const wall = new VirtualClock(50_000);
    const nowMs = steadyClock(wall);
    await wall.advance(1_000);
    expect(nowMs()).toBe(51_000);
    wall.jumpWall(-20_000);
    await wall.advance(500);
    expect(nowMs()).toBe(51_500);
    wall.jumpWall(30_000);
    expect(nowMs()).toBe(61_500);
  });
});
