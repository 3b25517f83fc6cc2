/**
 * Brings a database to the schema that this program knows, and refuses one that it does not.
 *
 * A release may meet the schema of the next one: changes come as expand, migrate, contract, so what was there is still
 * there one version later. Two versions later it may be gone.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { AppError } from '../../core/errors.js';
import { UNFINISHED } from '../../core/portable.js';
import { MIGRATIONS, type Migration } from './migrations/index.js';
import type { Sql } from './sql.js';

export const SCHEMA_VERSION = MIGRATIONS.length;

/** "Fair" in the header of the file: what `file` and we recognise it by. */
const APPLICATION_ID = 0x46616972;

/**
 * Applies what is missing, each migration in one transaction.
 *
 * @param migrations those that this program knows; a test of a rolling upgrade leaves out the last
 * @throws AppError `store_newer`, `schema_drift`
 */
export function migrate(sql: Sql, nowMs: number, migrations: readonly Migration[] = MIGRATIONS): void {
  checkSchema(sql, migrations);
  for (const migration of migrations) {
    if (migration.version <= versionOf(sql)) continue;
    sql.exec('begin immediate');
    try {
      sql.exec(migration.sql);
      sql.exec(`pragma user_version = ${migration.version}`);
      sql.exec(`pragma application_id = ${APPLICATION_ID}`);
      sql.run('insert or replace into meta (name, value) values (?, ?)', `migrated_${migration.version}`, nowMs);
      sql.exec('commit');
    } catch (error) {
      rollBack(sql);
      throw error;
    }
  }
}

/** After a failure of the disk SQLite has rolled back by itself; the failure is what the caller has to hear of. */
function rollBack(sql: Sql): void {
  try {
    sql.exec('rollback');
  } catch {
    // No transaction is open.
  }
}

/**
 * Is this database one of ours, of a version we can serve, and unchanged by other hands?
 *
 * @throws AppError `store_newer`, `schema_drift`
 */
export function checkSchema(sql: Sql, migrations: readonly Migration[] = MIGRATIONS): void {
  const found = versionOf(sql);
  if (found > migrations.length + 1) throw new AppError('store_newer', { found, known: migrations.length });
  const known = migrations[found - 1];
  if (found === 0) {
    const { tables } = sql.one<{ tables: number }>('select count(*) as tables from sqlite_schema')!;
    if (tables > 0) throw drift('The file is a database of another program.');
  } else if (known !== undefined && schemaHash(sql) !== known.hash) {
    throw drift(`The tables are not those of schema version ${found}.`);
  }
}

function drift(problem: string): AppError {
  return new AppError('schema_drift', { problem });
}

/** Refuses a store that a move has not filled to its end. @throws AppError `store_unfinished` */
export function checkFinished(sql: Sql, path: string): void {
  if (isUnfinished(sql)) throw new AppError('store_unfinished', { place: path });
}

export function isUnfinished(sql: Sql): boolean {
  return sql.one('select 1 from meta where name = ?', UNFINISHED) !== undefined;
}

/** To be copied a store must be one that this program knows in every column. @throws AppError `conflict`, ... */
export function checkReadable(sql: Sql, path: string): void {
  checkSchema(sql);
  const found = versionOf(sql);
  if (found === SCHEMA_VERSION) return checkFinished(sql, path);
  const how = found < SCHEMA_VERSION ? 'run `fairlead db migrate` first' : 'move it with the newer program';
  throw new AppError('conflict', { what: path, problem: `its schema has version ${found}; ${how}` });
}

/** Leaves an empty database. */
export function dropAll(sql: Sql): void {
  sql.exec('begin immediate');
  for (const { name } of sql.all<{ name: string }>(`select name from sqlite_schema where type = 'table'`)) {
    if (!name.startsWith('sqlite_')) sql.exec(`drop table "${name}"`);
  }
  sql.exec('pragma user_version = 0');
  sql.exec('commit');
}

/** The version of a database; 0 when it has no schema yet. */
export function versionOf(sql: Sql): number {
  return sql.one<{ user_version: number }>('pragma user_version')!.user_version;
}

/** Hash over every table and index of ours as SQLite remembers their text; its own tables (statistics) do not count. */
export function schemaHash(sql: Sql): string {
  const hash = createHash('sha256');
  for (const { text } of sql.all<{ text: string }>(SCHEMA)) hash.update(text).update('\n');
  return hash.digest('hex');
}

const SCHEMA = `select type || ' ' || name || ' ' || tbl_name || ' ' || coalesce(sql, '') as text from sqlite_schema
  where name not like 'sqlite_stat%' order by type, name`;
