import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasPostgres, TestPostgres } from '../../../test/support/postgres.js';
import { newId } from '../../core/ids.js';
import type { ClaimedJob } from '../../core/job.js';
import { SeededRandom } from '../../core/seeded-random.js';
import { Fixtures, SANDBOX, VirtualClock } from '../../testing/store-conformance/index.js';
import type { Database, Sql } from './database.js';
import { openPostgresEngine } from './index.js';
import { turn } from './turn.js';

const JOBS = 400;
const SETTLED = 10;
const LEASE_MS = 60_000;

/** Rows of jobs that this session has read and not yet reported. */
const READ = `select coalesce(sum(seq_tup_read + idx_tup_fetch), 0)::bigint as rows
  from pg_stat_xact_user_tables where schemaname = 'fairlead' and relname = 'job'`;

let postgres: TestPostgres;

describe.skipIf(!hasPostgres())('a turn', () => {
  beforeAll(async () => void (postgres = await TestPostgres.start()), 90_000);
  afterAll(() => postgres.stop());

  /** As many jobs as there are, claimed. `analyzed`: the statistics are of a time when none was claimed. */
  async function claimedAll() {
    const clock = new VirtualClock(Date.UTC(2026, 10, 21));
    const random = new SeededRandom(1);
    const make = new Fixtures(clock, (kind) => newId(kind, clock, random), random);
    const { store, engine } = await openPostgresEngine({ url: await postgres.createStore(), clock });
    const events = Array.from({ length: JOBS }, () => make.event({ jobs: [make.job()] }));
    await Promise.all(events.map((event) => store.events.accept(SANDBOX, event)));
    await engine.database.run('analyze fairlead.job');
    const { claimed } = await turn(engine, { settled: [], claim: { limit: JOBS, leaseMs: LEASE_MS, owner: 'me' } });
    expect(claimed).toHaveLength(JOBS);
    const completed = (jobs: readonly ClaimedJob[]) =>
      jobs.map(({ id, fence }) => ({ id, fence, outcome: 'completed' as const }));
    const settle = (jobs: readonly ClaimedJob[]) =>
      engine.database.transaction(async (sql: Sql) => {
        const read = async () => (await sql.one<{ rows: number }>(READ))!.rows;
        const before = await read();
        const { refused } = await turn({ ...engine, database: sql as Database }, { settled: completed(jobs) });
        return { refused, rows: (await read()) - before };
      });
    return { store, engine, claimed, settle, completed };
  }

  it('reads the jobs it settles and not all that run, whatever the statistics say', async () => {
    const { store, engine, claimed, settle } = await claimedAll();
    const first = await settle(claimed.slice(0, SETTLED));
    expect(first.refused).toEqual([]);
    expect(first.rows).toBeLessThan(SETTLED * 4);
    // Their rows have moved, as the next turn knows.
    const next = claimed.slice(SETTLED, SETTLED * 2);
    const extend = { jobs: next.map(({ id, fence }) => ({ id, fence })), leaseMs: LEASE_MS };
    await turn(engine, { settled: [], extend });
    const second = await settle(next);
    expect(second.refused).toEqual([]);
    expect(second.rows).toBeLessThan(SETTLED * 4);
    expect((await store.system.status()).jobs).toMatchObject({ completed: SETTLED * 2, running: JOBS - SETTLED * 2 });
    await store.system.close();
  });

  it('settles a job whose row has moved unseen, and refuses one of another claim', async () => {
    const { store, engine, claimed, completed } = await claimedAll();
    const [moved, other] = claimed as [ClaimedJob, ClaimedJob];
    await engine.database.run('update fairlead.job set updated_at = updated_at where id = $1', moved.id);
    await engine.database.run('update fairlead.job set fence = fence + 1 where id = $1', other.id);
    const { refused } = await turn(engine, { settled: completed([moved, other]) });
    expect(refused).toEqual([other.id]);
    expect((await store.jobs.get(SANDBOX, moved.id))?.state).toBe('completed');
    expect((await store.jobs.get(SANDBOX, other.id))?.state).toBe('running');
    await store.system.close();
  });
});
