/**
 * Works a filled queue off with the product's runner and store, speaking as bench/peers/queue/race.mjs does.
 *
 * @module
 */
import { once } from 'node:events';
import { fill, openBench, SCOPE, settleAudit } from './filled-store.js';

const { jobs, concurrency, dir, isolation, database } = JSON.parse(process.argv[2]!) as {
  jobs: number;
  concurrency: number;
  dir: string;
  isolation: 'threads' | 'in-process';
  database?: string;
};
/** How often the queue is asked whether it is empty, which is work as well. */
const LOOK_MS = 20;
/** How often where this share of the jobs is left: what is over is told this much later at most. */
const LAST_LOOKS_MS = 2;
const LAST = 1 / 20;
const HANDLERS = `[{
  provider: 'stripe', type: '*', options: { name: 'bench' },
  run: () => new Promise((resolve) => setImmediate(resolve)),
}]`;

const opened = await openBench(dir, HANDLERS, { concurrency, isolation }, database);
const { fairlead, parts } = opened;
await fill(opened, 0, jobs, () => ({ queue: 'bench' }));
await settleAudit(opened);

async function left(): Promise<number> {
  const queues = await parts.store.jobs.depth(SCOPE);
  return queues.reduce((sum, { counts }) => sum + counts.ready + counts.running + counts.dead, 0);
}

if ((await left()) !== jobs) throw new Error('the queue does not hold what was put in');
console.log('ready {}');
await once(process.stdin, 'data');
const startedAt = performance.now();
await fairlead.start();
for (let rest = jobs; rest > 0; rest = await left()) {
  await new Promise((resolve) => setTimeout(resolve, rest > jobs * LAST ? LOOK_MS : LAST_LOOKS_MS));
}
console.log(`done ${JSON.stringify({ seconds: (performance.now() - startedAt) / 1_000 })}`);
await once(process.stdin, 'data');
await fairlead.drain();
await opened.close();
process.exit(0);
