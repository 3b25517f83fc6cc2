import { describe, expect, it } from 'vitest';
import type { ClaimedJob } from '../core/job.js';
import type { Threads } from '../core/ports.js';
import { VirtualClock, virtualThreads, type ThreadProgram } from '../testing/index.js';
import { begin } from './begun-runs.js';
import type { StepPort } from './context.js';
import { HandlerTable, type Handler } from './handler.js';
import { serveRuns } from './thread-loop.js';
import { ThreadPool } from './thread-pool.js';
import type { FromThread, ThreadStart, ToThread } from './thread-protocol.js';

const job = (id: string, queue = 'h'): ClaimedJob =>
  ({
    id,
    queue,
    fence: 1,
    attempt: 1,
    maxAttempts: 3,
    generation: 0,
    scope: { tenant: 't', environment: 'sandbox' },
    event: { id: `evt_${id}`, provider: 'p', type: 'x', key: id, headers: '{}', receivedAtMs: 0 },
  }) as unknown as ClaimedJob;
const BODY = Buffer.from('{}');
const refuse: StepPort = async () => ({ kind: 'output', output: undefined });
const handlers = new HandlerTable([
  { provider: 'p', type: 'x', options: { name: 'h', deadlineMs: 1_000 }, run: (event) => behave(event.key) },
]);
const handler = handlers.get('h') as Handler;

/** What the handler does, by the key of its event. */
function behave(key: string): unknown {
  if (key.startsWith('loops')) return new Promise(() => {});
  if (key.startsWith('throws')) throw new RangeError('boom');
  return undefined;
}

/** The real inside of a thread; `kill` ends it at the run of that key. */
function program(kill?: string): ThreadProgram {
  return (thread) => {
    const listener = serveRuns(handlers, (thread.data as ThreadStart).begun, (messages: FromThread[]) =>
      thread.post(messages),
    );
    return (messages) => {
      const mine = messages as ToThread[];
      if (mine.some((message) => message.kind === 'run' && message.unread.event.key === kill))
        return thread.exit('out of memory');
      listener(mine);
    };
  };
}

function pool(clock: VirtualClock, thread: ThreadProgram, threads = 1): ThreadPool {
  const parts = { clock, log: () => {}, threads: virtualThreads(clock, { 'handler-thread': thread }) };
  return new ThreadPool(parts, { threads, heapMb: 64, runsPerThread: 8, start: { configPath: 'x', made: new Map() } });
}

/**
 * Threads that begin their runs one by one and take so long for each, `loops` for ever, and `leaves` when its run has
 * ended; `began` tells of each thread that was started what it began, `living` which still are.
 */
function busyPool(clock: VirtualClock, takesMs: number) {
  const began: string[][] = [];
  const living = new Set<number>();
  const thread: ThreadProgram = ({ data, post }) => {
    const { begun } = data as ThreadStart;
    const mine: string[] = [];
    began.push(mine);
    const inbox: ToThread[] = [];
    let isBusy = false;
    const next = (): void => {
      isBusy = false;
      const message = inbox.shift();
      if (message === undefined) return;
      isBusy = true;
      if (message.kind === 'ping') post([{ kind: 'pong' } satisfies FromThread]);
      if (message.kind !== 'run' || !begin(begun, message.nth)) return next();
      const { runId } = message;
      const { key } = message.unread.event;
      mine.push(key);
      if (key.startsWith('loops')) return;
      clock.after(key.startsWith('blocks') ? 400 : takesMs, () => {
        post([{ kind: 'ended', runId, result: { kind: 'completed' } } satisfies FromThread]);
        if (!key.startsWith('leaves')) next();
      });
    };
    return (messages) => {
      inbox.push(...(messages as ToThread[]));
      if (!isBusy) next();
    };
  };
  const virtual = virtualThreads(clock, { 'handler-thread': thread });
  const threads: Threads = {
    spawn(...given) {
      const spawned = virtual.spawn(...given);
      const id = began.length;
      living.add(id);
      spawned.onExit(() => living.delete(id));
      return spawned;
    },
  };
  const options = { threads: 2, heapMb: 64, runsPerThread: 8, start: { configPath: 'x', made: new Map() } };
  const runs = new ThreadPool({ clock, log: () => {}, threads }, options);
  const run = (id: string, deadlineMs = handler.deadlineMs) =>
    runs.run(job(id), { ...handler, deadlineMs }, BODY, refuse);
  return { began, living, run };
}

