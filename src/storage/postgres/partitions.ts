/**
 * Partitions by time of what is large and goes after a while: bodies, attempts, entries. Retention drops them whole.
 *
 * They are made some days ahead, at the start and with every run of retention. What has none, because nobody made one
 * in time, lies in the rest partition, from which retention deletes rows.
 *
 * @module
 */
import { AppError } from '../../core/errors.js';
import type { Database, Sql } from './database.js';

/** By table: how many days a partition spans. */
export const SPANS = { segment: 1, attempt: 1, audit: 30 } as const;
export type Partitioned = keyof typeof SPANS;
const TABLES = Object.keys(SPANS) as Partitioned[];

/** How many partitions are there before they are needed. */
const AHEAD = 3;

/** Whoever changes partitions waits for a table no longer than this; everybody who comes after waits behind. */
const LOCK_TIMEOUT = '2s';

export interface Partition {
  name: string;
  table: Partitioned;
  /** Days, the second exclusive. */
  from: number;
  to: number;
}

const NAME = /^(segment|attempt|audit)_(\d+)_(\d+)$/;

export async function partitionsOf(sql: Sql): Promise<Partition[]> {
  const rows = await sql.all<{ name: string }>(
    `select relname::text as name from pg_catalog.pg_class
      where relnamespace = 'fairlead'::regnamespace and relkind = 'r' and relispartition order by relname`,
  );
  return rows.flatMap(({ name }) => {
    const match = NAME.exec(name);
    return match === null
      ? []
      : [{ name, table: match[1] as Partitioned, from: Number(match[2]), to: Number(match[3]) }];
  });
}

/** Makes the partitions of the coming days. That of today is only made while it is one of the coming days. */
export async function makePartitions(database: Database, today: number): Promise<void> {
  const there = new Set((await partitionsOf(database)).map(({ name }) => name));
  for (const table of TABLES) {
    const span = SPANS[table];
    const first = Math.floor(today / span) * span;
    for (let ahead = 1; ahead <= AHEAD; ahead += 1) {
      const from = first + ahead * span;
      const name = `${table}_${from}_${from + span}`;
      if (there.has(name)) continue;
      await change(
        database,
        `create table if not exists fairlead.${name} partition of fairlead.${table} for values from (${from}) to (${from + span})`,
      );
    }
  }
}

/** @returns how many rows it had */
export async function dropPartition(database: Database, { name }: Partition, count: string): Promise<number> {
  const { rows } = (await database.one<{ rows: number }>(`select ${count} as rows from fairlead.${name}`))!;
  await change(database, `drop table if exists fairlead.${name}`);
  return rows;
}

/** Another one who does the same, or long work on the table: the next run of retention tries again. */
async function change(database: Database, statement: string): Promise<void> {
  try {
    await database.script(`begin; set local lock_timeout = '${LOCK_TIMEOUT}'; ${statement}; commit`);
  } catch (error) {
    if (error instanceof AppError) throw error;
    await database.script('rollback');
  }
}
