/**
 * Brings a database to the schema that this program knows, and refuses one that it does not.
 *
 * A release may meet the schema of the next one: changes come as expand, migrate, contract, so what was there is still
 * there one version later. Two versions later it may be gone. Of several processes that start together one migrates,
 * under a lock that ends with its transaction.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { AppError } from '../../core/errors.js';
import type { Database, Sql } from './database.js';
import { allFunctions } from './functions.js';
import { UNFINISHED } from '../../core/portable.js';
import { MIGRATIONS, type Migration } from './migrations/index.js';

export const SCHEMA_VERSION = MIGRATIONS.length;

/** "Fair": the number of the lock under which the schema changes. */
const LOCK = 0x46616972;

/** The oldest server with what we use (`pg_terminate_backend` with a timeout, multirange catalogs, ...): 14. */
const SERVER_MIN = 140_000;

/**
 * Applies what is missing.
 *
 * @param migrations those that this program knows; a test of a rolling upgrade leaves out the last
 * @throws AppError `store_newer`, `schema_drift`, `store_unavailable`
 */
export async function migrate(database: Database, migrations: readonly Migration[] = MIGRATIONS): Promise<void> {
  await database.transaction(async (sql) => {
    await checkServer(sql);
    await sql.all('select pg_advisory_xact_lock($1)', LOCK);
    const found = await checkSchema(sql, migrations);
    for (const migration of migrations.slice(found)) {
      if (migration.version === 1) await sql.run('create schema if not exists fairlead');
      for (const statement of statementsOf(migration.sql)) await sql.run(statement);
      await sql.run(VERSION_IS, migration.version);
    }
    await addFunctions(sql);
    await liftNumbers(sql);
  });
}

const VERSION_IS = `insert into fairlead.meta (name, value) values ('schema_version', $1)
  on conflict (name) do update set value = excluded.value`;

/** Statements end with a semicolon at the end of a line; a body between dollars may hold such lines, too. */
function statementsOf(sql: string): string[] {
  const statements: string[] = [];
  let open: string[] = [];
  for (const line of sql.split('\n')) {
    open.push(line);
    const text = open.join('\n');
    if (!line.trimEnd().endsWith(';') || text.split('$$').length % 2 === 0) continue;
    statements.push(text);
    open = [];
  }
  return statements;
}

async function checkServer(sql: Sql): Promise<void> {
  const { version, name } = (await sql.one<{ version: number; name: string }>(SERVER))!;
  if (version < SERVER_MIN) {
    throw new AppError('store_unavailable', { problem: `PostgreSQL ${name} is too old; 14 or newer is needed.` });
  }
}

const SERVER = `select current_setting('server_version_num')::integer as version, current_setting('server_version') as name`;

/**
 * Is this schema ours, of a version we can serve, and unchanged by other hands?
 *
 * @returns its version, 0 when there is none
 * @throws AppError `store_newer`, `schema_drift`
 */
export async function checkSchema(sql: Sql, migrations: readonly Migration[] = MIGRATIONS): Promise<number> {
  const { tables, meta } = (await sql.one<{ tables: number; meta: boolean }>(TABLES))!;
  if (tables === 0) return 0;
  if (!meta) throw drift('The schema "fairlead" of this database belongs to another program.');
  const row = await sql.one<{ value: number }>(`select value from fairlead.meta where name = 'schema_version'`);
  const found = row?.value ?? 0;
  if (found > migrations.length + 1) throw new AppError('store_newer', { found, known: migrations.length });
  const known = migrations[found - 1];
  if (known !== undefined && (await schemaHash(sql)) !== known.hash) {
    throw drift(`The tables are not those of schema version ${found}.`);
  }
  return found;
}

/** Refuses a store that a move has not filled to its end. @throws AppError `store_unfinished` */
export async function checkFinished(sql: Sql, place: string): Promise<void> {
  if (await isUnfinished(sql)) throw new AppError('store_unfinished', { place });
}

export async function isUnfinished(sql: Sql): Promise<boolean> {
  return (await sql.one('select from fairlead.meta where name = $1', UNFINISHED)) !== undefined;
}

/** To be copied a store must be one that this program knows in every column. @throws AppError `conflict`, ... */
export async function checkReadable(sql: Sql, place: string): Promise<void> {
  const found = await checkSchema(sql);
  if (found === SCHEMA_VERSION) return checkFinished(sql, place);
  const how = found < SCHEMA_VERSION ? 'run `fairlead db migrate` first' : 'move it with the newer program';
  throw new AppError('conflict', { what: place, problem: `its schema has version ${found}; ${how}` });
}

/** Leaves no table; functions stay, which every start looks through. */
export async function dropAll(sql: Sql): Promise<void> {
  const tables = await sql.all<{ name: string }>(OURS);
  for (const { name } of tables) await sql.run(`drop table fairlead."${name}" cascade`);
  await sql.run('drop sequence if exists fairlead.line');
}

const OURS = `select relname::text as name from pg_catalog.pg_class
  where relnamespace = to_regnamespace('fairlead') and relkind in ('r', 'p') and not relispartition`;

const TABLES = `select count(*) as tables, coalesce(bool_or(relname = 'meta'), false) as meta from pg_catalog.pg_class
  where relnamespace = to_regnamespace('fairlead')`;

function drift(problem: string): AppError {
  return new AppError('schema_drift', { problem });
}

/** Hash over every table, column and index of ours as the server describes them; partitions by time do not count. */
export async function schemaHash(sql: Sql): Promise<string> {
  const hash = createHash('sha256');
  for (const { text } of await sql.all<{ text: string }>(SCHEMA)) hash.update(text).update('\n');
  return hash.digest('hex');
}

const SCHEMA = `select text from (
    select 'column ' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' '
        || a.attnotnull || ' ' || a.attidentity::text || ' ' || a.attstorage::text || ' '
        || coalesce(pg_get_expr(d.adbin, d.adrelid), '') as text
      from pg_catalog.pg_class c join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        left join pg_catalog.pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
      where c.relnamespace = to_regnamespace('fairlead') and c.relkind in ('r', 'p') and not c.relispartition
    union all
    select 'index ' || pg_get_indexdef(i.indexrelid)
      from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indrelid
      where c.relnamespace = to_regnamespace('fairlead') and not c.relispartition) as described
  order by text collate "C"`;

/** Adds the functions of this program; those of other versions stay, because their programs may run beside us. */
async function addFunctions(sql: Sql): Promise<void> {
  const rows = await sql.all<{ name: string; source: string }>(FUNCTIONS);
  const there = new Map(rows.map(({ name, source }) => [name, source]));
  for (const { name, source, create } of allFunctions()) {
    const known = there.get(name);
    if (known === undefined) await sql.run(create);
    else if (known !== source) throw drift(`The function ${name} was changed.`);
  }
}

const FUNCTIONS = `select 'fairlead.' || proname as name, prosrc as source from pg_catalog.pg_proc
  where pronamespace = to_regnamespace('fairlead')`;

/**
 * A database that was restored from a dump meets a server whose transactions count from elsewhere. Where that is below
 * what rows already have, all numbers to come are lifted above them.
 */
async function liftNumbers(sql: Sql): Promise<void> {
  await sql.run(`update fairlead.meta set value = value + gap.size from (
      select (select coalesce(max(tx), 0) from fairlead.leaves) + 1
        - (select value from fairlead.meta where name = 'tx_base') - pg_current_xact_id()::text::bigint as size) as gap
    where name = 'tx_base' and gap.size > 0`);
}
