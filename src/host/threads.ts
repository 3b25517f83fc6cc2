/**
 * Worker threads: where their files are, and what they print goes to the log instead of our stdout.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { AppError } from '../core/errors.js';
import type { Log, ThreadHandle, Threads } from '../core/ports.js';
import { startThread, type StartedThread } from './start-thread.js';

const PRINTED_CHARACTERS_MAX = 8 * 1024;
/** Threads that share no module with the rest are CommonJS, which starts sooner. */
const THREAD_TYPES = ['cjs', 'js'];

/** `spawn('handler-thread', ...)` starts `handler-thread.js` of the build; `find` says where that lies. */
export function realThreads(log: Log, find: (entry: string) => URL = threadFile): Threads {
  return {
    spawn: (entry, data, { heapMb, youngMb }) =>
      logged(startThread({ file: find(entry), name: entry, data, heapMb, youngMb }), entry, log),
  };
}

/** The thread, its prints on their way into the log. */
export function logged(thread: StartedThread, entry: string, log: Log): ThreadHandle {
  logPrinted(thread.stdout, log, 'info', entry);
  logPrinted(thread.stderr, log, 'warn', entry);
  return thread;
}

/**
 * The file a thread starts with. Threads cannot run the TypeScript sources, so from there (tests) the build in dist/ is
 * taken; a built program finds the entry beside itself.
 */
export function threadFile(entry: string, from = import.meta.url): URL {
  const fileOf = (type: string): URL =>
    new URL(from.endsWith('.ts') ? `../../dist/${entry}.${type}` : `./${entry}.${type}`, from);
  const file = /^[a-z][a-z-]*$/.test(entry) ? THREAD_TYPES.map(fileOf).find((one) => existsSync(one)) : undefined;
  if (file !== undefined) return file;
  throw new AppError('io_failure', { problem: `${fileURLToPath(fileOf('js'))} is missing; run: npm run build` });
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
