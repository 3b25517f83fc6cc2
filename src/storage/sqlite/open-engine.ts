/** From a path to an engine that is ready to write: sound, migrated, cleared of what a dead owner left. @module */
import { AppError } from '../../core/errors.js';
import { asStoreError, openWriter, type Binding, type Connection } from './engine-binding.js';
import { abandonCalls } from './calls.js';
import { Engine } from './engine.js';
import { checkFinished, migrate } from './migrate.js';
import type { Migration } from './migrations/index.js';
import { forgetNodes } from './nodes.js';
import { abandonAll } from './turn.js';

/** Databases up to this many pages (64 MiB) are checked at every start; larger ones by `fairlead doctor`. */
const CHECKED_PAGES_MAX = 16_384;

/**
 * @param migrations see {@link migrate}
 * @throws AppError `store_corrupt`, `store_locked`, `store_unavailable`, `store_newer`, `schema_drift`,
 *   `store_unfinished`
 */
export function openEngine(binding: Binding, path: string, nowMs: number, migrations?: readonly Migration[]): Engine {
  const connection = openWriter(binding, path);
  try {
    return prepare(connection, path, nowMs, migrations);
  } catch (error) {
    connection.close();
    throw asStoreError(error, path);
  }
}

/** Takes a connection over, as at the start of a process. */
export function prepare(
  connection: Connection,
  path: string,
  nowMs: number,
  migrations?: readonly Migration[],
): Engine {
  const engine = new Engine(connection, path);
  checkPages(engine);
  migrate(engine.sql, nowMs, migrations);
  checkFinished(engine.sql, path);
  engine.setNow(nowMs);
  engine.begin();
  engine.beginEpoch();
  abandonAll(engine);
  abandonCalls(engine);
  forgetNodes(engine);
  engine.commit();
  return engine;
}

function checkPages({ sql, path }: Engine): void {
  const { page_count: pages } = sql.one<{ page_count: number }>('pragma page_count')!;
  if (pages > CHECKED_PAGES_MAX) return;
  const { quick_check: finding } = sql.one<{ quick_check: string }>('pragma quick_check(1)')!;
  if (finding !== 'ok') throw new AppError('store_corrupt', { problem: `${path}: ${finding}` });
}
