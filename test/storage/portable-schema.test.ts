/** No table and no column is left behind by a move because nobody thought of it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PLAIN_NAMES, plainTable } from '../../src/core/portable.js';
import { openPostgres } from '../../src/storage/postgres/index.js';
import { openSqliteInProcess } from '../../src/storage/sqlite/index.js';
import { hasPostgres, TestPostgres } from '../support/postgres.js';

/** Carried by the log, or made anew: src/storage/<driver>/portable-log.ts and portable-fill.ts know these columns. */
const LOG_TABLES: Record<string, Record<string, string>> = {
  sqlite: {
    event:
      'seq id scope origin provider type key dedupe_key body_key occurred_at received_at stored_at account subject segment ' +
      'body_start headers_bytes body_bytes body_sha256 sealed secret leaf duplicates jobs',
    dedupe: 'space key event',
    segment: 'id first_event last_event stored_at crc bytes',
    job:
      'seq id queue state attempts max_attempts generation fence due_at updated_at lease order_key order_limit hold ' +
      'parked_on error ahead waits_since',
    attempt: 'job fence attempt ended_at error',
    audit: 'seq scope id at stored_at action status actor provider target call event leaf record personal',
    leaf_sandbox: 'n hash scope ref',
    leaf_live: 'n hash scope ref',
    tree: 'environment sequenced',
  },
  postgres: {
    event:
      'scope seq id origin provider type key dedupe_key body_key occurred_at received_at stored_at account subject ' +
      'body_start headers_bytes body_bytes body_sha256 sealed secret leaf duplicates jobs',
    dedupe: 'space key event',
    segment: 'day tx events bytes',
    job:
      'event place state hold scope queue attempts max_attempts generation fence order_limit due_at updated_at ' +
      'lease_until line id order_key parked_on error ahead waits_since node',
    attempt: 'day event place fence attempt ended_at error',
    audit: 'day scope seq leaf id at stored_at action status actor provider target call event record personal',
    leaves: 'environment tx first stored_at count kind scopes places hashes',
    tree: 'environment sequenced assigned',
  },
};

/** What belongs to the processes that run, or to the driver, and is made anew. */
const NOT_MOVED: Record<string, readonly string[]> = {
  sqlite: ['meta', 'lease', 'node'],
  postgres: ['meta', 'event_count', 'queue_count', 'leader', 'node', 'pulse', 'rate'],
};

/** Columns that one driver has beyond the neutral form, and makes anew. */
const OWN: Record<string, Record<string, string>> = {
  // Whoever sent before a move is dead: without a number it counts as such.
  sqlite: { queue: 'ready blocked running parked completed dead', call: 'sender' },
  postgres: { renewal: 'interrupted' },
};

/** `user` is a word of PostgreSQL's own. */
const RENAMED: Record<string, string> = { 'postgres.connection.user': 'person' };

type Columns = { table: string; column: string }[];

function expectKnown(driver: string, found: Columns): void {
  const known = new Map<string, string[]>();
  for (const [table, columns] of Object.entries(LOG_TABLES[driver]!)) known.set(table, columns.split(' '));
  for (const table of PLAIN_NAMES) {
    const fields = Object.keys(plainTable(table).fields);
    const own = OWN[driver]![table]?.split(' ') ?? [];
    known.set(table, [...fields.map((field) => RENAMED[`${driver}.${table}.${field}`] ?? field), ...own]);
  }
  const there = new Map<string, string[]>();
  for (const { table, column } of found) {
    if (!NOT_MOVED[driver]!.includes(table)) there.set(table, [...(there.get(table) ?? []), column]);
  }
  const sorted = (tables: Map<string, string[]>): unknown =>
    Object.fromEntries([...tables].map(([table, columns]) => [table, columns.toSorted()]).toSorted());
  // A new table or column: add it to PLAIN_TABLES in src/core/portable.ts, or say here why it is not moved.
  expect(sorted(there)).toEqual(sorted(known));
}

describe('what a move carries', () => {
  it('is every column of SQLite', async () => {
    const store = await openSqliteInProcess(':memory:', { clock: { nowMs: () => 0, monotonicMs: () => 0 } });
    const found = store.engine.sql.all<Columns[number]>(
      `select t.name as "table", c.name as "column" from sqlite_schema t, pragma_table_info(t.name) c
        where t.type = 'table' and t.name not like 'sqlite_%'`,
    );
    expectKnown(
      'sqlite',
      found.map((row) => ({ ...row })),
    );
    await store.system.close();
  });
});

describe.skipIf(!hasPostgres())('what a move carries', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await TestPostgres.start();
  }, 90_000);
  afterAll(() => postgres.stop());

  it('is every column of PostgreSQL', async () => {
    const url = await postgres.createDatabase();
    await (await openPostgres({ url })).system.close();
    const found = await postgres.run(
      `select c.relname as table, a.attname as column from pg_class c join pg_attribute a on a.attrelid = c.oid
        where c.relnamespace = 'fairlead'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
          and a.attnum > 0 and not a.attisdropped`,
      url,
    );
    expectKnown('postgres', found as Columns);
  });
});
