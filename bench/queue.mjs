/**
 * The queue: jobs that wait are worked off and completed, durably, 16 and 64 at a time; and what one claim costs as
 * more and more jobs wait.
 *
 * Ours is the product's runner over its store (bench/ours/race.ts), each job an event of 150 bytes: `ours in-process`
 * runs handlers in the process, as the library does, `ours threads` in worker threads, as the server does. The handler
 * of everybody gives way once and returns. Peers (bench/peers/queue): `bullmq` on a Redis that syncs once a second,
 * `plainjob` with synchronous=NORMAL, `graphile-local` with PostgreSQL and its local queue. Ours alone syncs each
 * commit; PostgreSQL does, too, in batches of the local queue.
 *
 * With `--store postgres` ours runs on a PostgreSQL of the bench, beside `pg-boss-fetch` (fetch and complete by hundreds)
 * and `graphile-local` on the same server, each in a database of its own.
 *
 * Filling is not measured. CPU is that of all processes of a design.
 *
 * The claim: the store's own verb settles 32 jobs and claims 32, beside two stores that differ only in how many jobs
 * wait; half of the ten kinds are paused and one order key is blocked with a tenth of the jobs behind it (bench/ours/
 * claim.ts). `--full` goes to 10 million.
 *
 * @module
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ratioOf, rowOf } from './measure/figures.mjs';
import { cpuUsOf, rssMbOf } from './measure/processes.mjs';
import { plainEnv, Program } from './measure/programs.mjs';
import { bundle } from './ours/bundle.mjs';
import { peerMissing } from './peers/installed.mjs';
import { freshDatabase } from './servers/databases.mjs';
import { postgresMissing, startPostgres } from './servers/postgres.mjs';
import { redisMissing, startRedis } from './servers/redis.mjs';

const PEERS = join(import.meta.dirname, 'peers/queue');
const FILL_MS = 120_000;
const RACE_MS = 120_000;

/** Sizes that keep each design busy for about two seconds. */
const JOBS = {
  'ours in-process': 100_000,
  'ours threads': 60_000,
  bullmq: 30_000,
  plainjob: 40_000,
  'graphile-local': 50_000,
  'pg-boss-fetch': 20_000,
};
const JOBS_POSTGRES = { ...JOBS, 'ours in-process': 50_000, 'ours threads': 30_000 };

/** What is claimed of the in-process mode. Threads are told beside it. */
const CLAIMS = [
  { name: 'bullmq', floor: 4, aim: 8 },
  { name: 'plainjob', floor: 3, aim: 6 },
  { name: 'graphile-local', floor: 2.5, aim: 4 },
];

const CLAIMS_POSTGRES = [
  { name: 'pg-boss-fetch', floor: 2, aim: 3 },
  { name: 'graphile-local', floor: 1.3, aim: 1.9 },
];

const CLAIM_SIZES = [10_000, 200_000];
const CLAIM_SIZES_FULL = [10_000, 1_000_000, 10_000_000];
const CLAIM_GROWTH_FLOOR = 1.3;
const CLAIM_FILL_MS = 3_600_000;

async function designsOf({ dir, only, store, nodeArgs }) {
  const skipped = [];
  const designs = new Map();
  const servers = [];
  const wanted = (name) => only === undefined || only.includes(name);
  const add = async (name, why, open) => {
    if (!wanted(name)) return;
    if (why === undefined) designs.set(name, await open());
    else skipped.push({ name, why });
  };
  const peer = (script, more, pids = []) => ({ args: [join(PEERS, `${script}.mjs`)], more, pids });
  const isPostgres = store === 'postgres';
  const noPostgres = postgresMissing();
  const needsPostgres = isPostgres || wanted('graphile-local');
  const postgres = noPostgres === undefined && needsPostgres ? await startPostgres(join(dir, 'postgres')) : undefined;
  if (postgres !== undefined) servers.push(postgres);
  const onPostgres = async () => ({ database: await freshDatabase(postgres) });
  const postgresPids = postgres === undefined ? [] : [postgres.pid];

  const race = await bundle('race', dir, { threads: true });
  for (const isolation of ['in-process', 'threads']) {
    const more = async () => ({ isolation, ...(isPostgres && (await onPostgres())) });
    await add(`ours ${isolation}`, isPostgres ? noPostgres : undefined, () => ({
      args: [...nodeArgs, race],
      more,
      pids: isPostgres ? postgresPids : [],
    }));
  }
  if (isPostgres) {
    const why = noPostgres ?? peerMissing('pg-boss');
    await add('pg-boss-fetch', why, () => peer('pg-boss-fetch', onPostgres, postgresPids));
  } else {
    await add('bullmq', redisMissing() ?? peerMissing('bullmq', 'ioredis'), async () => {
      const redis = await startRedis(join(dir, 'redis'));
      servers.push(redis);
      return peer('bullmq', async () => ({ redisPort: redis.port }), [redis.pid]);
    });
    await add('plainjob', peerMissing('plainjob', 'better-sqlite3'), () => peer('plainjob'));
  }
  await add('graphile-local', noPostgres ?? peerMissing('graphile-worker', 'pg'), () =>
    peer('graphile-local', onPostgres, postgresPids),
  );
  return { designs, skipped, postgres, close: () => Promise.all(servers.map((server) => server.stop())) };
}

