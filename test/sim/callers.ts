/**
 * Callers of an action and a worker of the queue that know nothing of each other: calls under one key again and at the
 * same time, and a job that is settled by somebody who has slept through the end of its lease.
 *
 * @module
 */
import type { ClaimedJob } from '../../src/core/job.js';
import { SCOPES } from '../../src/core/principal.js';
import { operationTable, runOperation } from '../../src/operations/index.js';
import { unlessGone } from './unless-gone.js';
import { SCOPE, type World } from './world.js';

const TRIES = 8;
/** By its id: such a channel can be looked through for a message whose fate nobody knows. */
const LISTED_CHANNEL = 'C0SIMULATED';
const LOOK_MS = 20;
const TOGETHER_WITHIN_MS = 4_000;
/** Longer than the lease of a call, mostly also than what a look-up waits for. */
const SLEPT_MS = { min: 30_000, more: 200_000 };
/** The first one is still waiting then: for its next try, for its answer. */
const AFTER_SLEEP_WITHIN_MS = { refusal: 600, effect: 40 };
const MOMENT_WITHIN_MS = 3_000;

/** Posts under a key until it is told that it is posted. @returns whether it was told */
export async function caller(world: World, key: string): Promise<boolean> {
  const { clock, random } = world;
  await clock.sleep(Math.floor(random.float() * 40_000));
  for (let tries = 0; tries < TRIES; tries++) {
    const sleptMs = random.float() < 0.5 ? 0 : SLEPT_MS.min + Math.floor(random.float() * SLEPT_MS.more);
    const states = await Promise.all([post(world, key), postAgain(world, key, sleptMs)]);
    if (states.some((state) => state === 'done' || state === 'replayed')) return true;
    await clock.sleep(200 + Math.floor(random.float() * 6_000));
  }
  return false;
}

/**
 * The same call by somebody else: meanwhile, or when the machine has slept, beyond the lease of the first one, while
 * that waits for its next try or for its answer.
 */
async function postAgain(world: World, key: string, sleptMs: number): Promise<string | undefined> {
  const { clock, random } = world;
  const moment = random.float() < 0.5 ? 'refusal' : 'effect';
  const laterMs = Math.floor(random.float() * (sleptMs === 0 ? TOGETHER_WITHIN_MS : AFTER_SLEEP_WITHIN_MS[moment]));
  let isOver = sleptMs === 0;
  const end = (): void => void (isOver = true);
  if (!isOver) {
    world.at(moment, 1, () => {
      if (isOver) return;
      world.note(`suspended for ${sleptMs}`);
      clock.jumpWall(sleptMs);
      end();
    });
    await until(world, MOMENT_WITHIN_MS, () => isOver);
    end();
  }
  await clock.sleep(laterMs);
  return await post(world, key);
}

async function post(world: World, key: string): Promise<string | undefined> {
  if (world.up === undefined) return undefined;
  const { gateway } = world.up;
  const operation = operationTable(await gateway.connectors()).find(({ name }) => name === 'slack.sendMessage')!;
  const principal = { type: 'person' as const, id: 'ada', scopes: SCOPES, via: 'cli' as const };
  const called = runOperation(
    gateway,
    operation,
    { scope: SCOPE, principal, idempotencyKey: key },
    { channel: LISTED_CHANNEL, text: key },
  );
  const result = (await unlessGone(world, called)) as { state: string } | undefined;
  world.note(`call ${key}: ${result?.state}`);
  return result?.state;
}

const ROUNDS = 3;
const TAKEN_WITHIN_MS = 15_000;
/** Longer than the lease of a job. */
const REPLACED_WITHIN_MS = 90_000;

/** Has a job that was claimed, hangs until another claim has replaced its own, and says then that the job is done. */
export async function hungWorker(world: World): Promise<void> {
  const { clock, random, witness } = world;
  for (let rounds = 0; rounds < ROUNDS; rounds++) {
    await clock.sleep(Math.floor(random.float() * 10_000));
    let job: ClaimedJob | undefined;
    witness.takeNext((claimed) => (job = claimed));
    await until(world, TAKEN_WITHIN_MS, () => job !== undefined);
    if (job === undefined) continue;
    const { id, fence } = job;
    world.note(`${id} is claimed by a worker that hangs`);
    await until(world, REPLACED_WITHIN_MS, () => witness.fenceOf(id) !== fence);
    await clock.sleep(Math.floor(random.float() * 50));
    if (witness.fenceOf(id) === fence || world.store === undefined) continue;
    world.note(`${id} is settled by the worker that hung`);
    await unlessGone(world, world.store.system.turn({ settled: [{ id, fence, outcome: 'completed' }] }));
  }
}

async function until(world: World, patienceMs: number, probe: () => boolean): Promise<void> {
  for (let waitedMs = 0; waitedMs < patienceMs && !probe(); waitedMs += LOOK_MS) await world.clock.sleep(LOOK_MS);
}
