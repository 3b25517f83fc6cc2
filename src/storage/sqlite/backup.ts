/** A consistent copy of the database while writes go on, and the check of such a copy. @module */
import { AppError } from '../../core/errors.js';
import { Engine } from './engine.js';
import { asStoreError, loadBinding, openReader } from './engine-binding.js';
import { integrity } from './integrity.js';
import { checkSchema } from './migrate.js';

/**
 * Writes a compact copy to `path`, which must not exist. SQLite syncs the copy like any commit of ours before it says
 * that it is done. @throws AppError `io_failure`
 */
export function backup(engine: Engine, path: string): { bytes: number } {
  try {
    engine.sql.allOnce('vacuum into ?', [path]);
  } catch (error) {
    throw new AppError('io_failure', { problem: `${path}: ${(error as Error).message}` }, { cause: error });
  }
  return engine.sql.one<{ bytes: number }>(SIZE)!;
}

const SIZE = `select (select page_count from pragma_page_count) * (select page_size from pragma_page_size) as bytes`;

/**
 * What is wrong with a copy, before anybody restores it. Empty means: sound.
 *
 * @throws AppError `store_corrupt`, `store_newer`, `schema_drift`, `store_unavailable`
 */
export async function verifyBackup(path: string): Promise<string[]> {
  const binding = await loadBinding();
  const engine = new Engine(openReader(binding, path), path);
  try {
    checkSchema(engine.sql);
    return integrity(engine);
  } catch (error) {
    throw asStoreError(error, path);
  } finally {
    engine.abandon();
  }
}
