/**
 * The store for real: one thread that writes, one that reads and is started by the first read, and a passing one for
 * each sweep over the whole file.
 *
 * @module
 */
import { AppError, isAppError, type ErrorCode } from '../../core/errors.js';
import type { Clock, Log, Threads } from '../../core/ports.js';
import type { Store } from '../../core/store.js';
import type { Outcome } from './committer.js';
import type { EarlyWriter } from './early-writer.js';
import { startEngine, type EngineClient, type EngineListener } from './engine-client.js';
import { GroupQueue } from './group-queue.js';
import { steadyClock } from './steady-clock.js';
import { bufferOfClaim, packGroup, unpackError, unpackOutcome, type FromEngine } from './thread-protocol.js';
import { facade, laneOf, type VerbCall } from './verb-lanes.js';

export interface SqliteOptions {
  /** The database file. Its folder exists and belongs to this process, see `tryAcquireOwnerLock`. */
  path: string;
  threads: Threads;
  /** Writes in place of a thread of its own. */
  writer?: EarlyWriter | undefined;
  clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
  log: Log;
  /** Called once when nothing may be acknowledged any more: the disk failed, or the file is damaged. */
  onFatal: (error: AppError) => void;
}

/** The largest buffer of a group, or of a claim, that is kept for the next one. */
const SPARE_BYTES_MAX = 1024 * 1024;

/** @throws AppError `store_corrupt`, `store_locked`, `store_unavailable`, `store_newer`, `schema_drift` */
export async function openSqlite(options: SqliteOptions): Promise<Store> {
  const nowMs = steadyClock(options.clock);
  const writer = await Writer.open(options, nowMs);
  const readers = new Readers(options, nowMs);
  const verbs = facade((call) => {
    switch (laneOf(call.name)) {
      case 'write':
        return writer.submit(call);
      case 'read':
        return readers.read(call);
      case 'sweep':
        return readers.sweep(call);
    }
  });
  return {
    ...verbs,
    capabilities: { concurrentWriters: false, notify: false, backup: true },
    system: {
      ...verbs.system,
      async close() {
        await readers.close();
        await writer.close();
      },
    },
  };
}

class Writer {
  #client!: EngineClient;
  #answer: ((message: FromEngine & { kind: 'committed' }) => void) | undefined;
  #reject: ((error: unknown) => void) | undefined;
  #isStopped = false;
  /** Of the last group, and of the last claim, for the next one. */
  #spare: ArrayBuffer | undefined;
  #spareOfClaim: ArrayBuffer | undefined;
  readonly #groups: GroupQueue;

  private constructor(
    readonly options: SqliteOptions,
    readonly nowMs: () => number,
  ) {
    this.#groups = new GroupQueue((calls) => this.#commit(calls));
  }

  static async open(options: SqliteOptions, nowMs: () => number): Promise<Writer> {
    const writer = new Writer(options, nowMs);
    const start = { path: options.path, nowMs: nowMs() };
    const listener: EngineListener = {
      onMessage: (message) => writer.#onMessage(message),
      onLost: (error) => writer.#stop(error),
    };
    writer.#client = await startEngine(options.threads, 'writer-thread', start, listener, options.writer?.thread);
    return writer;
  }

  submit(call: VerbCall): Promise<unknown> {
    return this.#groups.submit(call);
  }

  async close(): Promise<void> {
    // What was submitted before goes first: a last, empty group is behind it.
    await this.#groups.submit({ name: 'system.sourcesVersion', args: [] }).catch(() => {});
    this.#groups.close(new AppError('store_unavailable', { problem: 'The store is closed.' }));
    await this.#client.close();
  }