describe('ThreadPool', () => {
  it('runs a handler to its end, and says what it threw', async () => {
    const clock = new VirtualClock();
    const runs = pool(clock, program());
    const ended = [runs.run(job('fine'), handler, BODY, refuse), runs.run(job('throws'), handler, BODY, refuse)];
    expect(await clock.runUntil(Promise.all(ended))).toEqual([
      { kind: 'completed' },
      { kind: 'threw', name: 'RangeError', message: 'boom' },
    ]);
  });

  it('ends a run at its deadline; its neighbours are given back uncounted', async () => {
    const clock = new VirtualClock();
    const runs = pool(clock, program());
    const loop = runs.run(job('loops'), handler, BODY, refuse);
    await clock.advance(500);
    const neighbour = runs.run(job('loops-too'), handler, BODY, refuse);
    expect(await clock.runUntil(Promise.all([loop, neighbour]))).toEqual([
      { kind: 'timed_out', limitMs: 1_000 },
      { kind: 'released' },
    ]);
    expect(clock.monotonicMs()).toBe(1_000);
    expect(await clock.runUntil(runs.run(job('next'), handler, BODY, refuse))).toEqual({ kind: 'completed' });
  });

  it('tries the runs of a dead thread alone: who dies alone is guilty', async () => {
    const clock = new VirtualClock();
    const runs = pool(clock, program('kills'));
    const together = ['kills', 'innocent'].map((id) => runs.run(job(id), handler, BODY, refuse));
    expect(await clock.runUntil(Promise.all(together))).toEqual([{ kind: 'released' }, { kind: 'released' }]);
    const again = ['kills', 'innocent'].map((id) => runs.run(job(id), handler, BODY, refuse));
    expect(await clock.runUntil(Promise.all(again))).toEqual([
      { kind: 'crashed', reason: "the handler's thread ended: out of memory" },
      { kind: 'completed' },
    ]);
  });

  it('fails the run whose event cannot be cloned into the thread, and no other', async () => {
    const clock = new VirtualClock(0);
    const runs = pool(clock, program());
    const unclonable = { ...job('odd'), event: { ...job('odd').event, subject: (() => 'x') as unknown as string } };
    const results = Promise.all([
      runs.run(unclonable, handler, BODY, refuse),
      runs.run(job('fine'), handler, BODY, refuse),
    ]);
    const [odd, fine] = await clock.runUntil(results);
    expect(odd).toMatchObject({ kind: 'threw', name: 'DataCloneError' });
    expect(fine).toEqual({ kind: 'completed' });
    await runs.close();
  });

  it('says that a configuration did not load', async () => {
    const clock = new VirtualClock();
    const runs = pool(clock, (thread) => {
      thread.post([{ kind: 'failed_to_start', problem: 'line 3' } satisfies FromThread]);
      return () => {};
    });
    expect(await clock.runUntil(runs.run(job('a'), handler, BODY, refuse))).toMatchObject({ kind: 'crashed' });
  });

  it('gives back what waits when it is closed', async () => {
    const clock = new VirtualClock();
    const runs = pool(clock, program());
    const waiting = Array.from({ length: 20 }, (_, i) => runs.run(job(`loops-${i}`), handler, BODY, refuse));
    await clock.advance(1);
    await clock.runUntil(runs.close());
    const results = await clock.runUntil(Promise.all(waiting));
    expect(results.filter(({ kind }) => kind === 'released')).toHaveLength(20);
  });
});

