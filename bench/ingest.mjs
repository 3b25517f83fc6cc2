/**
 * Webhook ingest: signed deliveries of 2 KB in, 202 out, over 64 and 256 connections, and at 800 a second.
 *
 * Ours does all it does for its users: limits on the body, the signature over the exact bytes, dedupe by delivery id and
 * by body hash (GitHub signs no id), the event with its allow-listed headers, one job for a handler, the audit leaf, one
 * fsynced commit, then 202; beside it the sequencer signs checkpoints and writes the audit log. In row `ours` the queue
 * is paused, as the peers only enqueue; in row `ours-processing` jobs are worked off in handler threads meanwhile.
 *
 * With `--store postgres` ours keeps everything in a PostgreSQL of the bench, alone and as two and three intake processes
 * over it (a curve, nothing is claimed), beside `fastify-pg-insert` (one INSERT a request through a pool), `pg-boss`
 * (`send`) and `graphile` (`addJob`). Every design gets an empty database; CPU is that of the server, too.
 *
 * Peers (bench/peers/ingest): `bare` reads the body and answers; `hmac-only` checks the signature as well;
 * `durable-floor` appends to a log and syncs it once a group; `tutorial` is express, Redis and BullMQ.
 *
 * Each cell starts its server anew with an empty folder, warms it for a second and measures. CPU is that of all
 * processes of a design (Redis too), the load generator apart; it runs on the same cores.
 *
 * @module
 */
import { cpSync, mkdirSync, mkdtempSync, existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BODY_BYTES, SECRET, writeDeliveries } from './load/deliveries.mjs';
import { closedLoop, hasWrk, openLoop } from './load/generate.mjs';
import { ratioOf, rowOf } from './measure/figures.mjs';
import { cpuUsOf, rssMbOf } from './measure/processes.mjs';
import { freePort, plainEnv, Program } from './measure/programs.mjs';
import { missingBuild } from './ours/build-place.mjs';
import { Product } from './ours/product.mjs';
import { peerMissing } from './peers/installed.mjs';
import { freshDatabase } from './servers/databases.mjs';
import { postgresMissing, startPostgres } from './servers/postgres.mjs';
import { redisMissing, startRedis } from './servers/redis.mjs';

const WARM_SECONDS = 1;
/** More than any design here answers in a second on two cores; those that dedupe must not run out of new ids. */
const FRESH_PER_SECOND = 45_000;
/** Those for which a delivery counts only once. */
const DEDUPE = new Set(['ours', 'ours x2', 'ours x3', 'ours-processing', 'tutorial', 'fastify-pg-insert', 'graphile']);
const RATE = 800;
/** The first second is not counted. */
const OPEN_SECONDS_MIN = 4;
const PEERS = join(import.meta.dirname, 'peers/ingest');

/** What is claimed: a floor that must hold and an aim. */
const CLAIMS = [
  { name: 'bare', to: 'bare' },
  { name: 'hmac-only', to: 'hmac-only', floor: 0.45, aim: 0.55 },
  { name: 'durable-floor', to: 'durable-floor', floor: 0.8, aim: 1 },
  { name: 'tutorial', to: 'tutorial', floor: 4.5, aim: 5.5 },
  { name: 'tutorial-cpu', to: 'tutorial', floor: 0.25, aim: 0.15, lower: true, figure: 'cpuUsPerOp' },
];
/** The same on PostgreSQL. */
const CLAIMS_POSTGRES = [
  { name: 'fastify-pg-insert', to: 'fastify-pg-insert', floor: 3, aim: 3.7 },
  { name: 'pg-boss', to: 'pg-boss', floor: 8, aim: 11 },
  { name: 'graphile', to: 'graphile', floor: 15, aim: 20 },
  { name: 'two-intakes', of: 'ours x2', to: 'ours' },
  { name: 'three-intakes', of: 'ours x3', to: 'ours' },
];
const OPEN_CLAIM = { name: 'tutorial-p99', to: 'tutorial', floor: 0.7, aim: 0.56, lower: true, figure: 'value' };

/** The designs that can run here, each a function that starts it in a folder, and why others cannot. */
async function designsOf(options) {
  const skipped = [];
  const designs = new Map();
  const add = (name, why, start) => {
    if (options.only !== undefined && !options.only.includes(name)) return;
    if (why === undefined) designs.set(name, start);
    else skipped.push({ name, why });
  };
  const close = await (options.store === 'sqlite' ? addEmbedded : addPostgres)(options, add);
  return { designs, skipped, close };
}

