/**
 * The thread that will write, started before anything is known of the database: while the program loads, it loads its
 * engine; then it takes the lock of the directory, and under it opens the database.
 *
 * @module
 */
import { AppError } from '../../core/errors.js';
import type { ThreadHandle } from '../../core/ports.js';
import type { OwnerLock } from './owner-lock.js';
import { unpackError, type FromEngine, type ToEngine } from './thread-protocol.js';

type Locking = FromEngine & { kind: 'locking' };

export class EarlyWriter {
  #waiting: { path: string; resolve(answer: Locking): void; reject(error: unknown): void } | undefined;
  #ended: AppError | undefined;

  constructor(readonly thread: ThreadHandle) {
    thread.onMessage((raw) => {
      const message = raw as FromEngine;
      if (message.kind === 'locking' && message.path === this.#waiting?.path) this.#waiting.resolve(message);
    });
    thread.onExit((reason) => {
      this.#ended = new AppError('store_unavailable', { problem: `The writer-thread ended: ${reason}` });
      this.#waiting?.reject(this.#ended);
    });
  }

  /** As `tryAcquireOwnerLock`. The lock goes with the thread, if that ends first. One call at a time. */
  async tryLock(path: string): Promise<OwnerLock | undefined> {
    const { held, error } = await this.#ask('lock', path);
    if (error !== undefined) throw unpackError(error);
    if (!held) return undefined;
    return { release: async () => void (await this.#ask('unlock', path).catch(() => undefined)) };
  }

  #ask(kind: 'lock' | 'unlock', path: string): Promise<Locking> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) return reject(this.#ended);
      this.#waiting = { path, resolve, reject };
      this.thread.post({ kind, path } satisfies ToEngine);
    });
  }
}
