import { describe, expect, it } from 'vitest';
import { isAppError } from '../../core/errors.js';
import { SeededRandom } from '../../core/seeded-random.js';
import { newId } from '../../core/ids.js';
import { claim, Fixtures, SANDBOX, VirtualClock } from '../../testing/store-conformance/index.js';
import { openSqliteInProcess, type InProcessStore } from './index.js';

const START_MS = 1_000_000;

async function open(onFatal: (error: unknown) => void = () => {}) {
  const clock = new VirtualClock(START_MS);
  const random = new SeededRandom(7);
  const make = new Fixtures(clock, (kind) => newId(kind, clock, random), random);
  const store = await openSqliteInProcess(':memory:', { clock, onFatal });
  return { clock, make, store };
}

/** Lets the engine's next COMMITs fail as SQLite would. */
function failCommits({ engine }: InProcessStore, errcode: number): () => void {
  const { sql } = engine;
  const exec = sql.exec.bind(sql);
  sql.exec = (text) => {
    if (text === 'commit') throw Object.assign(new TypeError('disk I/O error'), { errcode });
    exec(text);
  };
  return () => (sql.exec = exec);
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (isAppError(error) ? error.code : String(error)),
  );

describe('group commit', () => {
  it('stops for good at the first failed fsync, and says so once', async () => {
    const fatal: unknown[] = [];
    const { make, store } = await open((error) => fatal.push(error));
    await store.events.accept(SANDBOX, make.event());
    const heal = failCommits(store, 10 | (4 << 8));
    const codes = await Promise.all(
      [make.event(), make.event()].map((event) => codeOf(store.events.accept(SANDBOX, event))),
    );
    heal();
    expect(codes).toEqual(['store_unavailable', 'store_unavailable']);
    expect(await codeOf(store.events.accept(SANDBOX, make.event()))).toBe('store_unavailable');
    expect(fatal.map((error) => isAppError(error, 'store_unavailable'))).toEqual([true]);
  });

  it('goes on when the disk has room again', async () => {
    const fatal: unknown[] = [];
    const { make, store } = await open((error) => fatal.push(error));
    const small = make.event();
    await store.events.accept(SANDBOX, small);
    const { page_count: pages } = store.engine.sql.one<{ page_count: number }>('pragma page_count')!;
    store.engine.sql.exec(`pragma max_page_count = ${pages + 2}`);
    const large = make.event({ body: new Uint8Array(100_000) });
    const neighbours = [large, make.event()].map((event) => codeOf(store.events.accept(SANDBOX, event)));
    expect(await Promise.all(neighbours)).toEqual(['store_unavailable', 'store_unavailable']);
    expect(await store.events.get(SANDBOX, large.id)).toBe(undefined);
    store.engine.sql.exec('pragma max_page_count = 1000000');
    expect(await store.events.accept(SANDBOX, large)).toEqual({ kind: 'stored' });
    expect((await claim(store)).length).toBe(2);
    expect(await store.system.integrity()).toEqual([]);
    expect(fatal).toEqual([]);
  });

  it('takes a full disk for a full disk also where only the index of the log cannot grow', async () => {
    const { make, store } = await open(() => expect.unreachable());
    const heal = failCommits(store, 10 | (19 << 8));
    expect(await codeOf(store.events.accept(SANDBOX, make.event()))).toBe('store_unavailable');
    heal();
    expect(await codeOf(store.events.accept(SANDBOX, make.event()))).toBe('resolved');
  });

  it('puts what comes in one breath into one group, in order, up to its limits', async () => {
    const groups: number[] = [];
    const clock = new VirtualClock(START_MS);
    const random = new SeededRandom(7);
    const make = new Fixtures(clock, (kind) => newId(kind, clock, random), random);
    const store = await openSqliteInProcess(':memory:', { clock });
    const { sql } = store.engine;
    const exec = sql.exec.bind(sql);
    sql.exec = (text) => {
      if (text === 'commit') groups.push(store.engine.numbers.events);
      exec(text);
    };
    await Promise.all(Array.from({ length: 600 }, () => store.events.accept(SANDBOX, make.event())));
    expect(groups).toEqual([512, 600]);
    const large = () => make.event({ body: new Uint8Array(5 * 1024 * 1024) });
    await Promise.all([large(), large(), large()].map((event) => store.events.accept(SANDBOX, event)));
    expect(groups.slice(2)).toEqual([601, 602, 603]);
  });

  it('lets a crash come before the commit or before the answer', async () => {
    for (const before of ['commit', 'answer'] as const) {
      const clock = new VirtualClock(START_MS);
      const random = new SeededRandom(7);
      const make = new Fixtures(clock, (kind) => newId(kind, clock, random), random);
      let at: (where: string) => void = () => {};
      const store = await openSqliteInProcess(':memory:', { clock, pause: async (where) => at(where) });
      const event = make.event();
      const crashed = new Promise<void>((resolve) => {
        at = (where) => {
          if (where !== before) return;
          at = () => {};
          store.crash();
          resolve();
        };
      });
      const answer = store.events.accept(SANDBOX, event).then(() => 'answered');
      await crashed;
      const next = await store.reopen();
      expect((await next.events.get(SANDBOX, event.id)) !== undefined).toBe(before === 'answer');
      expect(await Promise.race([answer, next.system.status().then(() => 'silent')])).toBe('silent');
    }
  });
});
