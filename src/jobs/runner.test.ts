import { describe, expect, it } from 'vitest';
import { AppError } from '../core/errors.js';
import type { ClaimedJob, JobSettlement, Turn } from '../core/job.js';
import { SeededRandom } from '../core/seeded-random.js';
import type { Store } from '../core/store.js';
import { VirtualClock } from '../testing/index.js';
import type { RunResult } from './outcome.js';
import { JobRunner } from './runner.js';

const OPTIONS = { concurrency: 4, leaseMs: 9_000, pollMs: 1_000, owner: 'me' };

/** A queue of numbered jobs, as far as the runner looks at one. */
function queue(clock: VirtualClock, count: number) {
  let next = 0;
  const settled: JobSettlement[] = [];
  const turns: Turn[] = [];
  const broken = { turns: 0 };
  const store = {
    system: {
      async turn(turn: Turn) {
        turns.push(turn);
        await clock.sleep(2);
        if (broken.turns > 0) {
          broken.turns -= 1;
          throw new AppError('store_unavailable', { problem: 'full' });
        }
        settled.push(...turn.settled);
        const claimed: ClaimedJob[] = [];
        while (claimed.length < (turn.claim?.limit ?? 0) && next < count) {
          claimed.push({
            id: `job_${next++}`,
            fence: 1,
            attempt: 1,
            maxAttempts: 3,
            queue: 'h',
            generation: 0,
          } as ClaimedJob);
        }
        return { claimed, refused: [] };
      },
      nextDueInMs: async () => undefined,
    },
  } as unknown as Store;
  return { store, settled, turns, broken };
}

function runner(clock: VirtualClock, store: Store, run: (job: ClaimedJob) => Promise<RunResult>): JobRunner {
  return new JobRunner(
    { store, clock, random: new SeededRandom(1), log: () => {}, run, clean: (text) => text },
    OPTIONS,
  );
}

describe('JobRunner', () => {
  it('runs everything once, never more at a time than it may', async () => {
    const clock = new VirtualClock();
    const { store, settled } = queue(clock, 300);
    let running = 0;
    let most = 0;
    const jobs = runner(clock, store, async () => {
      most = Math.max(most, ++running);
      await clock.sleep(5);
      running -= 1;
      return { kind: 'completed' };
    });
    jobs.start();
    await clock.advance(5_000);
    expect(new Set(settled.map(({ id }) => id)).size).toBe(300);
    expect(settled).toHaveLength(300);
    expect(most).toBe(OPTIONS.concurrency);
    await clock.runUntil(jobs.drain());
  });

  it('holds no more than it can run soon, however much waits', async () => {
    const clock = new VirtualClock();
    const { store } = queue(clock, 100_000);
    const jobs = runner(clock, store, () => new Promise(() => {}));
    jobs.start();
    await clock.advance(100);
    expect(jobs.held).toBeLessThanOrEqual(64);
  });

  it('gives back on drain what has not begun, and waits for what has', async () => {
    const clock = new VirtualClock();
    const { store, settled } = queue(clock, 20);
    const jobs = runner(clock, store, async () => {
      await clock.sleep(500);
      return { kind: 'completed' };
    });
    jobs.start();
    await clock.advance(10);
    await clock.runUntil(jobs.drain());
    const count = (outcome: string): number => settled.filter((settlement) => settlement.outcome === outcome).length;
    expect([count('completed'), count('released')]).toEqual([4, 16]);
    expect(jobs.held).toBe(0);
  });

  it('tells a settlement again that the store could not take', async () => {
    const clock = new VirtualClock();
    const { store, settled, broken } = queue(clock, 3);
    const jobs = runner(clock, store, async () => {
      broken.turns = broken.turns === 0 && settled.length === 0 ? 2 : broken.turns;
      return { kind: 'completed' };
    });
    jobs.start();
    await clock.advance(3_000);
    expect(settled.map(({ id }) => id).toSorted()).toEqual(['job_0', 'job_1', 'job_2']);
  });

  it('extends the leases of what takes long', async () => {
    const clock = new VirtualClock();
    const { store, turns } = queue(clock, 1);
    runner(clock, store, () => new Promise(() => {})).start();
    await clock.advance(10_000);
    expect(turns.flatMap(({ extend }) => extend?.ids ?? [])).toEqual(['job_0', 'job_0', 'job_0']);
  });
});
