/** A file read from end to end, in neutral form. Whoever reads holds the owner's lock, so nobody writes. @module */
import type { PortableSource } from '../../core/portable.js';
import { Engine } from './engine.js';
import { asStoreError, loadBinding, openReader } from './engine-binding.js';
import { checkReadable } from './migrate.js';
import { logOf } from './portable-log.js';
import { factsOf, summaryOf } from './portable-summary.js';
import { rowsOf } from './portable-table.js';

/**
 * @throws AppError `conflict` for a schema of another version, `store_unfinished`, `store_corrupt`, `schema_drift`
 */
export async function readSqlite<Result>(
  path: string,
  use: (source: PortableSource) => Promise<Result>,
): Promise<Result> {
  const binding = await loadBinding();
  const engine = new Engine(openReader(binding, path), path);
  try {
    // One state for all that is read.
    engine.sql.exec('begin');
    checkReadable(engine.sql, path);
    return await use(sourceOver(engine));
  } catch (error) {
    throw asStoreError(error, path);
  } finally {
    // A connection with statements that nobody ended would keep its state, and the log of the file with it, until the
    // collector comes by.
    engine.rollback();
    engine.abandon();
  }
}

function sourceOver(engine: Engine): PortableSource {
  return {
    place: engine.path,
    driver: 'sqlite',
    summary: async () => summaryOf(engine),
    facts: async () => factsOf(engine),
    rows: (table) => flowing(rowsOf(engine.sql, table)),
    log: () => flowing(logOf(engine)),
    changes: async () => [],
  };
}

async function* flowing<Item>(items: Iterable<Item>): AsyncGenerator<Item> {
  for (const item of items) yield item;
}
