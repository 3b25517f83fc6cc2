/**
 * Tokens of connections by OAuth: how fast a valid one is read by 64 callers at once, and what a storm looks like to the
 * provider when 10,000 connections become due together (in virtual time, each answer after 100 ms).
 *
 * @module
 */
import { pathToFileURL } from 'node:url';
import { percentile, ratioOf, rowOf } from './measure/figures.mjs';
import { bundle } from './ours/bundle.mjs';

const CALLERS = 64;
/** Token requests in any second that a provider has to bear from all connections together. */
const PER_SECOND_MAX = 100;

export const describe = { rounds: 5, seconds: 1 };

async function readFor(tokens, ms) {
  const times = [];
  const until = performance.now() + ms;
  const caller = async () => {
    for (let startedAt = performance.now(); startedAt < until; startedAt = performance.now()) {
      await tokens.read();
      times.push(performance.now() - startedAt);
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: CALLERS }, caller));
  const value = (times.length / (performance.now() - startedAt)) * 1_000;
  times.sort((a, b) => a - b);
  return { value, p50Ms: percentile(times, 0.5), p99Ms: percentile(times, 0.99) };
}

export async function run({ dir, rounds, seconds, say }) {
  const { openTokens } = await import(pathToFileURL(await bundle('token', dir)).href);
  const count = Number(process.env.FAIRLEAD_BENCH_CONNECTIONS ?? 10_000);
  const tokens = await openTokens(count);
  const reads = [];
  for (let round = 0; round <= rounds; round += 1) {
    const read = await readFor(tokens, seconds * 1_000);
    if (round > 0) reads.push(read);
    say(`round ${round}/${rounds}`);
  }
  const storm = await tokens.storm();
  tokens.close();
  if (!storm.isConnected) throw new Error('a connection was lost in the storm');
  const params = { connections: count };
  const one = (name, unit, value) => rowOf({ name, params, unit }, [{ value }]);
  return {
    rows: [
      rowOf({ name: 'valid token read', params: { callers: CALLERS }, unit: 'op/s' }, reads),
      one('storm: token requests', 'requests', storm.requests),
      one('storm: at once', 'requests', storm.atOnceMax),
      one('storm: in the fullest second', 'requests', storm.perSecondMax),
      one('storm: over after', 'minutes', storm.minutes),
    ],
    ratios: [
      ratioOf(
        { name: 'storm', of: 'requests in the fullest second', to: `${PER_SECOND_MAX}`, floor: 1, lower: true },
        [storm.perSecondMax],
        [PER_SECOND_MAX],
      ),
      ratioOf(
        { name: 'storm-requests', of: 'token requests', to: 'connections', floor: 1, lower: true },
        [storm.requests],
        [count],
      ),
    ],
    skipped: [],
  };
}