/** One cell: fill, then work off. */
async function race({ args, more, pids }, dir, jobs, concurrency) {
  mkdirSync(dir, { recursive: true });
  const settings = JSON.stringify({ jobs, concurrency, dir, ...(await more?.()) });
  const program = new Program(process.execPath, [...args, settings], { cwd: dir, env: plainEnv() });
  try {
    await program.line('ready', FILL_MS);
    const all = [program.pid, ...pids];
    const cpuBefore = cpuUsOf(all);
    program.tell('go');
    const { seconds } = JSON.parse(await program.line('done', RACE_MS));
    const figures = { value: jobs / seconds, cpuUsPerOp: (cpuUsOf(all) - cpuBefore) / jobs, rssMb: rssMbOf(all) };
    program.tell('end');
    await program.ended;
    return figures;
  } finally {
    await program.stop('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  }
}

async function databasesFor(sizes, postgres) {
  const databases = {};
  for (const waiting of sizes) {
    for (const kind of ['plain', 'hindered']) {
      databases[`${kind}-${waiting}`] = await freshDatabase(postgres, { keep: true });
    }
  }
  return databases;
}

/** Claims at several sizes, in one process that goes round them. */
async function claims({ dir, nodeArgs, sizes, rounds, postgres, say }) {
  const cellDir = join(dir, 'claim');
  mkdirSync(cellDir, { recursive: true });
  const databases = postgres === undefined ? undefined : await databasesFor(sizes, postgres);
  const settings = JSON.stringify({ dir: cellDir, sizes, rounds, databases });
  const args = [...nodeArgs, await bundle('claim', dir, { threads: true }), settings];
  const program = new Program(process.execPath, args, { cwd: cellDir, env: plainEnv() });
  try {
    say(`filling stores with ${sizes.join(', ')} jobs`);
    return JSON.parse(await program.line('done', CLAIM_FILL_MS));
  } finally {
    await program.stop('SIGKILL');
    rmSync(cellDir, { recursive: true, force: true });
  }
}

export const describe = { rounds: 5 };

export async function run({ dir, rounds, concurrency = [16, 64], only, full, store, nodeArgs, say }) {
  const { designs, skipped, postgres, close } = await designsOf({ dir, only, store, nodeArgs });
  const sizesOf = store === 'sqlite' ? JOBS : JOBS_POSTGRES;
  const cells = new Map();
  const growth = { rows: [], ratios: [] };
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const count of concurrency) {
        for (const [name, design] of designs) {
          const key = `${name} ${count}`;
          const figures = await race(design, join(dir, 'cell'), sizesOf[name], count);
          cells.set(key, [...(cells.get(key) ?? []), figures]);
          say(`round ${round + 1}/${rounds}  ${name} c${count}  ${Math.round(figures.value)} jobs/s`);
        }
      }
    }
    if (only === undefined || only.includes('claim')) {
      const sizes = full ? CLAIM_SIZES_FULL : CLAIM_SIZES;
      const onPostgres = store === 'postgres' ? postgres : undefined;
      Object.assign(growth, summariseClaims(await claims({ dir, nodeArgs, sizes, rounds, postgres: onPostgres, say })));
    }
  } finally {
    await close();
  }
  const { rows, ratios } = summarise(
    cells,
    designs,
    concurrency,
    sizesOf,
    store === 'sqlite' ? CLAIMS : CLAIMS_POSTGRES,
  );
  return { rows: [...rows, ...growth.rows], ratios: [...ratios, ...growth.ratios], skipped };
}

function summarise(cells, designs, concurrency, sizesOf, claimed) {
  const rows = [];
  const ratios = [];
  const values = (key) => (cells.get(key) ?? []).map(({ value }) => value);
  for (const count of concurrency) {
    for (const name of designs.keys()) {
      const params = { concurrency: count, jobs: sizesOf[name] };
      rows.push(rowOf({ name, params, unit: 'jobs/s' }, cells.get(`${name} ${count}`)));
    }
    for (const claim of claimed) {
      for (const mode of ['in-process', 'threads']) {
        const of = `ours ${mode} c${count}`;
        const told = mode === 'in-process' ? claim : { name: `${claim.name}-threads` };
        const what = { ...told, of, to: `${claim.name} c${count}` };
        ratios.push(ratioOf(what, values(`ours ${mode} ${count}`), values(`${claim.name} ${count}`)));
      }
    }
  }
  return { rows, ratios: ratios.filter((ratio) => ratio !== undefined) };
}

/** @param {{waiting: number, plain: object[], hindered: object[]}[]} sizes figures by round, the smallest size first. */
function summariseClaims(sizes) {
  const rows = [];
  const ratios = [];
  for (const kind of ['plain', 'hindered']) {
    for (const size of sizes)
      rows.push(rowOf({ name: `claim ${kind}`, params: { waiting: size.waiting }, unit: 'ms' }, size[kind]));
    for (const size of sizes.slice(1)) {
      const name = kind === 'plain' ? 'claim-growth' : 'claim-growth-hindered';
      const of = `${kind}, ${size.waiting} waiting`;
      const to = `${kind}, ${sizes[0].waiting} waiting`;
      const figures = (one) => one[kind].map(({ value }) => value);
      const what = { name, of, to, floor: CLAIM_GROWTH_FLOOR, aim: 1, lower: true };
      ratios.push(ratioOf(what, figures(size), figures(sizes[0])));
    }
  }
  return { rows, ratios };
}
