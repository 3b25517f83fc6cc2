/**
 * A provider that takes 50 requests a second (token bucket, capacity 10) and says so to nobody, under 32 workers that
 * want more. Ours is told nothing and learns it from the refusals; the peers learn nothing, so they are told the rate.
 * Utilisation is what was taken of what could have been since the first request; refusals are the share of all requests.
 * All run at the same time, each against a bucket of its own.
 *
 * @module
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { ratioOf, rowOf } from './measure/figures.mjs';
import { Program } from './measure/programs.mjs';
import { bundle } from './ours/bundle.mjs';
import { limiterPeers } from './peers/outbound.mjs';

const WORKERS = 32;
const RATE = 50;
const UTILISATION_MIN = 0.97;
const REFUSALS_MAX = 0.01;

export const describe = { rounds: 1, seconds: 60 };

async function workers(ms, request) {
  const until = performance.now() + ms;
  const worker = async () => {
    while (performance.now() < until) await request();
  };
  await Promise.race([Promise.all(Array.from({ length: WORKERS }, worker)), sleep(ms)]);
}

export async function run({ dir, rounds, seconds, say }) {
  const provider = new Program(process.execPath, [join(import.meta.dirname, 'servers/provider.mjs')]);
  const base = `http://127.0.0.1:${await provider.line('ready')}`;
  const { openPipeline } = await import(pathToFileURL(await bundle('outbound', dir, { threads: true })).href);
  const figures = {};
  let skipped = [];
  for (let round = 1; round <= rounds; round += 1) {
    const ours = await openPipeline(join(dir, `ours-${round}`), `${base}/limited/ours-${round}`, false);
    const { limiters, skipped: missing } = await limiterPeers(RATE);
    skipped = missing;
    const asked = async ({ turn }, name) => {
      await turn();
      await (await fetch(`${base}/limited/${name}-${round}`)).arrayBuffer();
    };
    await Promise.all([
      workers(seconds * 1_000, async () => {
        const waitMs = await ours.call('read', 't1');
        if (waitMs !== undefined) await sleep(waitMs);
      }),
      ...Object.entries(limiters).map(([name, limiter]) => workers(seconds * 1_000, () => asked(limiter, name))),
    ]);
    const counts = await (await fetch(`${base}/counts`)).json();
    for (const name of ['ours', ...Object.keys(limiters)]) {
      figures[name] ??= [];
      figures[name].push(counts[`${name}-${round}`]);
      limiters[name]?.close?.();
    }
    say(`round ${round}/${rounds}`);
    await ours.close();
  }
  await provider.stop();
  const of = (name, field) => figures[name].map((one) => one[field]);
  const params = { ratePerSecond: RATE, seconds };
  const one = figures['ours'].map(() => 1);
  return {
    rows: Object.keys(figures).flatMap((name) => [
      rowOf(
        { name: `${name} utilisation`, params, unit: 'share' },
        of(name, 'utilisation').map((value) => ({ value })),
      ),
      rowOf(
        { name: `${name} refusals`, params, unit: 'share' },
        of(name, 'refusals').map((value) => ({ value })),
      ),
    ]),
    ratios: [
      ratioOf(
        { name: 'utilisation', of: 'ours taken', to: 'possible', floor: UTILISATION_MIN, aim: 0.99 },
        of('ours', 'utilisation'),
        one,
      ),
      ratioOf(
        { name: 'refusals', of: 'ours refused', to: 'requests', floor: REFUSALS_MAX, aim: 0.005, lower: true },
        of('ours', 'refusals'),
        one,
      ),
    ],
    skipped,
  };
}
