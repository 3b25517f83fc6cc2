/**
 * Calls out, 32 in flight, against a provider in a process of its own: the whole pipeline of ours (policy, limiter,
 * breaker, retry, audit entry of a read; of a write also ledger, intent before and outcome after, both on disk) beside
 * bare `undici.request` and what people put together for retries and limits. All run in this process and take turns in
 * slices of a round.
 *
 * @module
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { percentile, ratioOf, rowOf } from './measure/figures.mjs';
import { Program } from './measure/programs.mjs';
import { bundle } from './ours/bundle.mjs';
import { outboundPeers } from './peers/outbound.mjs';

const IN_FLIGHT = 32;
const SLICES = 3;
/** Ratio, ours, the other, floor, aim. */
const CLAIMS = [
  ['undici-read', 'ours read', 'undici.request read', 0.8, 1],
  ['undici-write', 'ours write', 'undici.request write', 0.4, 0.6],
  ['fetch-p-retry', 'ours read', 'fetch + p-retry read', 5, 6],
  ['got', 'ours read', 'got read', 6, 8],
  ['octokit-retry', 'ours read', 'octokit + retry read', 8, 10],
  ['octokit-throttling', 'ours read', 'octokit + throttling read', 30, 40],
  ['bottleneck', 'ours read', 'fetch + p-retry + bottleneck read', 30, 40],
];

export const describe = { rounds: 5, seconds: 1.5 };

/**
 * Calls a second, and how long they took. What a design still owes when its last call has ended belongs to its time, or
 * it would be worked off in the time of whoever comes next.
 */
async function load({ call, settled }, ms) {
  const times = [];
  const startedAt = performance.now();
  const until = startedAt + ms;
  const lane = async () => {
    while (performance.now() < until) {
      const begunAt = performance.now();
      await call(`t${times.length}`);
      times.push(performance.now() - begunAt);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  await settled?.();
  return { times, ms: performance.now() - startedAt };
}

export async function run({ dir, rounds, seconds, only, say }) {
  const provider = new Program(process.execPath, [join(import.meta.dirname, 'servers/provider.mjs')]);
  const base = `http://127.0.0.1:${await provider.line('ready')}`;
  const { openPipeline } = await import(pathToFileURL(await bundle('outbound', dir, { threads: true })).href);
  const ours = await openPipeline(join(dir, 'ours'), `${base}/v1`, true);
  const done = async (kind, id) => {
    if ((await ours.call(kind, id)) !== undefined) throw new Error('ours was held back');
  };
  const { contestants: peers, skipped } = await outboundPeers(base);
  // Ours answers a read before its entry is on the disk, and orders entries once a second.
  const settled = () => ours.settled();
  const contestants = {
    'ours read': { call: (id) => done('read', id), settled },
    'ours write': { call: (id) => done('write', id), settled },
    ...Object.fromEntries(
      Object.entries(peers).flatMap(([name, { read, write }]) => [
        [`${name} read`, { call: read }],
        ...(write ? [[`${name} write`, { call: write }]] : []),
      ]),
    ),
  };
  const names = Object.keys(contestants).filter(
    (name) => only === undefined || only.some((one) => name.startsWith(one)),
  );
  const figures = Object.fromEntries(names.map((name) => [name, []]));
  // The first round warms the code up and is thrown away.
  for (let round = 0; round <= rounds; round += 1) {
    const sums = Object.fromEntries(names.map((name) => [name, { times: [], ms: 0 }]));
    for (let slice = 0; slice < SLICES; slice += 1) {
      for (const name of names) {
        const { times, ms } = await load(contestants[name], (seconds * 1_000) / SLICES);
        sums[name].times.push(...times);
        sums[name].ms += ms;
      }
    }
    say(`round ${round}/${rounds}`);
    if (round === 0) continue;
    for (const [name, { times, ms }] of Object.entries(sums)) {
      const sorted = times.toSorted((a, b) => a - b);
      figures[name].push({
        value: (times.length / ms) * 1_000,
        p50Ms: percentile(sorted, 0.5),
        p99Ms: percentile(sorted, 0.99),
      });
    }
  }
  await Promise.all(Object.values(peers).map(({ close }) => close?.()));
  await ours.close();
  await provider.stop();
  const values = (name) => (figures[name] ?? []).map(({ value }) => value);
  const ratios = CLAIMS.map(([name, of, to, floor, aim]) =>
    ratioOf({ name, of, to, floor, aim }, values(of), values(to)),
  );
  return {
    rows: names.map((name) => rowOf({ name, params: { inFlight: IN_FLIGHT }, unit: 'calls/s' }, figures[name])),
    ratios: ratios.filter((ratio) => ratio !== undefined),
    skipped,
  };
}
