/**
 * Who owns a data directory: an exclusive lock on a file of its own, which the kernel gives back when its holder dies.
 *
 * The lock is an open transaction of SQLite, because Node offers no lock on files.
 *
 * @module
 */
import { asStoreError, failureOf, loadBinding, type Connection } from './engine-binding.js';

export interface OwnerLock {
  release(): void | Promise<void>;
}

/**
 * @returns `undefined` when somebody else, also in this process, holds it.
 * @throws AppError `store_unavailable` when the file cannot be opened
 */
export async function tryAcquireOwnerLock(path: string): Promise<OwnerLock | undefined> {
  const binding = await loadBinding();
  let connection: Connection | undefined;
  try {
    connection = binding.open(path, { readOnly: false });
    connection.exec('pragma busy_timeout = 0');
    connection.exec('pragma journal_mode = memory');
    connection.exec('begin exclusive');
    return holding(connection);
  } catch (error) {
    connection?.close();
    if (failureOf(error) === 'locked') return undefined;
    throw asStoreError(error, path);
  }
}

function holding(connection: Connection): OwnerLock {
  let isHeld = true;
  return {
    release() {
      if (!isHeld) return;
      isHeld = false;
      connection.close();
    },
  };
}
