/** This side of a thread of the store: starts it, knows when it is ready, notices when it is gone. @module */
import { AppError } from '../../core/errors.js';
import type { ThreadHandle, Threads } from '../../core/ports.js';
import { unpackError, type EngineStart, type FromEngine, type ToEngine } from './thread-protocol.js';

/** The old generation of a thread of the store; its pages and buffers lie outside of it. */
const HEAP_MB = 512;

/** A group under way is all that lives in such a thread; with V8's default it takes 34 MB more for the same work. */
const YOUNG_MB = 6;

export interface EngineClient {
  post(message: ToEngine, transfer?: ArrayBuffer[]): void;
  /** Lets the thread end its work and close the file, then ends it. */
  close(): Promise<void>;
  terminate(): Promise<void>;
}

export interface EngineListener {
  onMessage(message: FromEngine): void;
  /** The thread ended without being asked to. */
  onLost(error: AppError): void;
}

export const WRITER_THREAD = { entry: 'writer-thread', heapMb: HEAP_MB, youngMb: YOUNG_MB } as const;

/**
 * @param waiting a writer that was started before, in place of a new one
 * @throws AppError what opening the database threw in the thread
 */
export function startEngine(
  threads: Threads,
  entry: 'writer-thread' | 'reader-thread',
  start: EngineStart,
  listener: EngineListener,
  waiting?: ThreadHandle,
): Promise<EngineClient> {
  const thread = waiting ?? threads.spawn(entry, start, { heapMb: HEAP_MB, youngMb: YOUNG_MB });
  waiting?.post({ kind: 'start', start } satisfies ToEngine);
  return new Promise((resolve, reject) => {
    let isClosing = false;
    let hasExited = false;
    let closed = (): void => {};
    thread.onMessage((raw) => {
      const message = raw as FromEngine;
      if (message.kind === 'ready') resolve(clientOf(thread, closing));
      else if (message.kind === 'failed') {
        isClosing = true;
        reject(unpackError(message.error));
        void thread.terminate();
      } else if (message.kind === 'closed') closed();
      else listener.onMessage(message);
    });
    thread.onExit((reason) => {
      hasExited = true;
      closed();
      if (isClosing) return;
      const error = new AppError('store_unavailable', { problem: `The ${entry} ended: ${reason}` });
      reject(error);
      listener.onLost(error);
    });

    async function closing(isGraceful: boolean): Promise<void> {
      const hasClosed =
        isGraceful && !isClosing && !hasExited ? new Promise<void>((resolve) => (closed = resolve)) : undefined;
      isClosing = true;
      if (hasClosed !== undefined) {
        thread.post({ kind: 'close' } satisfies ToEngine);
        await hasClosed;
      }
      await thread.terminate();
    }
  });
}

function clientOf(thread: ThreadHandle, closing: (isGraceful: boolean) => Promise<void>): EngineClient {
  return {
    post: (message, transfer) => thread.post(message, transfer),
    close: () => closing(true),
    terminate: () => closing(false),
  };
}
