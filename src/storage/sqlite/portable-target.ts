/** A file that is filled from the neutral form: rows as they come, numbers and counters of its own. @module */
import { PLAIN_NAMES, UNFINISHED, type PortableFacts, type PortableTarget } from '../../core/portable.js';
import { ENVIRONMENTS } from '../../core/scope.js';
import { Engine } from './engine.js';
import { asStoreError, loadBinding, openWriter } from './engine-binding.js';
import { dropAll, isUnfinished, migrate } from './migrate.js';
import { Filler, LEASE_JOBS } from './portable-fill.js';
import { summaryOf } from './portable-summary.js';
import { addRows } from './portable-table.js';
import { JOB_STATES } from './queues.js';

/** Random keys go into a large tree: 256 MiB of it stay in memory. */
const CACHE_KIB = 256 * 1024;

/** The folder of `path` is there, and belongs to this process. @throws AppError as opening a store does */
export async function fillSqlite(path: string, nowMs: number): Promise<PortableTarget> {
  const binding = await loadBinding();
  const engine = new Engine(openWriter(binding, path), path);
  try {
    engine.sql.exec(`pragma cache_size = -${CACHE_KIB}`);
    migrate(engine.sql, nowMs);
    return targetOver(engine, nowMs);
  } catch (error) {
    engine.abandon();
    throw asStoreError(error, path);
  }
}

function targetOver(engine: Engine, nowMs: number): PortableTarget {
  const { sql, path } = engine;
  const filler = new Filler(sql);
  const committed = async (write: () => void): Promise<void> => {
    try {
      engine.begin();
      write();
      engine.commit();
    } catch (error) {
      engine.rollback();
      throw asStoreError(error, path);
    }
  };
  return {
    place: path,
    driver: 'sqlite',
    async state() {
      if (isUnfinished(sql)) return 'unfinished';
      const isFilled = PLAIN_NAMES.some((table) => sql.one(`select 1 from "${table}" limit 1`) !== undefined);
      return isFilled ? 'filled' : 'empty';
    },
    async begin() {
      if (isUnfinished(sql)) {
        dropAll(sql);
        migrate(sql, nowMs);
      }
      sql.run('insert into meta (name, value) values (?, ?)', UNFINISHED, nowMs);
    },
    addRows: (table, rows) => committed(() => addRows(sql, table, rows)),
    addLog: (records) => committed(() => filler.add(records)),
    derive: (facts) => committed(() => derive(engine, facts, filler)),
    summary: async () => summaryOf(engine),
    complete: async () => void sql.run('delete from meta where name = ?', UNFINISHED),
    close: async () => engine.close(),
  };
}

/** Counters, leases, how far trees and keys have come: all of it follows from the rows. */
function derive({ sql }: Engine, { sequenced, sourcesVersion }: PortableFacts, { event, running }: Filler): void {
  for (const { queue, state, count } of sql.all<{ queue: number; state: number; count: number }>(COUNTS)) {
    sql.run(`update queue set ${JOB_STATES[state]} = ? where id = ?`, count, queue);
  }
  for (let id = 1; (id - 1) * LEASE_JOBS < running.length; id++) {
    const jobs = running.slice((id - 1) * LEASE_JOBS, id * LEASE_JOBS);
    const untilMs = Math.max(...jobs.map((job) => job.untilMs));
    sql.run(LEASE, id, untilMs, 'moved', JSON.stringify(jobs.map(({ seq }) => seq)));
  }
  for (const environment of ENVIRONMENTS) {
    sql.run('insert into tree (environment, sequenced) values (?, ?)', environment, sequenced[environment]);
  }
  const events = sql.one<{ count: number }>('select count(*) as count from event')!.count;
  const facts = { events, keys_moved: event, sources: sourcesVersion };
  for (const [name, value] of Object.entries(facts))
    sql.run('insert into meta (name, value) values (?, ?)', name, value);
}

const COUNTS = `select queue, state, count(*) as count from job group by queue, state`;
const LEASE = `insert into lease (id, until, owner, jobs) values (?, ?, ?, ?)`;
