/** A database looked at from outside, and brought to the schema of this program. @module */
import type { DatabaseFacts, SchemaFacts, TreeFacts } from '../../core/database-facts.js';
import { AppError } from '../../core/errors.js';
import { ENVIRONMENTS } from '../../core/scope.js';
import { auditTree } from './audit-tree.js';
import { Database, type Sql } from './database.js';
import { checkSchema, isUnfinished, migrate, SCHEMA_VERSION } from './migrate.js';
import { MIGRATIONS } from './migrations/index.js';
import { checkDurability, type PostgresOptions } from './open-postgres.js';
import { liveNodes, SESSION_NAME } from './portable-source.js';
import { statusOf } from './system.js';

/** Nodes may serve meanwhile. @throws AppError `conflict` where there is no schema; `store_newer`, ... */
export async function postgresFacts(url: string): Promise<DatabaseFacts> {
  return await using(url, async (database) => {
    const schema = await schemaOf(database);
    if (schema.found === 0) {
      throw new AppError('conflict', {
        what: database.place,
        problem: 'there is no store yet; the first start makes it',
      });
    }
    const { driver, engineVersion, sizeBytes, events, jobs } = await statusOf(database);
    const audit: Partial<DatabaseFacts['audit']> = {};
    for (const environment of ENVIRONMENTS) {
      const { size, checkpoint } = await auditTree({ database }, environment);
      const tree: TreeFacts = { size };
      if (checkpoint !== undefined) {
        const root = Buffer.from(checkpoint.root).toString('base64');
        tree.checkpoint = { size: checkpoint.size, root, atMs: checkpoint.atMs };
      }
      audit[environment] = tree;
    }
    return {
      driver,
      place: database.place,
      engineVersion,
      schema,
      unfinished: await isUnfinished(database),
      sizeBytes,
      events,
      jobs,
      serving: await liveNodes(database),
      audit: audit as DatabaseFacts['audit'],
    };
  });
}

export async function postgresSchema(url: string): Promise<SchemaFacts> {
  return await using(url, schemaOf);
}

/** Nodes of the version before may serve meanwhile. @returns what was applied */
export async function migratePostgres({
  url,
  mayLoseAcknowledged,
}: Pick<PostgresOptions, 'url' | 'mayLoseAcknowledged'>): Promise<SchemaFacts> {
  return await using(url, async (database) => {
    if (mayLoseAcknowledged !== true) await checkDurability(database);
    const before = await schemaOf(database);
    await migrate(database);
    return before;
  });
}

async function using<Result>(url: string, run: (database: Database) => Promise<Result>): Promise<Result> {
  const database = await Database.open({ url, connections: 1, name: SESSION_NAME });
  try {
    return await run(database);
  } finally {
    await database.close();
  }
}

async function schemaOf(sql: Sql): Promise<SchemaFacts> {
  const found = await checkSchema(sql);
  const pending = MIGRATIONS.slice(found).map(({ version, name }) => ({ version, name }));
  return { found, known: SCHEMA_VERSION, pending };
}
