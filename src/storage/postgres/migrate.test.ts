import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasPostgres, TestPostgres } from '../../../test/support/postgres.js';
import { isAppError } from '../../core/errors.js';
import { Database } from './database.js';
import { openPostgres } from './index.js';
import { schemaHash, SCHEMA_VERSION } from './migrate.js';
import { MIGRATIONS } from './migrations/index.js';

let postgres: TestPostgres;

describe.skipIf(!hasPostgres())('migrations', () => {
  beforeAll(async () => void (postgres = await TestPostgres.start()), 90_000);
  afterAll(() => postgres.stop());

  const opened = async (url: string): Promise<string> => {
    try {
      await (await openPostgres({ url })).system.close();
      return 'opened';
    } catch (error) {
      return isAppError(error) ? error.code : String(error);
    }
  };

  it('lead to the schema whose hash they name, once for many that start together', async () => {
    const url = await postgres.createDatabase();
    expect(await Promise.all(Array.from({ length: 4 }, () => opened(url)))).toEqual(Array(4).fill('opened'));
    const database = await Database.open({ url, connections: 1 });
    expect(await schemaHash(database)).toBe(MIGRATIONS.at(-1)!.hash);
    await database.close();
    expect(await opened(url)).toBe('opened');
  });

  it('refuse a schema that others changed, a much newer one, and a foreign one', async () => {
    const url = await postgres.createDatabase();
    await opened(url);
    await postgres.run('create index foreign_one on fairlead.job (attempts)', url);
    expect(await opened(url)).toBe('schema_drift');
    await postgres.run('drop index fairlead.foreign_one', url);
    expect(await opened(url)).toBe('opened');
    const isNow = (version: number) => `update fairlead.meta set value = ${version} where name = 'schema_version'`;
    await postgres.run(isNow(SCHEMA_VERSION + 1), url);
    expect(await opened(url)).toBe('opened');
    await postgres.run(isNow(SCHEMA_VERSION + 2), url);
    expect(await opened(url)).toBe('store_newer');
    const other = await postgres.createDatabase();
    await postgres.run('create schema fairlead create table thing (id integer)', other);
    expect(await opened(other)).toBe('schema_drift');
  });

  it('refuse a function that others changed', async () => {
    const url = await postgres.createDatabase();
    await opened(url);
    const [row] = await postgres.run(
      `select pg_get_functiondef(oid) as text from pg_proc where pronamespace = 'fairlead'::regnamespace and proname like 'turn%'`,
      url,
    );
    await postgres.run(String(row!['text']).replace('lease_expired', 'lease_lost'), url);
    expect(await opened(url)).toBe('schema_drift');
  });

  it('lift the numbers of a database that was restored to a server which counts from elsewhere', async () => {
    const url = await postgres.createDatabase();
    await opened(url);
    const far = 10 ** 12;
    await postgres.run(
      `insert into fairlead.leaves values ('live', ${far}, null, 0, 1, 1, '{1}', '{0}', decode(repeat('00', 32), 'hex'))`,
      url,
    );
    expect(await opened(url)).toBe('opened');
    const [row] = await postgres.run(
      `select (select value from fairlead.meta where name = 'tx_base') + pg_current_xact_id()::text::bigint as next`,
      url,
    );
    expect(Number(row!['next']) > far).toBe(true);
  });

  it('do not begin where the server may lose what it has acknowledged, unless told so in words', async () => {
    const careless = await TestPostgres.start({ fsync: 'off', synchronous_commit: 'off' });
    try {
      const url = await careless.createDatabase();
      const refused = await openPostgres({ url }).catch((error: Error) => error.message);
      expect(refused).toContain('fsync and synchronous_commit');
      expect(refused).toContain('FAIRLEAD_DATABASE_MAY_LOSE_ACKNOWLEDGED=yes');
      await (await openPostgres({ url, mayLoseAcknowledged: true })).system.close();
    } finally {
      await careless.stop();
    }
  }, 90_000);
});
