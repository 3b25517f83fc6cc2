import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasPostgres, TestPostgres } from '../../../test/support/postgres.js';
import { newId } from '../../core/ids.js';
import { SeededRandom } from '../../core/seeded-random.js';
import { claim, Fixtures, hash, SANDBOX, settle, VirtualClock } from '../../testing/store-conformance/index.js';
import { openPostgresEngine } from './index.js';
import { partitionsOf } from './partitions.js';

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2026, 4, 21);
const RETENTION = { bodiesMs: 5 * DAY_MS, attemptsMs: 4 * DAY_MS, dedupeMs: 40 * DAY_MS, auditMs: 40 * DAY_MS };

let postgres: TestPostgres;

describe.skipIf(!hasPostgres())('partitions by time', () => {
  beforeAll(async () => void (postgres = await TestPostgres.start()), 90_000);
  afterAll(() => postgres.stop());

  async function opened() {
    const clock = new VirtualClock(START_MS);
    const random = new SeededRandom(1);
    const make = new Fixtures(clock, (kind) => newId(kind, clock, random), random);
    const { store, engine } = await openPostgresEngine({ url: await postgres.createStore(START_MS), clock });
    const names = async (table: string) =>
      (await partitionsOf(engine.database)).filter((one) => one.table === table).map(({ from }) => from);
    return { clock, make, store, engine, names };
  }

  it('are there before their days come, and go whole when they are old', async () => {
    const { clock, make, store, engine, names } = await opened();
    const first = await names('segment');
    expect(first.length).toBe(3);
    const ids: string[] = [];
    for (let day = 0; day < 12; day += 1) {
      const event = make.event({ jobs: [make.job({ maxAttempts: 9 })] });
      ids.push(event.id);
      await store.events.accept(SANDBOX, event);
      await settle(store, await claim(store), { outcome: 'retry', delayMs: 0, error: 'a: b' });
      await settle(store, await claim(store), { outcome: 'completed' });
      await clock.advance(DAY_MS);
      await store.system.prune(RETENTION, 1_000);
    }
    const days = await names('segment');
    expect([Math.min(...days) - first[0]!, Math.max(...days) - first[0]!]).toEqual([6, 14]);
    expect(Math.min(...(await names('attempt'))) - first[0]!).toBe(7);
    const kept = await Promise.all(ids.map(async (id) => (await store.events.get(SANDBOX, id))?.body !== undefined));
    expect(kept).toEqual(ids.map((_, day) => day >= 7));
    const rest = await engine.database.one<{ rows: number }>('select count(*) as rows from fairlead.segment_rest');
    expect(rest).toEqual({ rows: 0 });
    expect(await store.system.integrity()).toEqual([]);
    await store.system.close();
  }, 60_000);

  it('stay while a job wants a body of them, and while an entry is under no checkpoint', async () => {
    const { clock, make, store, names } = await opened();
    await clock.advance(DAY_MS);
    const waiting = make.event({ jobs: [make.job({ queue: 'late', delayMs: 30 * DAY_MS })] });
    const done = make.event({ jobs: [] });
    await store.events.accept(SANDBOX, waiting);
    await store.events.accept(SANDBOX, done);
    for (let day = 0; day < 70; day += 35) {
      await clock.advance(35 * DAY_MS);
      await store.audit.append(SANDBOX, [make.entry()]);
      await store.system.prune(RETENTION, 1_000);
    }
    expect((await store.events.get(SANDBOX, waiting.id))?.body).toEqual(new Uint8Array(waiting.body));
    expect((await store.events.get(SANDBOX, done.id))?.body).toBe(undefined);
    const months = await names('audit');
    expect(await store.system.prune(RETENTION, 1_000)).toMatchObject({ entries: 0 });
    expect(await names('audit')).toEqual(months);
    await clock.advance(120 * DAY_MS);
    await store.system.auditSequence('sandbox', 0, 100);
    const checkpoint = { size: 4, root: hash('root'), atMs: clock.nowMs(), note: 'note' };
    await store.system.auditCheckpoint('sandbox', [], checkpoint, []);
    expect((await store.system.prune(RETENTION, 1_000))['entries']).toBe(2);
    expect((await names('audit')).length < months.length + 3).toBe(true);
    expect((await store.system.auditLeaves('sandbox', 0, 10)).length).toBe(4);
    await store.system.close();
  }, 60_000);

  it('wait for nobody long, and are made the next time', async () => {
    const { clock, store, engine, names } = await opened();
    const { database } = engine;
    const before = await names('segment');
    await clock.advance(DAY_MS);
    await database.transaction(async (sql) => {
      await sql.run('lock table only fairlead.segment in share update exclusive mode');
      await store.system.prune(RETENTION, 10);
      expect(await names('segment')).toEqual(before);
    });
    await store.system.prune(RETENTION, 10);
    expect((await names('segment')).length).toBe(before.length + 1);
    await store.system.close();
  }, 60_000);

  it('keep what hostile senders write', async () => {
    const { make, store } = await opened();
    const text = 'a\0b\x01c😀';
    const long = 'x'.repeat(20_000);
    const event = make.event({
      key: text,
      type: text,
      subject: long,
      account: text,
      jobs: [make.job({ orderKey: long }), make.job({ queue: 'other', orderKey: `${long}2` })],
    });
    expect(await store.events.accept(SANDBOX, event)).toEqual({ kind: 'stored' });
    expect(await store.events.get(SANDBOX, event.id)).toMatchObject({ key: text, type: text, subject: long });
    const jobs = await claim(store);
    expect(jobs.map((job) => [job.event.key, job.event.account])).toEqual([
      [text, text],
      [text, text],
    ]);
    expect((await store.events.list(SANDBOX, { key: text }, { limit: 10 })).rows.length).toBe(1);
    const entry = make.entry({ target: long, actor: long, action: long });
    await store.audit.append(SANDBOX, [entry]);
    expect((await store.audit.search(SANDBOX, { target: long }, { limit: 10 })).rows.length).toBe(1);
    const call = make.call({ key: long });
    await store.calls.begin(SANDBOX, call);
    expect(await store.calls.begin(SANDBOX, make.call({ key: long }))).toMatchObject({ kind: 'running' });
    await store.system.close();
  });
});
