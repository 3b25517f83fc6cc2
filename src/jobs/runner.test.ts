import { describe, expect, it } from 'vitest';
import { AppError } from '../core/errors.js';
import type { ClaimedJob, JobSettlement, Turn } from '../core/job.js';
import { SeededRandom } from '../core/seeded-random.js';
import type { Store } from '../core/store.js';
import { VirtualClock } from '../testing/index.js';
import type { RunResult } from './outcome.js';
import { JobRunner } from './runner.js';

const OPTIONS = { concurrency: 4, leaseMs: 9_000, pollMs: 1_000, owner: 'me' };

/** A queue of numbered jobs, as far as the runner looks at one. `kindOf` names the queue of a number. */
function queue(
  clock: VirtualClock,
  count: number,
  kindOf: (number: number) => string = () => 'h',
  body?: Uint8Array,
  over: (number: number) => Partial<ClaimedJob> = () => ({}),
) {
  let next = 0;
  const settled: JobSettlement[] = [];
  const turns: Turn[] = [];
  const broken = { turns: 0 };
  const refusedStarts = new Set<string>();
  const atOnce: Turn[][] = [];
  let underWay: Turn[] = [];
  const store = {
    capabilities: { concurrentWriters: true },
    system: {
      async turn(turn: Turn) {
        turns.push(turn);
        underWay = [...underWay, turn];
        atOnce.push(underWay);
        await clock.sleep(2);
        underWay = underWay.filter((one) => one !== turn);
        if (broken.turns > 0) {
          broken.turns -= 1;
          throw new AppError('store_unavailable', { problem: 'full' });
        }
        settled.push(...turn.settled);
        const claimed: ClaimedJob[] = [];
        while (claimed.length < (turn.claim?.limit ?? 0) && next < count) {
          claimed.push({
            id: `job_${next}`,
            scope: { tenant: 't', environment: 'sandbox' },
            fence: 1,
            attempt: 1,
            maxAttempts: 3,
            queue: kindOf(next),
            generation: 0,
            ...over(next++),
            event: body === undefined ? {} : { body },
          } as ClaimedJob);
        }
        return { claimed, refused: (turn.start ?? []).map(({ id }) => id).filter((id) => refusedStarts.has(id)) };
      },
      nextDueInMs: async () => undefined,
    },
  } as unknown as Store;
  return { store, settled, turns, broken, refusedStarts, atOnce };
}

