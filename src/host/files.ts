/**
 * A file tree on disk: replaced whole or appended, and on the disk when the promise resolves.
 *
 * @module
 */
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, normalize, sep } from 'node:path';
import { AppError } from '../core/errors.js';
import type { Files, Random } from '../core/ports.js';
import { codeOf, ioFailure } from './io-failure.js';

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
/** What the umask takes its bits from. */
const OPEN_FOLDER_MODE = 0o777;
/** Reading is allowed to others. */
const OTHERS = 0o077;

/**
 * Files below `root`. New files are readable by their owner alone (0600), and so are the folders made for them (0700).
 * Who writes a file for others to read, by a mode, gets folders by the umask.
 *
 * Throws `invalid_argument` for a path that leaves the root, `io_failure` with the system's code otherwise.
 */
export function openFiles(root: string, random: Random): Files {
  const at = (path: string) => join(root, checkedPath(path));

  return {
    read: (path) => reading(at(path), (file) => file.readFile()),

    readAt: (path, offset, length) =>
      reading(at(path), async (file) => {
        const bytes = new Uint8Array(length);
        let filled = 0;
        while (filled < length) {
          const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled);
          if (bytesRead === 0) break;
          filled += bytesRead;
        }
        return bytes.subarray(0, filled);
      }),

    async write(path, bytes, mode = FILE_MODE) {
      const target = at(path);
      const draft = join(dirname(target), `.${basename(target)}.${Buffer.from(random.bytes(6)).toString('hex')}.tmp`);
      try {
        await makeFolder(dirname(target), (mode & OTHERS) === 0 ? FOLDER_MODE : OPEN_FOLDER_MODE);
        await using(draft, 'wx', mode, (file) => writeSynced(file, bytes));
        await rename(draft, target);
        await syncFolder(dirname(target));
      } catch (error) {
        await rm(draft, { force: true }).catch(() => undefined);
        throw ioFailure('writing', at(path), error);
      }
    },

    async append(path, bytes) {
      const target = at(path);
      try {
        await appendSynced(target, bytes).catch(async (error: unknown) => {
          if (codeOf(error) !== 'ENOENT') throw error;
          await makeFolder(dirname(target));
          await appendSynced(target, bytes);
        });
      } catch (error) {
        throw ioFailure('appending to', at(path), error);
      }
    },

    async size(path) {
      try {
        return (await stat(at(path))).size;
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw ioFailure('looking at', at(path), error);
      }
    },

    async truncate(path, size) {
      try {
        await using(at(path), 'r+', FILE_MODE, async (file) => {
          await file.truncate(size);
          await file.sync();
        });
      } catch (error) {
        throw ioFailure('cutting', at(path), error);
      }
    },
  };
}

/** Below a file there is no file either. */
function isMissing(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '');
}

/** The path in its normal form, if it stays below the root. */
function checkedPath(path: string): string {
  const normal = normalize(path);
  const leaves = isAbsolute(normal) || normal === '..' || normal.startsWith(`..${sep}`);
  if (path === '' || path.includes('\0') || leaves || normal === '.') {
    throw new AppError('invalid_argument', { argument: 'path', problem: 'must name a file below the folder' });
  }
  return normal;
}

async function reading<T>(target: string, use: (file: FileHandle) => Promise<T>): Promise<T | undefined> {
  try {
    return await using(target, 'r', FILE_MODE, use);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw ioFailure('reading', target, error);
  }
}

async function using<T>(path: string, flags: string, mode: number, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, flags, mode);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

async function writeSynced(file: FileHandle, bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.byteLength) written += (await file.write(bytes, written)).bytesWritten;
  await file.sync();
}

async function appendSynced(path: string, bytes: Uint8Array): Promise<void> {
  const wasEmpty = await using(path, 'a', FILE_MODE, async (file) => {
    const { size } = await file.stat();
    await writeSynced(file, bytes);
    return size === 0;
  });
  // It may just have been created, and then its name is not on the disk yet.
  if (wasEmpty) await syncFolder(dirname(path));
}

/** Makes the folder and those above it, and their entries in one another durable. */
async function makeFolder(path: string, mode = FOLDER_MODE): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

/** Makes a new or renamed entry of the folder durable. Where folders cannot be opened (Windows) there is nothing to do. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  await using(path, 'r', FILE_MODE, (folder) => folder.sync());
}
