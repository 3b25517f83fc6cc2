/**
 * One write under one key, five times over, while answers are lost, requests arrive late, the process is killed where
 * it hurts and days pass: the simulated provider counts what took place.
 *
 * `FAIRLEAD_ONE_EFFECT` is the number of runs for each provider, `SEED` repeats one run of every write.
 */
import { describe, expect, it } from 'vitest';
import type { CallResult } from '../../../src/core/call.js';
import { SeededRandom } from '../../../src/core/seeded-random.js';
import { outboundWorld } from '../world.js';
import { fatesOf, pauseMs, problemOf, REPEATS, type Run } from './run.js';
import { UnreliableNet } from './unreliable-net.js';
import { WRITES, type OneWrite } from './writes.js';

const START_MS = Date.UTC(2026, 1, 2, 12);
const RUNS = Number(process.env['FAIRLEAD_ONE_EFFECT'] ?? 8);
const SEED = process.env['SEED'];
/** A process dies at one of its first steps: each exchange has two, each commit two. */
const KILL_STEPS_MAX = 14;

interface VirtualRun extends Run {
  killed: boolean;
}

async function runOnce(write: OneWrite, seed: string): Promise<VirtualRun> {
  const random = new SeededRandom(`${write.name}/${seed}`);
  const { provider, env, input, effects } = write.open(START_MS);
  const killAt = 1 + random.int(KILL_STEPS_MAX);
  let steps = 0;
  let killed = false;
  let onKilled = (): void => {};
  const death = new Promise<undefined>((resolve) => (onKilled = () => resolve(undefined)));
  const onStep = async (): Promise<void> => {
    if (++steps !== killAt) return;
    killed = true;
    world.kill();
    onKilled();
  };
  const options = { env, startMs: START_MS, seed, pause: onStep };
  const ways = { random: random.fork('net'), provider, bases: write.bases, fates: fatesOf(random), onStep };
  const world = await outboundWorld({ ...options, net: { send: async (request) => await net.send(request) } });
  const net = new UnreliableNet({ ...ways, clock: world.clock });

  const repeat = async (atOnce = 1): Promise<CallResult | undefined> => {
    const calls = Array.from({ length: atOnce }, () => world.begin(write.action, input, { idempotencyKey: 'order-7' }));
    const wasAlive = !killed;
    const results = await world.clock.runUntil(Promise.race([Promise.all(calls), ...(wasAlive ? [death] : [])]));
    if (results !== undefined) return results.find(({ state }) => state !== 'running') ?? results[0];
    if (random.float() < 0.5) await world.clock.advance(random.float() * 120_000);
    await world.restart();
    return undefined;
  };

  let last: CallResult | undefined;
  for (let times = 0; times < REPEATS; times++) {
    last = await repeat(random.float() < 0.25 ? 2 : 1);
    await world.clock.advance(pauseMs(random, last?.retryAfterMs));
  }
  for (let times = 0; times < 8 && !(last?.state === 'done' || last?.state === 'replayed'); times++) {
    last = await repeat();
    const isOver = last !== undefined && last.state === 'unknown' && last.retryAfterMs === undefined;
    if (isOver) break;
    await world.clock.advance(last?.retryAfterMs ?? 60_000);
  }
  // What is late has arrived by now.
  await world.clock.advance(10 * 60_000);
  return { effects: effects(), state: last?.state ?? 'running', killed };
}

const providers = [...new Set(WRITES.map(({ action }) => action.split('.')[0]!))];
const runsOf = (write: OneWrite): number => {
  const [provider] = write.action.split('.');
  return Math.ceil(RUNS / WRITES.filter(({ action }) => action.startsWith(`${provider}.`)).length);
};

describe.each(providers)('one effect: %s', (provider) => {
  const writes = WRITES.filter(({ action }) => action.startsWith(`${provider}.`));

  it.each(writes)(
    '$name',
    async (write) => {
      const seeds = SEED === undefined ? Array.from({ length: runsOf(write) }, (_, at) => String(at + 1)) : [SEED];
      const count = { done: 0, unknown: 0, 'unknown with effect': 0, failed: 0, killed: 0 };
      const problems: string[] = [];
      for (const seed of seeds) {
        const run = await runOnce(write, seed);
        const problem = problemOf(run);
        if (problem !== undefined) problems.push(`SEED=${seed} ${write.name}: ${problem}`);
        const isDone = run.state === 'done' || run.state === 'replayed';
        if (isDone) count.done++;
        else if (run.state === 'failed') count.failed++;
        else count[run.effects === 0 ? 'unknown' : 'unknown with effect']++;
        if (run.killed) count.killed++;
      }
      const shown = Object.entries(count).map(([what, number]) => `${number} ${what}`);
      console.log(`${write.name}: ${seeds.length} runs, ${shown.join(', ')}`);
      expect(problems).toEqual([]);
      // A write that never works would never double.
      expect(count.failed).toBeLessThan(seeds.length);
      // Where a mark is kept, what took place is found in the end.
      if (write.ends === 'known') expect(count['unknown with effect']).toBe(0);
    },
    600_000,
  );
});

it('covers all nine', () => {
  expect(providers.toSorted()).toEqual(
    ['figma', 'github', 'google', 'linear', 'notion', 'resend', 'sendgrid', 'slack', 'stripe'].toSorted(),
  );
});
