/**
 * Small files that only their owner may read, written whole or not at all.
 *
 * @module
 */
import {
  chmodSync,
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { AppError } from '../core/errors.js';
import type { Random } from '../core/ports.js';
import { codeOf, ioFailure } from './io-failure.js';

/** Throws `config_invalid` when others may read a folder that is there, `io_failure` when the disk refuses. */
export function makePrivateFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw ioFailure('making', folder, error);
  }
  refuseWiderMode(folder, 0o700);
}

/** The text of a private file; `undefined` when there is none. */
export function readPrivateFile(path: string): string | undefined {
  try {
    statSync(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw ioFailure('looking at', path, error);
  }
  refuseWiderMode(path, 0o600);
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw ioFailure('reading', path, error);
  }
}

/**
 * Writes a draft and gives it its name by a link, which fails if the name is taken: of two processes that start
 * together one creates the file and both read the same whole one.
 */
export function createPrivateFile(path: string, random: Random, content: string): void {
  const draft = writeDraft(path, random, content, 'creating');
  try {
    linkSync(draft, path);
    syncFolder(dirname(path));
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw ioFailure('creating', path, error);
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Puts a new text in the place of the old one, or of nothing. Returns when it is on the disk. What the old file held is
 * overwritten then: a key that was taken out of it should not lie in free blocks (a disk may keep copies all the same).
 */
export function replacePrivateFile(path: string, random: Random, content: string): void {
  const draft = writeDraft(path, random, content, 'writing');
  const old = openOld(path);
  try {
    renameSync(draft, path);
    syncFolder(dirname(path));
    if (old !== undefined) wipe(old);
  } catch (error) {
    rmSync(draft, { force: true });
    throw ioFailure('writing', path, error);
  } finally {
    if (old !== undefined) closeSync(old);
  }
}

function writeDraft(path: string, random: Random, content: string, doing: string): string {
  const draft = `${path}.${Buffer.from(random.bytes(6)).toString('hex')}.tmp`;
  try {
    const file = openSync(draft, 'wx', 0o600);
    try {
      chmodSync(draft, 0o600);
      const bytes = Buffer.from(content);
      let written = 0;
      while (written < bytes.byteLength) written += writeSync(file, bytes, written);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    return draft;
  } catch (error) {
    rmSync(draft, { force: true });
    throw ioFailure(doing, path, error);
  }
}

function openOld(path: string): number | undefined {
  try {
    return openSync(path, 'r+');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw ioFailure('writing', path, error);
  }
}

/** Only a file that no name leads to any more; a second name (a copy made by a link) belongs to somebody else. */
function wipe(file: number): void {
  const { nlink, size } = fstatSync(file);
  if (nlink > 0 || size === 0) return;
  writeSync(file, Buffer.alloc(size), 0, size, 0);
  fsyncSync(file);
}

function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  fsyncSync(folder);
  closeSync(folder);
}

/** A key that others may read is no key. Windows has no such modes. */
function refuseWiderMode(path: string, widest: number): void {
  if (process.platform === 'win32') return;
  const mode = statSync(path).mode & 0o777;
  if ((mode & ~widest) === 0) return;
  const [is, wanted] = [mode, widest].map((bits) => bits.toString(8).padStart(4, '0'));
  throw unusable(path, `others may read it (mode ${is}); run: chmod ${wanted} ${path}`);
}

export function unusable(where: string, problem: string): AppError<'config_invalid'> {
  return new AppError('config_invalid', { where, problem });
}
