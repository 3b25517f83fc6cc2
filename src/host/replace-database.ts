/**
 * Puts a copy of a database into the place of another one, which nobody has open.
 *
 * @module
 */
import { copyFile, link, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf, ioFailure } from './io-failure.js';

/** What SQLite keeps beside a database; a left-over one must never be applied to another database. */
const COMPANIONS = ['-wal', '-shm'];

/**
 * Copies `from` beside `to`, makes it durable, then takes its place by a rename. What was there stays, with its
 * write-ahead log, as `<to>.before-restore-<stamp>`: that name is returned.
 *
 * @throws AppError `io_failure`
 */
export async function replaceDatabase(from: string, to: string, stamp: string): Promise<string | undefined> {
  const draft = `${to}.restoring`;
  const kept = `${to}.before-restore-${stamp}`;
  try {
    await copyFile(from, draft);
    await synced(draft, 0o600);
    const existed = await linkIfThere(to, kept);
    for (const suffix of COMPANIONS) {
      await linkIfThere(to + suffix, kept + suffix);
      await rm(to + suffix, { force: true });
    }
    await rename(draft, to);
    await synced(dirname(to));
    return existed ? kept : undefined;
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw ioFailure('restoring', to, error);
  }
}

async function linkIfThere(path: string, name: string): Promise<boolean> {
  try {
    await stat(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
  await link(path, name);
  return true;
}

async function synced(path: string, mode?: number): Promise<void> {
  const file = await open(path, 'r');
  try {
    if (mode !== undefined) await file.chmod(mode);
    await file.sync();
  } finally {
    await file.close();
  }
}
