/**
 * Rolling upgrades, one version at a time and back: a program that knows the schema up to the version before serves from
 * a database of the newest, beside one that knows it all; and what the last migration does keeps the statements of that
 * program working.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../src/core/store.js';
import { MIGRATIONS as ON_SERVER } from '../../src/storage/postgres/migrations/index.js';
import { Database } from '../../src/storage/postgres/database.js';
import { openPostgres } from '../../src/storage/postgres/index.js';
import { migrate } from '../../src/storage/postgres/migrate.js';
import { MIGRATIONS as IN_FILE } from '../../src/storage/sqlite/migrations/index.js';
import { loadBinding, openSqliteInProcess } from '../../src/storage/sqlite/index.js';
import { migrate as migrateFile } from '../../src/storage/sqlite/migrate.js';
import { Sql } from '../../src/storage/sqlite/sql.js';
import { codeOf } from '../../src/testing/store-conformance/suite.js';
import { claim, settle } from '../../src/testing/store-conformance/index.js';
import { hasPostgres, TestPostgres } from '../support/postgres.js';
import { everything, newWorld, populate, SCOPES, sequence, type World } from './moved-world.js';

const EVENTS = 40;

/** What a program does all day: take in, recognise, work off, call, write down. */
async function serve(store: Store, world: World): Promise<void> {
  const [scope] = SCOPES;
  const { make } = world;
  await populate(store, world, EVENTS);
  const event = make.event();
  expect(await store.events.accept(scope!, event)).toEqual({ kind: 'stored' });
  const copy = { ...event, id: make.newId('event') };
  expect(await store.events.accept(scope!, copy)).toMatchObject({ kind: 'duplicate', eventId: event.id });
  const jobs = await claim(store, 500);
  expect(jobs.length).toBeGreaterThan(0);
  expect(await settle(store, jobs, { outcome: 'completed' })).toEqual([]);
  const call = make.call();
  expect(await store.calls.begin(scope!, call)).toMatchObject({ kind: 'begun' });
  expect(await store.calls.settle(scope!, make.settlement(call.id))).toBe('settled');
  await sequence(store, world.clock);
  expect(await store.system.integrity()).toEqual([]);
}

async function closing<Result>(store: Store, use: (store: Store) => Promise<Result>): Promise<Result> {
  try {
    return await use(store);
  } finally {
    await store.system.close();
  }
}

interface Column {
  table: string;
  column: string;
  type: string;
  required: boolean;
}

/** Everything is still there as it was, and nothing new has to be given in a table of before. */
function expectExpanded(before: readonly Column[], after: readonly Column[]): void {
  const keyOf = ({ table, column }: Column): string => `${table}.${column}`;
  const there = new Map(after.map((one) => [keyOf(one), one]));
  for (const one of before) {
    expect(there.get(keyOf(one)), keyOf(one)).toMatchObject({ type: one.type });
    if (!one.required) expect(there.get(keyOf(one))!.required, `${keyOf(one)} may be left out`).toBe(false);
  }
  const [tables, known] = [new Set(before.map(({ table }) => table)), new Set(before.map(keyOf))];
  const added = after.filter((one) => tables.has(one.table) && !known.has(keyOf(one)));
  expect(added.filter(({ required }) => required).map(keyOf)).toEqual([]);
}

describe('a file', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'fairlead-rolling-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const previous = IN_FILE.slice(0, -1);

  it('is served by the newest program, the one before, and the newest again', async () => {
    const world = newWorld();
    const path = join(folder, 'fairlead.db');
    const newest = (): Promise<Store> => openSqliteInProcess(path, { clock: world.clock });
    const before = (): Promise<Store> => openSqliteInProcess(path, { clock: world.clock, migrations: previous });
    await closing(await newest(), (store) => serve(store, world));
    const said = await closing(await before(), everything);
    await closing(await newest(), async (store) => expect(await everything(store)).toEqual(said));
    await closing(await before(), async (store) => {
      const [scope] = SCOPES;
      await store.events.accept(scope!, world.make.event());
      expect(await settle(store, await claim(store), { outcome: 'completed' })).toEqual([]);
    });
    await closing(await newest(), async (store) => expect(await store.system.integrity()).toEqual([]));
  });

  it('is refused by a program two versions behind', async () => {
    const { clock } = newWorld();
    const path = join(folder, 'fairlead.db');
    await closing(await openSqliteInProcess(path, { clock }), async () => {});
    const opening = openSqliteInProcess(path, { clock, migrations: IN_FILE.slice(0, -2) });
    expect(await codeOf(opening)).toBe('store_newer');
  });

  it('keeps what the program before writes and reads', async () => {
    const binding = await loadBinding();
    const columns = (migrations: typeof IN_FILE): Column[] => {
      const sql = new Sql(binding.open(':memory:', { readOnly: false }));
      migrateFile(sql, 0, migrations);
      const rows = sql.all<Omit<Column, 'required'> & { required: number }>(
        `select t.name as "table", c.name as "column", c.type as type,
            c."notnull" = 1 and c.dflt_value is null and c.pk = 0 as required
          from sqlite_schema t, pragma_table_info(t.name) c where t.type = 'table'`,
      );
      sql.close();
      return rows.map((row) => ({ ...row, required: row.required === 1 }));
    };
    expectExpanded(columns(previous), columns(IN_FILE));
  });
});

describe.skipIf(!hasPostgres())('a PostgreSQL', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await TestPostgres.start();
  }, 90_000);
  afterAll(() => postgres.stop());

  const previous = ON_SERVER.slice(0, -1);

  it('is served by the newest program and the one before at once', async () => {
    const world = newWorld();
    const url = await postgres.createDatabase();
    const newest = await openPostgres({ url, clock: world.clock });
    const before = await openPostgres({ url, clock: world.clock, migrations: previous });
    await serve(before, world);
    expect(await everything(before)).toEqual(await everything(newest));
    const [scope] = SCOPES;
    const event = world.make.event();
    expect(await before.events.accept(scope!, event)).toEqual({ kind: 'stored' });
    const jobs = await claim(newest);
    expect(jobs.length).toBeGreaterThan(0);
    // A claim is its fence: whoever has it may end it, whatever its version.
    expect(await settle(before, jobs, { outcome: 'completed' })).toEqual([]);
    expect(await newest.system.integrity()).toEqual([]);
    await before.system.close();
    await newest.system.close();
    await closing(await openPostgres({ url, clock: world.clock, migrations: previous }), async (store) =>
      expect(await store.system.integrity()).toEqual([]),
    );
  }, 60_000);

  it('is refused by a program two versions behind', async () => {
    const url = await postgres.createDatabase();
    await closing(await openPostgres({ url }), async () => {});
    expect(await codeOf(openPostgres({ url, migrations: ON_SERVER.slice(0, -2) }))).toBe('store_newer');
  });

  it('keeps what the program before writes and reads', async () => {
    const url = await postgres.createDatabase();
    const columns = async (): Promise<Column[]> =>
      (await postgres.run(
        `select c.relname as table, a.attname as column, format_type(a.atttypid, a.atttypmod) as type,
            a.attnotnull and not a.atthasdef and a.attidentity = '' as required
          from pg_class c join pg_attribute a on a.attrelid = c.oid
          where c.relnamespace = 'fairlead'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
            and a.attnum > 0 and not a.attisdropped`,
        url,
      )) as unknown as Column[];
    const database = await Database.open({ url, connections: 1 });
    await migrate(database, previous);
    const before = await columns();
    await migrate(database);
    await database.close();
    expectExpanded(before, await columns());
  });
});