describe('the threads of a ThreadPool', () => {
  it('are one, where one gets through', async () => {
    const clock = new VirtualClock();
    const { run, began } = busyPool(clock, 2);
    for (let round = 0; round < 100; round += 1) {
      await clock.runUntil(Promise.all([run(`a${round}`), run(`b${round}`), run(`c${round}`)]));
      await clock.advance(20);
    }
    expect(began.map(({ length }) => length)).toEqual([300]);
  });

  it('are two as soon as one is blocked: what it has not begun begins in the other, and there alone', async () => {
    const clock = new VirtualClock();
    const { run, began } = busyPool(clock, 1);
    await clock.runUntil(run('first'));
    const blocked = run('blocks');
    await clock.advance(1);
    const beside = [run('beside-1'), run('beside-2')];
    const startedAtMs = clock.monotonicMs();
    expect(await clock.runUntil(Promise.all(beside))).toEqual([{ kind: 'completed' }, { kind: 'completed' }]);
    expect(clock.monotonicMs() - startedAtMs).toBeLessThan(60);
    expect(await clock.runUntil(blocked)).toEqual({ kind: 'completed' });
    await clock.advance(100);
    expect(began).toEqual([
      ['first', 'blocks'],
      ['beside-1', 'beside-2'],
    ]);
  });

  it('give a thread that was blocked work again when it answers', async () => {
    const clock = new VirtualClock();
    const { run, began } = busyPool(clock, 50);
    await clock.runUntil(run('first'));
    const blocked = [run('blocks'), run('loops')];
    await clock.advance(100);
    expect(began).toEqual([['first', 'blocks'], ['loops']]);
    await clock.runUntil(blocked[0]!);
    expect(await clock.runUntil(run('later'))).toEqual({ kind: 'completed' });
    expect(began).toEqual([['first', 'blocks', 'later'], ['loops']]);
    expect(await clock.runUntil(blocked[1]!)).toEqual({ kind: 'timed_out', limitMs: 1_000 });
  });

  it('let what waits wait, where all are blocked, for the first that goes on; the wait is not the deadline', async () => {
    const clock = new VirtualClock();
    const { run, began } = busyPool(clock, 1);
    await clock.runUntil(run('first'));
    const loops = [run('loops-1'), run('loops-2')];
    await clock.advance(100);
    const waits = run('waits');
    expect(await clock.runUntil(Promise.all([...loops, waits]))).toEqual([
      { kind: 'timed_out', limitMs: 1_000 },
      { kind: 'timed_out', limitMs: 1_000 },
      { kind: 'completed' },
    ]);
    expect(began).toEqual([['first', 'loops-1'], ['loops-2'], ['waits']]);
  });

  it('are replaced where what a run left behind blocks them, which no deadline ends', async () => {
    const clock = new VirtualClock();
    const { run, began, living } = busyPool(clock, 1);
    for (const id of ['leaves-1', 'leaves-2', 'waits']) {
      expect(await clock.runUntil(run(id))).toEqual({ kind: 'completed' });
    }
    expect(began).toEqual([['leaves-1'], ['leaves-2'], ['waits']]);
    expect(clock.monotonicMs()).toBeLessThan(11_000);
    await clock.advance(11_000);
    expect([...living]).toEqual([3]);
  });

  it('stay while they have the work of one that is blocked', async () => {
    const clock = new VirtualClock();
    const { run, began } = busyPool(clock, 1);
    await clock.runUntil(run('first'));
    const loops = run('loops', 60_000);
    for (let round = 0; round < 50; round += 1) {
      await clock.runUntil(run('beside'));
      await clock.advance(1_000);
    }
    expect(began.map(({ length }) => length)).toEqual([2, 50]);
    expect(await clock.runUntil(loops)).toEqual({ kind: 'timed_out', limitMs: 60_000 });
  });

  it('are two while there is more than one gets through, and one again some time after', async () => {
    const clock = new VirtualClock();
    const { run, began, living } = busyPool(clock, 5);
    const worker = async (): Promise<void> => {
      for (let round = 0; round < 300; round += 1) await run(`run-${round}`);
    };
    await clock.runUntil(Promise.all([worker(), worker(), worker(), worker()]));
    const [one = [], other = []] = began;
    expect(one.length + other.length).toBe(1_200);
    expect(other.length).toBeGreaterThan(300);
    expect(living.size).toBe(2);
    await clock.advance(11_000);
    expect(living.size).toBe(1);
    expect(await clock.runUntil(run('later'))).toEqual({ kind: 'completed' });
    expect(one.at(-1)).toBe('later');
  });
});
