/**
 * Starting: from spawn to the first 202, beside a bare node:http server that answers 202; and how much memory is held
 * after many events.
 *
 * `ours` is `fairlead serve` on an empty folder (keys, database and all are made), `ours again` on the same folder the
 * next time; a client knocks each millisecond with a signed delivery until one is accepted. The memory is that of a
 * server that took 100,000 deliveries (`--full`: 1 million) over 64 connections and worked their jobs off.
 *
 * @module
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { delivery, PATH, SECRET, writeDeliveries } from './load/deliveries.mjs';
import { closedLoop } from './load/generate.mjs';
import { ratioOf, rowOf } from './measure/figures.mjs';
import { rssMbOf } from './measure/processes.mjs';
import { freePort, plainEnv, Program } from './measure/programs.mjs';
import { missingBuild } from './ours/build-place.mjs';
import { prepare, Product } from './ours/product.mjs';

const BARE = join(import.meta.dirname, 'peers/ingest/bare.mjs');
const EVENTS = 100_000;
const EVENTS_FULL = 1_000_000;
const EVENTS_A_FILE = 100_000;
const SECONDS_A_FILE_MAX = 600;
const CONNECTIONS = 64;
const START_FLOOR = 2;
const RSS_FLOOR_MB = 200;
const KNOCK_MS = 1;
const GIVE_UP_MS = 20_000;
const LAST_JOBS_MS = 120_000;

/** One try; `false` when nobody listens yet or the answer is no 202. */
function knock(port, { headers, body }) {
  return new Promise((resolve) => {
    const outgoing = request(
      { host: '127.0.0.1', port, method: 'POST', path: PATH, headers, agent: false },
      (answer) => {
        answer.resume();
        answer.on('end', () => resolve(answer.statusCode === 202));
      },
    );
    outgoing.on('error', () => resolve(false));
    outgoing.end(body);
  });
}

/** Milliseconds from spawn to the first 202, and what the process holds then. */
async function timeStart(spawn, port, message) {
  const startedAt = performance.now();
  const program = spawn();
  try {
    while (!(await knock(port, message))) {
      if (performance.now() - startedAt > GIVE_UP_MS) throw program.failure(`gave no 202 in ${GIVE_UP_MS} ms`);
      await sleep(KNOCK_MS);
    }
    return { value: performance.now() - startedAt, rssMb: rssMbOf([program.pid]) };
  } finally {
    await program.stop('SIGTERM', 10_000);
  }
}

async function startBare(dir) {
  const port = await freePort();
  const settings = JSON.stringify({ port, secret: SECRET, dir });
  const spawn = () => new Program(process.execPath, [BARE, settings], { cwd: dir, env: plainEnv() });
  return await timeStart(spawn, port, delivery(1_000_000_000));
}

async function startOurs(dir, number, nodeArgs) {
  const port = await freePort();
  const spawn = () => new Product(dir, port, nodeArgs).program;
  return await timeStart(spawn, port, delivery(number));
}

/** Sends `events` deliveries, waits until their jobs are done, and looks at the memory. */
async function memoryAfter({ dir, events, nodeArgs, say }) {
  const memory = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'fairlead-bench-'));
  const product = await Product.start(join(dir, 'memory'), { nodeArgs });
  try {
    for (let sent = 0; sent < events; sent += EVENTS_A_FILE) {
      const file = join(memory, 'deliveries');
      const length = writeDeliveries(file, EVENTS_A_FILE, 1_000_000_000 + sent);
      const load = { port: product.port, connections: CONNECTIONS, seconds: SECONDS_A_FILE_MAX, file, length, from: 0 };
      const { refused, broken } = await closedLoop({ ...load, once: true });
      if (refused + broken > 0) throw new Error(`${refused} deliveries were refused and ${broken} broke off`);
      say(`${sent + EVENTS_A_FILE} events sent, ${Math.round(rssMbOf(product.pids))} MB`);
    }
    await workedOff(product);
    return { value: rssMbOf(product.pids), rssMb: rssMbOf(product.pids) };
  } finally {
    await product.stop();
    rmSync(memory, { recursive: true, force: true });
  }
}

async function workedOff(product) {
  const until = performance.now() + LAST_JOBS_MS;
  while (performance.now() < until) {
    const { queues } = await product.cli('queue', 'list');
    if (queues.every(({ ready, running }) => ready + running === 0)) return;
    await sleep(500);
  }
  throw new Error(`jobs still wait after ${LAST_JOBS_MS} ms`);
}

export const describe = { rounds: 7 };

export async function run({ dir, rounds, only, full, store, nodeArgs, say }) {
  const missing = store === 'sqlite' ? missingBuild('main.cjs') : `there is no ${store} driver yet`;
  if (missing !== undefined) return { rows: [], ratios: [], skipped: [{ name: 'ours', why: missing }] };
  const figures = { bare: [], ours: [], 'ours again': [] };
  for (let round = 0; round < rounds; round += 1) {
    const cell = join(dir, 'cell');
    mkdirSync(cell, { recursive: true });
    prepare(cell);
    figures.bare.push(await startBare(cell));
    figures.ours.push(await startOurs(cell, 2_000_000_000, nodeArgs));
    figures['ours again'].push(await startOurs(cell, 2_000_000_001, nodeArgs));
    rmSync(cell, { recursive: true, force: true });
    say(
      `round ${round + 1}/${rounds}  ${Object.entries(figures)
        .map(([name, all]) => `${name} ${Math.round(all.at(-1).value)} ms`)
        .join(', ')}`,
    );
  }
  const values = (name) => figures[name].map(({ value }) => value);
  const rows = Object.entries(figures).map(([name, all]) => rowOf({ name, params: {}, unit: 'ms to first 202' }, all));
  const claim = { floor: START_FLOOR, aim: 1.6, lower: true, to: 'bare' };
  const ratios = [
    ratioOf({ ...claim, name: 'start', of: 'ours' }, values('ours'), values('bare')),
    ratioOf({ ...claim, name: 'start-again', of: 'ours again' }, values('ours again'), values('bare')),
  ];
  if (only === undefined || only.includes('memory')) {
    const events = full ? EVENTS_FULL : EVENTS;
    const memory = [await memoryAfter({ dir, events, nodeArgs, say })];
    rows.push(rowOf({ name: 'ours', params: { events }, unit: 'MB RSS' }, memory));
    const claim200 = {
      name: 'rss',
      of: `ours after ${events} events, MB`,
      to: '1 MB',
      floor: RSS_FLOOR_MB,
      aim: 130,
      lower: true,
    };
    ratios.push(ratioOf(claim200, [memory[0].value], [1]));
  }
  return { rows, ratios, skipped: [] };
}
