/**
 * What `doctor` wants to know about the machine.
 *
 * @module
 */
import { chmod, rename, rm, rmdir, stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { createReadStream } from 'node:fs';
import { ioFailure } from './io-failure.js';

const GIT_TIMEOUT_MS = 10_000;
const GIT_BYTES_MAX = 64 * 1024 * 1024;

export const machine = {
  nodeVersion: process.versions.node,
  platform: process.platform,
  pid: process.pid,

  /** Bytes free to this user on the file system of `path`, `undefined` when it cannot be known. */
  async freeBytes(path: string): Promise<number | undefined> {
    try {
      const { bavail, bsize } = await statfs(path);
      return bavail * bsize;
    } catch {
      return undefined;
    }
  },

  /** Permission bits, `undefined` when there is no such file. */
  async mode(path: string): Promise<number | undefined> {
    try {
      return (await stat(path)).mode & 0o777;
    } catch {
      return undefined;
    }
  },

  /** Whether somebody could listen there now. */
  isPortFree(host: string, port: number): Promise<boolean> {
    return new Promise((resolve) => {
      const probe = createServer();
      probe.once('error', () => resolve(false));
      probe.listen(port, host, () => probe.close(() => resolve(true)));
    });
  },

  /** What git prints in `folder`; `undefined` when there is no git, no repository, or no answer within ten seconds. */
  async git(folder: string, words: readonly string[]): Promise<string | undefined> {
    const { execFile } = await import('node:child_process');
    const options = { cwd: folder, timeout: GIT_TIMEOUT_MS, maxBuffer: GIT_BYTES_MAX };
    return await new Promise((resolve) => {
      execFile('git', [...words], options, (error, stdout) => resolve(error === null ? stdout : undefined));
    });
  },

  /** The lines of a file, or of stdin for `-`, without their ends. @throws AppError `io_failure` */
  async *linesOf(path: string): AsyncGenerator<string> {
    try {
      const { createInterface } = await import('node:readline');
      const input = path === '-' ? process.stdin : createReadStream(path);
      yield* createInterface({ input, crlfDelay: Infinity });
    } catch (error) {
      throw ioFailure('reading', path, error);
    }
  },

  /** Gives a file another name on the same file system, for its owner alone (0600). */
  async moveFile(from: string, to: string): Promise<void> {
    try {
      await chmod(from, 0o600);
      await rename(from, to);
    } catch (error) {
      throw ioFailure('moving', from, error);
    }
  },

  /** Deletes one file; that it is missing is no error. */
  removeFile: (path: string): Promise<void> => rm(path, { force: true }),

  /** @returns whether it is gone; a folder with something in it stays */
  removeEmptyFolder: (path: string): Promise<boolean> =>
    rmdir(path).then(
      () => true,
      () => false,
    ),
};