/** @param {() => Promise<object>} [more] settings of this cell. */
function peer(script, { pids = [], more } = {}) {
  return async (cellDir) => {
    mkdirSync(cellDir, { recursive: true });
    const settings = { port: await freePort(), secret: SECRET, dir: cellDir, ...(await more?.()) };
    const args = [join(PEERS, `${script}.mjs`), JSON.stringify(settings)];
    const program = new Program(process.execPath, args, { cwd: cellDir, env: plainEnv() });
    await program.line('ready');
    return { port: settings.port, pids: [program.pid, ...pids], stop: () => program.stop('SIGKILL') };
  };
}

async function addEmbedded({ dir, only, nodeArgs }, add) {
  const ours = (options) => async (cellDir) => {
    const product = await Product.start(cellDir, { ...options, nodeArgs });
    await product.checkAnswers();
    return product;
  };
  const missing = missingBuild('main.cjs');
  add('ours', missing, ours({ paused: true }));
  add('ours-processing', missing, ours({ paused: false }));
  for (const name of ['bare', 'hmac-only', 'durable-floor']) add(name, undefined, peer(name));

  const noTutorial = redisMissing() ?? peerMissing('express', 'bullmq', 'ioredis');
  const wantsRedis = noTutorial === undefined && (only === undefined || only.includes('tutorial'));
  const redis = wantsRedis ? await startRedis(join(dir, 'redis')) : undefined;
  const more = async () => ({ redisPort: redis?.port });
  add('tutorial', noTutorial, peer('tutorial', { more, pids: redis ? [redis.pid] : [] }));
  return () => redis?.stop();
}

async function addPostgres({ dir, nodeArgs }, add) {
  const missing = postgresMissing();
  const postgres = missing === undefined ? await startPostgres(join(dir, 'postgres')) : undefined;
  const pids = postgres ? [postgres.pid] : [];
  const ours = (count) => async (cellDir) => {
    const database = await freshDatabase(postgres);
    const first = await Product.start(join(cellDir, '1'), { paused: true, nodeArgs, database });
    await first.checkAnswers();
    const products = [first];
    // They share the keys of the first, as nodes of one installation do.
    for (let node = 2; node <= count; node += 1) {
      const nodeDir = join(cellDir, String(node));
      cpSync(join(cellDir, '1/data/keys'), join(nodeDir, 'data/keys'), { recursive: true });
      products.push(await Product.start(nodeDir, { nodeArgs, database, args: ['--role', 'intake'] }));
    }
    return {
      port: first.port,
      ports: products.map(({ port }) => port),
      pids: [...products.flatMap((product) => product.pids), ...pids],
      stop: () => Promise.all(products.map((product) => product.stop())),
    };
  };
  const noOurs = missing ?? missingBuild('main.cjs');
  add('ours', noOurs, ours(1));
  add('ours x2', noOurs, ours(2));
  add('ours x3', noOurs, ours(3));
  const more = async () => ({ database: await freshDatabase(postgres) });
  add('fastify-pg-insert', missing ?? peerMissing('fastify', 'pg'), peer('fastify-pg-insert', { more, pids }));
  add('pg-boss', missing ?? peerMissing('pg-boss'), peer('pg-boss', { more, pids }));
  add('graphile', missing ?? peerMissing('graphile-worker', 'pg'), peer('graphile', { more, pids }));
  return () => postgres?.stop();
}

/** One cell: a design at a number of connections. */
async function measureClosed(name, start, cellDir, load) {
  const server = await start(cellDir);
  try {
    const warmed = load.fresh * WARM_SECONDS;
    await overAll(server, { ...load, seconds: WARM_SECONDS, total: warmed, from: 0 });
    const cpuBefore = cpuUsOf(server.pids);
    const result = await overAll(server, { ...load, from: warmed });
    const cpuUs = cpuUsOf(server.pids) - cpuBefore;
    check(result, DEDUPE.has(name) ? load.total - warmed : Infinity);
    return {
      value: result.requests / (result.us / 1e6),
      p50Ms: result.p50Us / 1_000,
      p99Ms: result.p99Us / 1_000,
      cpuUsPerOp: cpuUs / result.requests,
      rssMb: rssMbOf(server.pids),
    };
  } finally {
    await server.stop();
    rmSync(cellDir, { recursive: true, force: true });
  }
}

/** The load of one cell, divided among the processes of a design, each with deliveries of its own. */
async function overAll({ port, ports = [port] }, load) {
  const share = Math.floor((load.total - load.from) / ports.length);
  const results = await Promise.all(
    ports.map((one, at) =>
      closedLoop({
        ...load,
        port: one,
        connections: Math.ceil(load.connections / ports.length),
        from: load.from + at * share,
      }),
    ),
  );
  const sum = (field) => results.reduce((total, result) => total + result[field], 0);
  const most = (field) => Math.max(...results.map((result) => result[field]));
  return {
    requests: sum('requests'),
    refused: sum('refused'),
    broken: sum('broken'),
    us: most('us'),
    p50Us: most('p50Us'),
    p99Us: most('p99Us'),
  };
}