function runner(
  clock: VirtualClock,
  store: Store,
  run: (job: ClaimedJob) => Promise<RunResult>,
  standing?: () => number | undefined,
  options: Partial<typeof OPTIONS & { pollFirstMs: number }> = {},
): JobRunner {
  return new JobRunner(
    {
      store,
      clock,
      random: new SeededRandom(1),
      log: () => {},
      run,
      clean: (text) => text,
      ...(standing && { standing }),
    },
    { ...OPTIONS, ...options },
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

  it('holds more when handlers are fast, and few again when they are slow', async () => {
    const clock = new VirtualClock();
    const { store } = queue(clock, 100_000);
    let tookMs = 0;
    const jobs = runner(clock, store, async () => {
      if (tookMs > 0) await clock.sleep(tookMs);
      return { kind: 'completed' };
    });
    jobs.start();
    await clock.advance(20);
    expect(jobs.held).toBeGreaterThan(1_000);
    expect(jobs.held).toBeLessThanOrEqual(2_048);
    tookMs = 200;
    await clock.advance(120_000);
    expect(jobs.held).toBeLessThan(128);
    await clock.runUntil(jobs.drain());
  });

  it('lets a second turn go beside the first where much has ended, and never a third', async () => {
    const clock = new VirtualClock();
    const { store, settled, atOnce } = queue(clock, 20_000);
    let slow = false;
    const jobs = runner(clock, store, async () => {
      if (slow) await clock.sleep(4_000);
      return { kind: 'completed' };
    });
    jobs.start();
    await clock.advance(50);
    expect(Math.max(...atOnce.map(({ length }) => length))).toBe(2);
    for (const [, beside] of atOnce.filter(({ length }) => length === 2)) {
      expect(beside!.settled.length).toBeGreaterThanOrEqual(64);
    }
    slow = true;
    await clock.advance(60_000);
    atOnce.length = 0;
    await clock.advance(60_000);
    expect(Math.max(...atOnce.map(({ length }) => length))).toBe(1);
    slow = false;
    await clock.advance(60_000);
    expect(settled).toHaveLength(20_000);
    expect(new Set(settled.map(({ id }) => id)).size).toBe(20_000);
    await clock.runUntil(jobs.drain());
  });

  it('lets no turn go beside another where the store is in this process', async () => {
    const clock = new VirtualClock();
    const { store, settled, atOnce } = queue(clock, 5_000);
    store.capabilities.concurrentWriters = false;
    const jobs = runner(clock, store, async () => ({ kind: 'completed' }));
    jobs.start();
    await clock.advance(60_000);
    expect(settled).toHaveLength(5_000);
    expect(Math.max(...atOnce.map(({ length }) => length))).toBe(1);
    await clock.runUntil(jobs.drain());
  });

  it('knocks one turn at a time at a store that it could not reach, and tells it everything once', async () => {
    const clock = new VirtualClock();
    const { store, settled, broken, atOnce } = queue(clock, 20_000);
    const jobs = runner(clock, store, async () => ({ kind: 'completed' }));
    jobs.start();
    await clock.advance(20);
    broken.turns = 6;
    await clock.advance(400);
    const failing = atOnce.length;
    await clock.advance(600);
    expect(Math.max(...atOnce.slice(failing, failing + 2).map(({ length }) => length))).toBe(1);
    await clock.advance(60_000);
    expect(settled).toHaveLength(20_000);
    expect(new Set(settled.map(({ id }) => id)).size).toBe(20_000);
    await clock.runUntil(jobs.drain());
  });

  it('claims nothing more once it holds 16 MiB of bodies', async () => {
    const clock = new VirtualClock();
    const { store } = queue(clock, 2_000, undefined, new Uint8Array(1024 * 1024));
    const jobs = runner(clock, store, () => new Promise(() => {}));
    jobs.start();
    await clock.advance(100);
    // A claim itself is bounded by the store, which this queue is not.
    expect(jobs.held).toBe(64);
    jobs.wake();
    await clock.advance(100);
    expect(jobs.held).toBe(64);
  });

  it('goes on at once when what it held was heavy', async () => {
    const clock = new VirtualClock();
    const { store, settled } = queue(clock, 200, undefined, new Uint8Array(1024 * 1024));
    const jobs = runner(clock, store, async () => ({ kind: 'completed' }));
    jobs.start();
    await clock.advance(100);
    expect(settled).toHaveLength(200);
  });

  it('lets queues take turns, each in the order of its claims', async () => {
    const clock = new VirtualClock();
    const { store } = queue(clock, 60, (number) => (number < 50 ? 'long' : 'short'));
    const started: string[] = [];
    const jobs = runner(clock, store, async ({ id }) => {
      started.push(id);
      await clock.sleep(10);
      return { kind: 'completed' };
    });
    jobs.start();
    await clock.advance(20);
    expect(started.slice(0, 8)).toEqual(['job_0', 'job_50', 'job_1', 'job_51', 'job_2', 'job_52', 'job_3', 'job_53']);
    await clock.runUntil(jobs.drain());
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

  it.each([
    ['others may take it for dead', undefined],
    ['others took it for dead, and it stands anew', 2],
  ])('begins nothing that it claimed before %s', async (_, now) => {
    const clock = new VirtualClock();
    const { store, settled, turns } = queue(clock, 20);
    let standing: number | undefined = 1;
    const begun: string[] = [];
    const run = async ({ id }: ClaimedJob): Promise<RunResult> => {
      begun.push(id);
      await clock.sleep(100);
      return { kind: 'completed' };
    };
    const jobs = runner(clock, store, run, () => standing);
    jobs.start();
    await clock.advance(50);
    expect(begun).toHaveLength(OPTIONS.concurrency);
    standing = now;
    const claims = turns.filter(({ claim }) => claim !== undefined).length;
    await clock.advance(1_000);
    expect(begun).toHaveLength(OPTIONS.concurrency);
    const outcomes = (of: string): number => settled.filter(({ outcome }) => outcome === of).length;
    expect([outcomes('completed'), outcomes('released')]).toEqual([OPTIONS.concurrency, 20 - OPTIONS.concurrency]);
    const later = turns.filter(({ claim }) => claim !== undefined).length;
    expect(later > claims).toBe(now !== undefined);
    await clock.runUntil(jobs.drain());
  });

  it('looks again soon after it found jobs, and ever later while it finds none', async () => {
    const clock = new VirtualClock();
    const { store, turns } = queue(clock, 1);
    const looks: number[] = [];
    const { turn } = store.system;
    store.system.turn = async (given) => {
      if (given.claim !== undefined) looks.push(clock.monotonicMs());
      return await turn(given);
    };
    runner(clock, store, async () => ({ kind: 'completed' }), undefined, { pollMs: 1_000, pollFirstMs: 100 }).start();
    await clock.advance(4_000);
    const gaps = looks.slice(1).map((atMs, at) => Math.round((atMs - looks[at]!) / 100) * 100);
    expect(gaps.filter((gap) => gap > 0).slice(0, 5)).toEqual([100, 200, 400, 800, 1_000]);
    expect(turns.length).toBeGreaterThan(6);
  });

  it('looks less often for jobs that it is told of and never finds, and at once for the next after a pause', async () => {
    const clock = new VirtualClock();
    const { store, turns } = queue(clock, 0);
    const jobs = runner(clock, store, async () => ({ kind: 'completed' }), undefined, { pollMs: 600_000 });
    jobs.start();
    await clock.advance(10);
    for (let told = 0; told < 200; told += 1) {
      jobs.wake();
      await clock.advance(5);
    }
    // A second of events of a paused queue.
    expect(turns.length).toBeLessThan(30);
    expect(turns.length).toBeGreaterThan(15);
    await clock.advance(200);
    const before = turns.length;
    jobs.wake();
    await clock.advance(1);
    expect(turns).toHaveLength(before + 1);
    await clock.runUntil(jobs.drain());
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
    expect(turns.flatMap(({ extend }) => extend?.jobs.map(({ id }) => id) ?? [])).toEqual(['job_0', 'job_0', 'job_0']);
  });

  it('begins what was claimed ahead only when the store has its start, and never more than fit', async () => {
    const clock = new VirtualClock();
    const ahead = (number: number): Partial<ClaimedJob> => (number % 3 === 0 ? {} : { attempt: 2, ahead: true });
    const { store, settled, turns, broken, refusedStarts } = queue(clock, 60, undefined, undefined, ahead);
    refusedStarts.add('job_4');
    const told = () => new Set(turns.flatMap(({ start = [] }) => start.map(({ id }) => id)));
    const begun: string[] = [];
    let running = 0;
    const jobs = runner(clock, store, async (job) => {
      expect(job.ahead !== true || told().has(job.id)).toBe(true);
      expect(++running).toBeLessThanOrEqual(OPTIONS.concurrency);
      begun.push(job.id);
      if (begun.length === 10) broken.turns = 3;
      await clock.sleep(5);
      running -= 1;
      return { kind: 'completed' };
    });
    jobs.start();
    await clock.advance(10_000);
    expect([begun.length, new Set(begun).size, begun.includes('job_4')]).toEqual([59, 59, false]);
    expect(settled).toHaveLength(59);
    expect(jobs.held).toBe(0);
    // A start that nobody may have heard of is told again, so that it is counted.
    expect(told().size).toBe(40);
    await clock.runUntil(jobs.drain());
  });

  it('gives back on drain what has a slot and no leave to begin', async () => {
    const clock = new VirtualClock();
    const { store, settled } = queue(clock, 20, undefined, undefined, () => ({ attempt: 2, ahead: true }));
    const begun: string[] = [];
    const jobs = runner(clock, store, async ({ id }) => {
      begun.push(id);
      return { kind: 'completed' };
    });
    jobs.start();
    await clock.advance(3);
    await clock.runUntil(jobs.drain());
    expect(begun).toEqual([]);
    expect(settled.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 20 }, () => 'released'));
    expect(jobs.held).toBe(0);
  });

  it.each([
    ['the machine slept', (clock: VirtualClock) => clock.jumpWall(60_000)],
    ['the clock was set back, and the lease ran out by the other', (clock: VirtualClock) => clock.jumpWall(-60_000)],
  ])('starts nothing beyond the end of its lease, gives it back and keeps what runs: %s', async (_, upset) => {
    const clock = new VirtualClock();
    const { store, settled, turns, broken } = queue(clock, 20);
    const started: string[] = [];
    const ends: (() => void)[] = [];
    const jobs = runner(clock, store, async ({ id }) => {
      started.push(id);
      await new Promise<void>((resolve) => ends.push(resolve));
      return { kind: 'completed' };
    });
    jobs.start();
    await clock.advance(100);
    upset(clock);
    broken.turns = 1_000;
    await clock.advance(OPTIONS.leaseMs);
    ends[0]!();
    await clock.advance(1);
    expect(started).toHaveLength(OPTIONS.concurrency);
    broken.turns = 0;
    turns.length = 0;
    await clock.advance(500);
    const ofOutcome = (outcome: string) => settled.filter((settlement) => settlement.outcome === outcome);
    expect([ofOutcome('completed').length, ofOutcome('released').length]).toEqual([1, 16]);
    expect(turns.find(({ extend }) => extend !== undefined)?.extend?.jobs.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['job_1', 'job_2', 'job_3']),
    );
  });

  it('keeps the lease of what still runs while it drains', async () => {
    const clock = new VirtualClock();
    const { store, turns } = queue(clock, 5);
    let end = (): void => {};
    const jobs = runner(clock, store, async ({ id }) => {
      if (id === 'job_0') await new Promise<void>((resolve) => (end = resolve));
      return { kind: 'completed' };
    });
    jobs.start();
    await clock.advance(100);
    const drained = jobs.drain();
    await clock.advance(20_000);
    expect(turns.flatMap(({ extend }) => extend?.jobs.map(({ id }) => id) ?? [])).toEqual(
      Array.from({ length: 6 }, () => 'job_0'),
    );
    end();
    await clock.runUntil(drained);
    expect(clock.pending).toBe(0);
  });
});
