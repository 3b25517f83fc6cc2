/**
 * The store in one thread: the engine runs where it is called, commits are steps that a simulation can stop between.
 *
 * @module
 */
import { AppError } from '../../core/errors.js';
import type { Clock } from '../../core/ports.js';
import type { Store } from '../../core/store.js';
import { Committer } from './committer.js';
import { loadBinding, openWriter, type Binding, type Connection } from './engine-binding.js';
import type { Engine } from './engine.js';
import { GroupQueue } from './group-queue.js';
import type { Migration } from './migrations/index.js';
import { openEngine, prepare } from './open-engine.js';
import { steadyClock } from './steady-clock.js';
import { facade, laneOf, type VerbCall } from './verb-lanes.js';
import { runVerb } from './verbs.js';

export interface InProcessOptions {
  clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
  /** Called once after an error that leaves the file in doubt. */
  onFatal?: (error: unknown) => void;
  /**
   * Awaited around every commit. A simulation lets time pass here, or calls `crash()`: before `commit` the group is
   * lost, before `answer` it is kept and nobody was told.
   */
  pause?: (before: 'commit' | 'answer') => Promise<void>;
  /** What this program knows of the schema; a test of a rolling upgrade leaves out the last. */
  migrations?: readonly Migration[];
}

export interface InProcessStore extends Store {
  /** Ends as a killed process does: what is not committed is gone, promises that are open stay open. */
  crash(): void;
  /** The next process: opens what this one left. Only after {@link crash} or `system.close()`. */
  reopen(): Promise<InProcessStore>;
  /** The engine, for tests that look or meddle. */
  readonly engine: Engine;
}

/** @param path a file, or `:memory:` for a database that lives as long as the connection. */
export async function openSqliteInProcess(path: string, options: InProcessOptions): Promise<InProcessStore> {
  const binding = await loadBinding();
  if (path !== ':memory:')
    return overEngine(openEngine(binding, path, options.clock.nowMs(), options.migrations), binding, options);
  return overMemory(openWriter(binding, path), binding, options);
}

function overMemory(connection: Connection, binding: Binding, options: InProcessOptions): InProcessStore {
  return overEngine(prepare(connection, ':memory:', options.clock.nowMs(), options.migrations), binding, options);
}

function overEngine(engine: Engine, binding: Binding, options: InProcessOptions): InProcessStore {
  const { path, connection } = engine;
  const nowMs = steadyClock(options.clock);
  const committer = new Committer(engine, (error) => options.onFatal?.(error));
  let hasEnded = false;
  const never = new Promise<never>(() => {});

  const groups = new GroupQueue(async (calls) => {
    await options.pause?.('commit');
    if (hasEnded) return never;
    const outcomes = committer.run(nowMs(), calls);
    committer.maintain(groups.isIdle);
    await options.pause?.('answer');
    return hasEnded ? never : outcomes;
  });

  async function read(call: VerbCall): Promise<unknown> {
    if (hasEnded) throw new AppError('store_unavailable', { problem: 'The store is closed.' });
    engine.setNow(nowMs());
    return runVerb(engine, call);
  }

  const end = (): void => {
    hasEnded = true;
    groups.drop();
  };

  /** A killed process answers nobody, whatever it is asked. */
  let hasCrashed = false;
  const verbs = facade((call) => {
    if (hasCrashed) return never;
    return laneOf(call.name) === 'write' ? groups.submit(call) : read(call);
  });
  return {
    ...verbs,
    capabilities: { concurrentWriters: false, notify: false, backup: path !== ':memory:' },
    system: {
      ...verbs.system,
      async close() {
        if (hasEnded) return;
        await groups.submit({ name: 'system.sourcesVersion', args: [] }).catch(() => {});
        groups.close(new AppError('store_unavailable', { problem: 'The store is closed.' }));
        end();
        if (path !== ':memory:') engine.close();
      },
    },
    engine,
    crash() {
      hasCrashed = true;
      end();
      if (path !== ':memory:') engine.abandon();
    },
    reopen: async () =>
      path === ':memory:' ? overMemory(connection, binding, options) : openSqliteInProcess(path, options),
  };
}
