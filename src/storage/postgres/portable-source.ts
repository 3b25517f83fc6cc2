/** A database read from end to end in one snapshot, in neutral form. What is written meanwhile is not in it, and is noticed. @module */
import { AppError } from '../../core/errors.js';
import type { PortableSource } from '../../core/portable.js';
import { Database, type Sql } from './database.js';
import { checkReadable } from './migrate.js';
import { logOf } from './portable-log.js';
import { factsOf, summaryOf } from './portable-summary.js';
import { rowsOf } from './portable-table.js';

/** Not `fairlead`: sessions of that name are nodes. */
export const SESSION_NAME = 'fairlead-db';

export interface SourceOptions {
  url: string;
  /** Read although nodes seem to run: what they write from now on stays behind. */
  despiteNodes: boolean;
}

/** @throws AppError `conflict` while nodes run, or for a schema of another version; `store_unfinished`, ... */
export async function readPostgres<Result>(
  { url, despiteNodes }: SourceOptions,
  use: (source: PortableSource) => Promise<Result>,
): Promise<Result> {
  const database = await Database.open({ url, connections: 2, name: SESSION_NAME });
  try {
    if (!despiteNodes) await refuseNodes(database);
    return await database.snapshot(async (sql) => {
      await checkReadable(sql, database.place);
      return await use(await sourceOver(database, sql));
    });
  } finally {
    await database.close();
  }
}

async function sourceOver(database: Database, sql: Sql): Promise<PortableSource> {
  const before = await pulseOf(sql);
  return {
    place: database.place,
    driver: 'postgres',
    summary: () => summaryOf(sql),
    facts: () => factsOf(sql),
    rows: (table) => rowsOf(sql, table),
    log: () => logOf(sql),
    async changes() {
      const now = await pulseOf(database);
      return Object.keys(now).filter((what) => now[what] !== before[what]);
    },
  };
}

async function refuseNodes(database: Database): Promise<void> {
  const live = await liveNodes(database);
  if (live.length === 0) return;
  const problem = `${live.join(', ')}; stop every node, or add --nodes-stopped if there is none`;
  throw new AppError('conflict', { what: database.place, problem });
}

/** Who seems to serve from this database, in words. */
export async function liveNodes(database: Database): Promise<string[]> {
  if ((await database.one<{ there: boolean }>(IS_THERE))?.there !== true) return [];
  const rows = await database.all<{ says: string }>(LIVE);
  return rows.map(({ says }) => says);
}

const IS_THERE = `select to_regclass('fairlead.node') is not null as there`;

/** A node says so itself; one of an earlier version is known by its sessions and its lead. */
const LIVE = `with moment as (select (extract(epoch from clock_timestamp()) * 1000)::bigint as now)
  select 'node ' || id || ' runs' as says from fairlead.node, moment where until > now
  union all
  select 'somebody leads in ' || role from fairlead.leader, moment where until > now
  union all
  select count(*) || ' sessions of nodes are open' from pg_catalog.pg_stat_activity
    where datname = current_database() and application_name = 'fairlead' having count(*) > 0`;

/** Numbers that a write leaves no trace without. */
async function pulseOf(sql: Sql): Promise<Record<string, number>> {
  return (await sql.one<Record<string, number>>(PULSE))!;
}

const PULSE = `select (select coalesce(max(tx), 0) from fairlead.leaves where environment = 'sandbox') as "audit log (sandbox)",
  (select coalesce(max(tx), 0) from fairlead.leaves where environment = 'live') as "audit log (live)",
  (select coalesce(sum(ready + 2 * running + 3 * parked + 4 * completed + 5 * dead), 0)::bigint
    from fairlead.queue_count) as queues,
  (select coalesce(max(value), 0) from fairlead.meta where name = 'sources') as sources`;
