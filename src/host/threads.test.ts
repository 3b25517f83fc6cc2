import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ThreadHandle } from '../core/ports.js';
import { realThreads } from './threads.js';

const SOURCE = `
import { parentPort, workerData } from 'node:worker_threads';
parentPort.on('message', (message) => {
  if (message === 'hello') parentPort.postMessage({ workerData, env: Object.keys(process.env), execArgv: process.execArgv });
  if (message === 'print') { console.log('printed\\nin two lines'); console.error('complained'); parentPort.postMessage('done'); }
  if (message === 'throw') setImmediate(() => { throw new RangeError('thrown'); });
  if (message === 'exit') process.exit(3);
  if (message === 'loop') for (;;);
  if (message === 'grow') { const kept = []; for (;;) kept.push(new Array(100000).fill(1.5)); }
});
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-threads-'));
  writeFileSync(join(folder, 'test-thread.mjs'), SOURCE);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function start(data: unknown = null): {
  thread: ThreadHandle;
  lines: string[];
  ended: Promise<string>;
  next: () => Promise<unknown>;
} {
  const lines: string[] = [];
  const threads = realThreads(
    (level, message) => lines.push(`${level}: ${message}`),
    () => pathToFileURL(join(folder, 'test-thread.mjs')),
  );
  const thread = threads.spawn('test-thread', data, { heapMb: 32 });
  const ended = new Promise<string>((resolve) => thread.onExit(resolve));
  const next = () => new Promise((resolve) => thread.onMessage(resolve));
  return { thread, lines, ended, next };
}

it('starts with its data, no environment and no flags, and talks', async () => {
  const { thread, next, ended } = start({ a: 1 });
  const answer = next();
  thread.post('hello');
  expect(await answer).toEqual({ workerData: { a: 1 }, env: [], execArgv: [] });
  await thread.terminate();
  expect(await ended).toBe('terminated');
});

it('prints into the log', async () => {
  const { thread, lines, next, ended } = start();
  const answer = next();
  thread.post('print');
  await answer;
  thread.post('exit');
  expect(await ended).toBe('exited with code 3');
  expect(lines.sort()).toEqual(['info: in two lines', 'info: printed', 'warn: complained']);
});

it('ends with a reason: an error, a loop that is stopped, a heap that is full', async () => {
  const throwing = start();
  throwing.thread.post('throw');
  expect(await throwing.ended).toBe('RangeError: thrown');
  const looping = start();
  looping.thread.post('loop');
  await looping.thread.terminate();
  expect(await looping.ended).toBe('terminated');
  const growing = start();
  growing.thread.post('grow');
  expect(await growing.ended).toBe('out of memory');
});
