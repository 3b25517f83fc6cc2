import { describe, expect, it } from 'vitest';
import type { ClaimedJob } from '../core/job.js';
import { VirtualClock, virtualThreads, type ThreadProgram } from '../testing/index.js';
import type { StepPort } from './context.js';
import { HandlerTable, type Handler } from './handler.js';
import { serveRuns } from './thread-loop.js';
import { ThreadPool } from './thread-pool.js';
import type { FromThread, ToThread } from './thread-protocol.js';

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
    const listener = serveRuns(handlers, (messages: FromThread[]) => thread.post(messages));
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
