/** An empty database that is filled from the neutral form: rows as they come, numbers and counters of its own. @module */
import { PLAIN_NAMES, plainTable, UNFINISHED, type PortableFacts, type PortableTarget } from '../../core/portable.js';
import { ENVIRONMENTS } from '../../core/scope.js';
import { Database, type Sql } from './database.js';
import { PLACES } from './functions.js';
import { JOB_STATES } from './job-table.js';
import { dropAll, isUnfinished, migrate } from './migrate.js';
import { checkDurability, type PostgresOptions } from './open-postgres.js';
import { Filler } from './portable-fill.js';
import { SESSION_NAME } from './portable-source.js';
import { summaryOf } from './portable-summary.js';
import { addRows } from './portable-table.js';

/** @throws AppError as opening a store does */
export async function fillPostgres(
  { url, mayLoseAcknowledged }: Pick<PostgresOptions, 'url' | 'mayLoseAcknowledged'>,
  nowMs: number,
): Promise<PortableTarget> {
  const database = await Database.open({ url, connections: 2, name: SESSION_NAME });
  try {
    if (mayLoseAcknowledged !== true) await checkDurability(database);
    await migrate(database);
    return targetOver(database, nowMs);
  } catch (error) {
    await database.close();
    throw error;
  }
}

function targetOver(database: Database, nowMs: number): PortableTarget {
  const filler = new Filler();
  return {
    place: database.place,
    driver: 'postgres',
    async state() {
      if (await isUnfinished(database)) return 'unfinished';
      for (const table of PLAIN_NAMES) {
        if ((await database.one(`select from fairlead."${table}" limit 1`)) !== undefined) return 'filled';
      }
      return 'empty';
    },
    async begin() {
      if (await isUnfinished(database)) {
        await database.sweep(dropAll);
        await migrate(database);
      }
      await database.run('insert into fairlead.meta (name, value) values ($1, $2)', UNFINISHED, nowMs);
    },
    addRows: (table, rows) => addRows(database, table, rows),
    async addLog(records) {
      // Made once: a transaction that is begun again writes the same numbers.
      const batch = filler.batchOf(records);
      await database.transaction((sql) => batch.insert(sql));
    },
    derive: (facts) => database.sweep((sql) => derive(sql, facts, filler)),
    summary: () => database.snapshot(summaryOf),
    async complete() {
      await database.run('delete from fairlead.meta where name = $1', UNFINISHED);
    },
    close: () => database.close(),
  };
}

/** Counters, numbers to come, how far trees have come, what the planner knows: all of it follows from the rows. */
async function derive(sql: Sql, { sequenced, sourcesVersion }: PortableFacts, { tx, line }: Filler): Promise<void> {
  await sql.run(`insert into fairlead.event_count (slot, events) select 0, count(*) from fairlead.event`);
  await sql.run(QUEUE_COUNTS);
  for (const table of PLAIN_NAMES) {
    const { generated } = plainTable(table);
    if (generated !== undefined) await sql.all(nextAfter(table, generated));
  }
  if (line > 0) await sql.all(`select setval('fairlead.line', $1)`, line);
  for (const environment of ENVIRONMENTS) await sql.run(TREE, environment, sequenced[environment]);
  await sql.run(LIFT, tx);
  await sql.run(`insert into fairlead.meta (name, value) values ('sources', $1)`, sourcesVersion);
  for (const table of [...PLAIN_NAMES, 'event', 'job', 'dedupe', 'audit', 'leaves', 'segment', 'attempt']) {
    await sql.run(`analyze fairlead."${table}"`);
  }
}

const QUEUE_COUNTS = `insert into fairlead.queue_count (queue, slot, ${JOB_STATES.join(', ')})
  select queue, 0, ${JOB_STATES.map((_, state) => `count(*) filter (where state = ${state})`).join(', ')}
    from fairlead.job group by queue`;

const nextAfter = (table: string, column: string): string => `select
  setval(pg_get_serial_sequence('fairlead.${table}', '${column}'), max(${column})) from fairlead."${table}"
  having max(${column}) is not null`;

const TREE = `update fairlead.tree set sequenced = $2, assigned = (select coalesce(sum(count), 0) from fairlead.leaves
  where leaves.environment = $1) where environment = $1`;

/** Every number to come is above those that are there. */
const LIFT = `update fairlead.meta set value = value + gap.size from (
    select greatest($1::bigint, (select coalesce(max(seq), 0) / ${PLACES} from fairlead.call)) + 1
      - (select value from fairlead.meta where name = 'tx_base') - pg_current_xact_id()::text::bigint as size) as gap
  where name = 'tx_base' and gap.size > 0`;
