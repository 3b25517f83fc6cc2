/**
 * Worker threads: an empty environment, a heap limit, and what they print goes to the log instead of our stdout.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { AppError } from '../core/errors.js';
import type { Log, ThreadHandle, Threads } from '../core/ports.js';

const PRINTED_CHARACTERS_MAX = 8 * 1024;

/** `spawn('handler-thread', ...)` starts `handler-thread.js` of the build; `find` says where that lies. */
export function realThreads(log: Log, find: (entry: string) => URL = threadFile): Threads {
  return {
    spawn(entry, data, { heapMb }) {
      const worker = new Worker(find(entry), {
        name: entry,
        workerData: data,
        env: {},
        execArgv: [],
        stdout: true,
        stderr: true,
        resourceLimits: { maxOldGenerationSizeMb: heapMb },
      });
      logPrinted(worker.stdout, log, 'info', entry);
      logPrinted(worker.stderr, log, 'warn', entry);
      return handleOf(worker);
    },
  };
}

/**
 * The file a thread starts with. Threads cannot run the TypeScript sources, so from there (tests) the build in dist/ is
 * taken; a built program finds the entry beside itself.
 */
export function threadFile(entry: string, from = import.meta.url): URL {
  const file = new URL(from.endsWith('.ts') ? `../../dist/${entry}.js` : `./${entry}.js`, from);
  if (/^[a-z][a-z-]*$/.test(entry) && existsSync(file)) return file;
  throw new AppError('io_failure', { problem: `${fileURLToPath(file)} is missing; run: npm run build` });
}

function handleOf(worker: Worker): ThreadHandle {
  let reason = '';
  worker.on('error', (error) => (reason = describe(error)));
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    onMessage: (listener) => void worker.on('message', listener),
    onExit: (listener) => void worker.once('exit', (code) => listener(reason || `exited with code ${code}`)),
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

/** Reads what the thread prints as it comes, so that nothing piles up, and logs it by the line. */
function logPrinted(stream: Readable, log: Log, level: 'info' | 'warn', thread: string): void {
  let rest = '';
  const print = (line: string) => line.trim() !== '' && log(level, line, { thread });
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) print(line.slice(0, PRINTED_CHARACTERS_MAX));
    if (rest.length > PRINTED_CHARACTERS_MAX) {
      print(rest.slice(0, PRINTED_CHARACTERS_MAX));
      rest = '';
    }
  });
  stream.on('end', () => print(rest));
}