  #commit(calls: VerbCall[]): Promise<Outcome[]> {
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      this.#answer = (answer) => {
        this.#spare = spareOf(answer.group);
        const outcomes = answer.outcomes.map((outcome) => unpackOutcome(outcome, answer.bytes));
        this.#spareOfClaim = spareOf(bufferOfClaim(answer)) ?? this.#spareOfClaim;
        resolve(outcomes);
      };
      const message = packGroup(this.nowMs(), this.#groups.isIdle, calls, this.#spare);
      const buffers = [message.bytes];
      if (this.#spareOfClaim !== undefined) buffers.push((message.spare = this.#spareOfClaim));
      this.#spare = this.#spareOfClaim = undefined;
      this.#client.post(message, buffers);
    });
  }

  #onMessage(message: FromEngine): void {
    if (message.kind === 'committed') this.#answer?.(message);
    else if (message.kind === 'fatal') this.#stop(unpackError(message.error));
  }

  #stop(reason: unknown): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    const error = asAppError(reason);
    this.options.log('error', 'the store takes no more writes', { code: error.code, problem: error.message });
    this.#groups.close(error);
    this.options.onFatal(error);
    this.#reject?.(error);
  }
}

/** What a burst needed goes back to the system. */
function spareOf(buffer: ArrayBuffer | undefined): ArrayBuffer | undefined {
  return buffer !== undefined && buffer.byteLength > 0 && buffer.byteLength <= SPARE_BYTES_MAX ? buffer : undefined;
}

function asAppError(reason: unknown): AppError<ErrorCode> {
  return isAppError(reason)
    ? reason
    : new AppError('store_unavailable', { problem: String(reason) }, { cause: reason });
}

interface Reading {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

class Readers {
  #reader: Promise<Reader> | undefined;
  #isClosed = false;
  readonly #sweeping = new Set<Promise<unknown>>();

  constructor(
    readonly options: SqliteOptions,
    readonly nowMs: () => number,
  ) {}

  async read(call: VerbCall): Promise<unknown> {
    if (this.#isClosed) throw new AppError('store_unavailable', { problem: 'The store is closed.' });
    this.#reader ??= Reader.open(this.options, this.nowMs);
    try {
      return await (await this.#reader).read(call);
    } catch (error) {
      // A reader that could not start or has died is replaced at the next read.
      if (isAppError(error, 'store_unavailable')) this.#reader = undefined;
      throw error;
    }
  }

  /** In a thread of its own, so that nobody's read waits behind it. */
  sweep(call: VerbCall): Promise<unknown> {
    const sweeping = this.#sweep(call).finally(() => this.#sweeping.delete(sweeping));
    this.#sweeping.add(sweeping);
    return sweeping;
  }

  async #sweep(call: VerbCall): Promise<unknown> {
    const reader = await Reader.open(this.options, this.nowMs);
    try {
      return await reader.read(call);
    } finally {
      await reader.close();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#sweeping);
    const reader = await this.#reader?.catch(() => undefined);
    await reader?.close();
  }
}

class Reader {
  #client!: EngineClient;
  #nextId = 0;
  #ended: AppError | undefined;
  readonly #open = new Map<number, Reading>();

  private constructor(readonly nowMs: () => number) {}

  static async open(options: SqliteOptions, nowMs: () => number): Promise<Reader> {
    const reader = new Reader(nowMs);
    const start = { path: options.path, nowMs: nowMs() };
    reader.#client = await startEngine(options.threads, 'reader-thread', start, {
      onMessage: (message) => reader.#onMessage(message),
      onLost: (error) => reader.#lost(error),
    });
    return reader;
  }

  read(call: VerbCall): Promise<unknown> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#open.set(id, { resolve, reject });
      this.#client.post({ kind: 'read', id, nowMs: this.nowMs(), call });
    });
  }

  async close(): Promise<void> {
    await this.#client.close();
    this.#lost(new AppError('store_unavailable', { problem: 'The store is closed.' }));
  }

  #onMessage(message: FromEngine): void {
    if (message.kind !== 'read') return;
    const reading = this.#open.get(message.id);
    this.#open.delete(message.id);
    const outcome = unpackOutcome(message.outcome, message.bytes);
    if (outcome.ok) reading?.resolve(outcome.value);
    else reading?.reject(outcome.error);
  }

  #lost(error: AppError): void {
    this.#ended ??= error;
    for (const { reject } of this.#open.values()) reject(error);
    this.#open.clear();
  }
}
