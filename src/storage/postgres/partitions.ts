/**
 * Partitions by time of what is large and goes after a while: bodies, attempts, entries. Retention drops them whole.
 *
 * They are made some days ahead, at the start and with every run of retention. What has none, because nobody made one
 * in time, lies in the rest partition, from which retention deletes rows.
 *
 * @module
 */
import { codeOf, type Database, type Sql } from './database.js';

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

/** @returns how many rows went with it */
export async function dropPartition(database: Database, { name }: Partition, count: string): Promise<number> {
  const { rows } = (await database.one<{ rows: number }>(`select ${count} as rows from fairlead.${name}`))!;
  return (await change(database, `drop table if exists fairlead.${name}`)) ? rows : 0;
}

/** A lock that is not to be had, the same table made by another node, rows of that day in the rest partition. */
const NOT_NOW = new Set(['55P03', '42P07', '23514']);

/** What cannot be done now is left to the next run of retention. */
async function change(database: Database, statement: string): Promise<boolean> {
  try {
    await database.transaction(async (sql) => {
      await sql.run(`set local lock_timeout = '${LOCK_TIMEOUT}'`);
      await sql.run(statement);
    });
    return true;
  } catch (error) {
    if (NOT_NOW.has(codeOf(error) ?? '')) return false;
    throw error;
  }
}
