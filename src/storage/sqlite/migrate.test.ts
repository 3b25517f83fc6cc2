import { describe, expect, it } from 'vitest';
import { isAppError } from '../../core/errors.js';
import { loadBinding, openWriter } from './engine-binding.js';
import { checkSchema, migrate, schemaHash, SCHEMA_VERSION } from './migrate.js';
import { MIGRATIONS } from './migrations/index.js';
import { Sql } from './sql.js';

async function memory(): Promise<Sql> {
  return new Sql(openWriter(await loadBinding(), ':memory:'));
}

function codeOf(run: () => unknown): string {
  try {
    run();
    return 'no error';
  } catch (error) {
    return isAppError(error) ? error.code : String(error);
  }
}

describe('migrations', () => {
  it('leave the schema that each of them declares', async () => {
    const sql = await memory();
    for (const migration of MIGRATIONS) {
      sql.exec(migration.sql);
      expect(schemaHash(sql), `hash after ${migration.version}-${migration.name}`).toBe(migration.hash);
    }
    expect(MIGRATIONS.map(({ version }) => version)).toEqual(MIGRATIONS.map((_, at) => at + 1));
  });

  it('are applied once', async () => {
    const sql = await memory();
    migrate(sql, 7);
    migrate(sql, 8);
    expect(sql.one('select value from meta where name = ?', `migrated_${SCHEMA_VERSION}`)).toMatchObject({ value: 7 });
  });

  it('refuse a schema two versions ahead and accept the next one', async () => {
    const sql = await memory();
    migrate(sql, 0);
    sql.exec(`pragma user_version = ${SCHEMA_VERSION + 1}`);
    expect(codeOf(() => checkSchema(sql))).toBe('no error');
    sql.exec(`pragma user_version = ${SCHEMA_VERSION + 2}`);
    expect(codeOf(() => checkSchema(sql))).toBe('store_newer');
  });

  it('refuse tables that somebody changed, and the database of another program', async () => {
    const sql = await memory();
    migrate(sql, 0);
    sql.exec('create table visitor (id integer)');
    expect(codeOf(() => checkSchema(sql))).toBe('schema_drift');
    const other = await memory();
    other.exec('create table visitor (id integer)');
    expect(codeOf(() => migrate(other, 0))).toBe('schema_drift');
  });

  it('do not mind statistics', async () => {
    const sql = await memory();
    migrate(sql, 0);
    sql.exec('analyze');
    expect(codeOf(() => checkSchema(sql))).toBe('no error');
  });
});