async function measureOpen(start, cellDir, load) {
  const openSeconds = Math.max(load.seconds, OPEN_SECONDS_MIN);
  const server = await start(cellDir);
  try {
    const cpuBefore = cpuUsOf(server.pids);
    const result = await openLoop({ ...load, seconds: openSeconds, port: server.port, rate: RATE, from: 0 });
    const cpuUs = cpuUsOf(server.pids) - cpuBefore;
    check(result, Infinity);
    const [p50Ms, p99Ms] = [result.p50Us / 1_000, result.p99Us / 1_000];
    return { value: p99Ms, p50Ms, p99Ms, cpuUsPerOp: cpuUs / (RATE * openSeconds), rssMb: rssMbOf(server.pids) };
  } finally {
    await server.stop();
    rmSync(cellDir, { recursive: true, force: true });
  }
}

/** A figure over refused, broken or repeated deliveries would be none. */
function check({ requests, refused, broken }, fresh) {
  if (refused > 0 || broken > 0) throw new Error(`${refused} deliveries were refused and ${broken} broke off`);
  if (requests > fresh) throw new Error(`${requests} deliveries were sent, but there were only ${fresh} of their own`);
}

export const describe = {
  names: ['ours', 'ours-processing', 'bare', 'hmac-only', 'durable-floor', 'tutorial'],
  rounds: 5,
  seconds: 3,
};

/** @returns {Promise<{rows: object[], ratios: object[], skipped: object[]}>} see bench/README.md for the format. */
export async function run({ dir, rounds, seconds, connections = [64, 256], only, store, nodeArgs, say }) {
  const memory = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'fairlead-bench-'));
  const total = FRESH_PER_SECOND * (WARM_SECONDS + seconds);
  const file = join(memory, 'deliveries');
  say(`writing ${total} signed deliveries`);
  const load = { file, length: writeDeliveries(file, total), total, fresh: FRESH_PER_SECOND, seconds };
  const { designs, skipped, close } = await designsOf({ dir, only, store, nodeArgs });
  if (!hasWrk) skipped.push({ name: 'wrk', why: 'wrk is not installed; the load comes from load/closed-loop.mjs' });
  const cells = new Map();
  const keep = (key, round, figures) => {
    if (!cells.has(key)) cells.set(key, Array.from({ length: rounds }));
    cells.get(key)[round] = figures;
  };
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const count of connections) {
        for (const [name, start] of designs) {
          const figures = await measureClosed(name, start, join(dir, 'cell'), { ...load, connections: count });
          keep(`${name} ${count}`, round, figures);
          say(`round ${round + 1}/${rounds}  ${name} c${count}  ${Math.round(figures.value)} req/s`);
        }
      }
      for (const name of ['ours', 'ours-processing', 'tutorial', 'hmac-only', 'fastify-pg-insert']) {
        if (!designs.has(name)) continue;
        const figures = await measureOpen(designs.get(name), join(dir, 'cell'), load);
        keep(`${name} open`, round, figures);
        say(`round ${round + 1}/${rounds}  ${name} at ${RATE}/s  p99 ${figures.p99Ms.toFixed(2)} ms`);
      }
    }
  } finally {
    await close();
    rmSync(memory, { recursive: true, force: true });
  }
  const claims = store === 'sqlite' ? CLAIMS : CLAIMS_POSTGRES;
  return { ...summarise(cells, designs, connections, seconds, claims), skipped };
}

function summarise(cells, designs, connections, seconds, claims) {
  const params = { bodyBytes: BODY_BYTES, scheme: 'github', seconds };
  const rows = [];
  const ratios = [];
  const figures = (key, figure) => (cells.get(key) ?? []).map((round) => round?.[figure]);
  for (const count of connections) {
    for (const name of designs.keys()) {
      const what = { name, params: { connections: count, ...params }, unit: 'req/s' };
      rows.push(rowOf(what, cells.get(`${name} ${count}`)));
    }
    for (const { figure = 'value', of = 'ours', ...claim } of claims) {
      const what = { ...claim, of: `${of} c${count}`, to: `${claim.to} c${count}` };
      ratios.push(ratioOf(what, figures(`${of} ${count}`, figure), figures(`${claim.to} ${count}`, figure)));
    }
  }
  for (const name of designs.keys()) {
    const open = cells.get(`${name} open`);
    if (open !== undefined) rows.push(rowOf({ name, params: { rate: RATE, ...params }, unit: 'ms p99' }, open));
  }
  const what = { ...OPEN_CLAIM, of: `ours at ${RATE}/s`, to: `tutorial at ${RATE}/s` };
  ratios.push(ratioOf(what, figures('ours open', 'value'), figures('tutorial open', 'value')));
  return { rows, ratios: ratios.filter((ratio) => ratio !== undefined) };
}
