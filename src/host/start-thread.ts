/**
 * One worker thread, as the rest sees it: an empty environment, no flags, a heap limit. Loads next to nothing, so that
 * a program can start a thread before it has loaded itself.
 *
 * @module
 */
import type { Readable } from 'node:stream';
import { Worker } from 'node:worker_threads';
import type { ThreadHandle } from '../core/ports.js';

export interface StartedThread extends ThreadHandle {
  /** What it prints waits there until somebody reads it. */
  readonly stdout: Readable;
  readonly stderr: Readable;
}

export interface ThreadStart {
  file: URL;
  name: string;
  data?: unknown;
  heapMb: number;
  /** Megabytes for young objects, three times what is collected at once; by default as much as V8 takes (48). */
  youngMb?: number | undefined;
}

export function startThread({ file, name, data, heapMb, youngMb }: ThreadStart): StartedThread {
  const worker = new Worker(file, {
    name,
    workerData: data ?? null,
    env: {},
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: {
      maxOldGenerationSizeMb: heapMb,
      ...(youngMb === undefined ? {} : { maxYoungGenerationSizeMb: youngMb }),
    },
  });
  let reason = '';
  worker.on('error', (error) => (reason = describe(error)));
  // Whoever asks after it has ended is told as well.
  const ended = new Promise<string>((resolve) => {
    worker.once('exit', (code) => resolve(reason || `exited with code ${code}`));
  });
  return {
    stdout: worker.stdout,
    stderr: worker.stderr,
    post: (message, transfer) => worker.postMessage(message, transfer),
    onMessage: (listener) => void worker.on('message', listener),
    onExit: (listener) => void ended.then(listener),
    async terminate() {
      reason ||= 'terminated';
      await worker.terminate();
    },
  };
}

/** An uncaught thing may be anything; its text is for the error of a job, which is redacted where it is written. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return `threw ${typeof error}`;
  const isHeap = 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
  return isHeap ? 'out of memory' : `${error.name}: ${error.message}`;
}
