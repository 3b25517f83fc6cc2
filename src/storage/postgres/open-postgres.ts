/** The store on PostgreSQL: from an address to verbs. @module */
import { AppError } from '../../core/errors.js';
import type { Store } from '../../core/store.js';
import { ClaimedRows } from './claimed-rows.js';
import { Database } from './database.js';
import type { Engine } from './engine.js';
import { DAY_MS, SERVER_NOW } from './functions.js';
import { Groups } from './groups.js';
import { hintsOver, type ListenerOptions } from './hints.js';
import { checkFinished, migrate } from './migrate.js';
import type { Migration } from './migrations/index.js';
import { Names } from './names.js';
import { makePartitions } from './partitions.js';
import { RecentLeaves } from './recent-leaves.js';
import { verbsOver } from './verbs.js';

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database?...`. A secret: it is in no message and no log. */
  url: string;
  /** Connections that this process opens at most. */
  connections?: number;
  /** Serve although the server may lose what it has acknowledged (`fsync` or `synchronous_commit` off). */
  mayLoseAcknowledged?: boolean;
  /** Hear of new jobs through a session of its own; without it, jobs are found by looking. */
  listener?: ListenerOptions | undefined;
  /** The time in place of the server's, for tests. */
  clock?: { nowMs(): number };
  /** What this program knows of the schema; a test of a rolling upgrade leaves out the last. */
  migrations?: readonly Migration[];
}

const CONNECTIONS = 10;

/**
 * Connects, migrates, refuses a server that would acknowledge what it can lose.
 *
 * @throws AppError `store_unavailable`, `store_newer`, `schema_drift`, `config_invalid`
 */
export async function openPostgres(options: PostgresOptions): Promise<Store> {
  return (await openPostgresEngine(options)).store;
}

/** As {@link openPostgres}, with the end of a killed process, for tests. */
export async function openPostgresEngine(options: PostgresOptions): Promise<{ store: Store; engine: Engine }> {
  const database = await Database.open({ url: options.url, connections: options.connections ?? CONNECTIONS });
  try {
    if (options.mayLoseAcknowledged !== true) await checkDurability(database);
    await migrate(database, options.migrations);
    await checkFinished(database, database.place);
    const nowMs = (): number | null => options.clock?.nowMs() ?? null;
    const { day } = (await database.one<{ day: number }>(`select now / ${DAY_MS} as day from ${SERVER_NOW}`, nowMs()))!;
    await makePartitions(database, day);
    const names = new Names(database);
    const recent = new RecentLeaves();
    const groups = new Groups(database, names, recent, nowMs);
    const claimed = new ClaimedRows();
    const engine: Engine = { database, names, recent, claimed, groups, nowMs, servedLast: 0 };
    return { store: storeOver(engine, options.listener), engine };
  } catch (error) {
    await database.close();
    throw error;
  }
}

function storeOver(engine: Engine, listener: ListenerOptions | undefined): Store {
  const verbs = verbsOver(engine);
  return {
    ...verbs,
    hints: hintsOver(engine.database, listener),
    capabilities: { concurrentWriters: true, notify: listener !== undefined, backup: false },
    system: {
      ...verbs.system,
      async close() {
        await engine.groups.close();
        await engine.database.close();
      },
    },
  };
}

/** A commit that returns before it is on a disk would make a promise of ours that nobody keeps. */
export async function checkDurability(database: Database): Promise<void> {
  const settings = await database.one<{ fsync: string; commit: string }>(
    `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit`,
  );
  const off = [
    ...(settings!.fsync === 'off' ? ['fsync'] : []),
    ...(settings!.commit === 'off' ? ['synchronous_commit'] : []),
  ];
  if (off.length === 0) return;
  const problem =
    `${off.join(' and ')} of the server is off: it may lose what was acknowledged. Turn it on, or accept the loss with ` +
    'FAIRLEAD_DATABASE_MAY_LOSE_ACKNOWLEDGED=yes';
  throw new AppError('config_invalid', { where: 'FAIRLEAD_DATABASE_URL', problem });
}
