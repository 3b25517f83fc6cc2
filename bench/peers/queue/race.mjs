/**
 * What the queue peers have in common: fill, say `ready {}`, wait for `go`, work all jobs off, say `done {seconds}`.
 * Settings come as JSON in the first argument: `{jobs, concurrency, dir, redisPort, database}`.
 *
 * @module
 */
import { once } from 'node:events';

export const settings = JSON.parse(process.argv[2]);

const FILL_BATCH = 500;

/** About 150 bytes, as a small webhook. */
const payloadOf = (number) => ({ number, type: 'invoice.paid', customer: `cus_${number}`, note: 'x'.repeat(80) });

/** A handler that does nothing but give way once, as anything that waits for an answer does. */
export const handle = () => new Promise((resolve) => setImmediate(resolve));

/**
 * @param {(payloads: object[]) => Promise<unknown>} fill adds jobs.
 * @param {(done: () => void) => unknown} work works off; calls `done` when as many jobs as there are were completed.
 */
export async function race(fill, work) {
  const { jobs } = settings;
  for (let from = 0; from < jobs; from += FILL_BATCH) {
    const count = Math.min(FILL_BATCH, jobs - from);
    await fill(Array.from({ length: count }, (_, at) => payloadOf(from + at)));
  }
  console.log('ready {}');
  await once(process.stdin, 'data');
  const startedAt = performance.now();
  await new Promise((resolve) => work(resolve));
  console.log(`done ${JSON.stringify({ seconds: (performance.now() - startedAt) / 1_000 })}`);
  await once(process.stdin, 'data');
  process.exit(0);
}

/** Counts to the number of jobs, then calls `done`. */
export function counter(done) {
  let left = settings.jobs;
  return () => {
    left -= 1;
    if (left === 0) done();
  };
}
