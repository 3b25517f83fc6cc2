/** A file looked at from outside, and brought to the schema of this program. @module */
import type { DatabaseFacts, SchemaFacts, TreeFacts } from '../../core/database-facts.js';
import { ENVIRONMENTS, type Environment } from '../../core/scope.js';
import { auditTree } from './audit-tree.js';
import { Engine } from './engine.js';
import { asStoreError, loadBinding, openReader, openWriter } from './engine-binding.js';
import { checkSchema, isUnfinished, migrate, SCHEMA_VERSION, versionOf } from './migrate.js';
import { MIGRATIONS } from './migrations/index.js';
import type { Sql } from './sql.js';
import { system } from './system.js';

/** Of a file that is there; a server may have it open. @throws AppError `store_newer`, `schema_drift`, ... */
export async function sqliteFacts(path: string): Promise<DatabaseFacts> {
  return await reading(path, (engine) => {
    const { status } = system;
    const { driver, engineVersion, sizeBytes, events, jobs } = status(engine);
    const audit = Object.fromEntries(ENVIRONMENTS.map((environment) => [environment, treeOf(engine, environment)]));
    return {
      driver,
      place: path,
      engineVersion,
      schema: schemaOf(engine.sql),
      unfinished: isUnfinished(engine.sql),
      sizeBytes,
      events,
      jobs,
      serving: [],
      audit: audit as DatabaseFacts['audit'],
    };
  });
}

export async function sqliteSchema(path: string): Promise<SchemaFacts> {
  return await reading(path, ({ sql }) => schemaOf(sql));
}

/** The file belongs to the caller. @returns what was applied */
export async function migrateSqlite(path: string, nowMs: number): Promise<SchemaFacts> {
  const engine = new Engine(openWriter(await loadBinding(), path), path);
  try {
    const before = schemaOf(engine.sql);
    migrate(engine.sql, nowMs);
    return before;
  } catch (error) {
    throw asStoreError(error, path);
  } finally {
    engine.close();
  }
}

async function reading<Result>(path: string, look: (engine: Engine) => Result): Promise<Result> {
  const engine = new Engine(openReader(await loadBinding(), path), path);
  try {
    engine.sql.exec('begin');
    return look(engine);
  } catch (error) {
    throw asStoreError(error, path);
  } finally {
    engine.abandon();
  }
}

function schemaOf(sql: Sql): SchemaFacts {
  checkSchema(sql);
  const found = versionOf(sql);
  const pending = MIGRATIONS.slice(found).map(({ version, name }) => ({ version, name }));
  return { found, known: SCHEMA_VERSION, pending };
}

function treeOf(engine: Engine, environment: Environment): TreeFacts {
  const { size, checkpoint } = auditTree(engine, environment);
  if (checkpoint === undefined) return { size };
  const root = Buffer.from(checkpoint.root).toString('base64');
  return { size, checkpoint: { size: checkpoint.size, root, atMs: checkpoint.atMs } };
}
