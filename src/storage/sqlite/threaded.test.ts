import { describe, expect, it } from 'vitest';
import { isAppError } from '../../core/errors.js';
import { newId } from '../../core/ids.js';
import type { ThreadHandle, Threads } from '../../core/ports.js';
import { SeededRandom } from '../../core/seeded-random.js';
import { Fixtures, SANDBOX, VirtualClock } from '../../testing/store-conformance/index.js';
import { openSqlite } from './index.js';
import { packError, type FromEngine, type ToEngine } from './thread-protocol.js';
import { AppError } from '../../core/errors.js';

/** A thread that a test plays: what it was sent, and what it says. */
class Played implements ThreadHandle {
  readonly sent: ToEngine[] = [];
  readonly #messages: ((message: unknown) => void)[] = [];
  readonly #exits: ((reason: string) => void)[] = [];
  constructor(readonly entry: string) {}
  post = (message: unknown): void => void this.sent.push(message as ToEngine);
  onMessage = (listener: (message: unknown) => void): void => void this.#messages.push(listener);
  onExit = (listener: (reason: string) => void): void => void this.#exits.push(listener);
  terminate = async (): Promise<void> => this.exit('terminated');
  say(message: FromEngine): void {
    for (const listener of this.#messages) listener(message);
  }
  exit(reason: string): void {
    for (const listener of this.#exits.splice(0)) listener(reason);
  }
}

async function open() {
  const clock = new VirtualClock(1_000_000);
  const random = new SeededRandom(7);
  const make = new Fixtures(clock, (kind) => newId(kind, clock, random), random);
  const played: Played[] = [];
  const fatal: AppError[] = [];
  const threads: Threads = {
    spawn(entry) {
      const thread = new Played(entry);
      played.push(thread);
      return thread;
    },
  };
  const opening = openSqlite({ path: 'x.db', threads, clock, log: () => {}, onFatal: (error) => fatal.push(error) });
  const opened = opening.catch((error: unknown) => error);
  return { make, played, fatal, opening, opened, writer: played[0]! };
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (isAppError(error) ? error.code : String(error)),
  );

const STORED: FromEngine = { kind: 'committed', outcomes: [0], bytes: [], group: new ArrayBuffer(0) };

describe('the threads of the store', () => {
  it('fail to open as the engine did', async () => {
    const { opened, writer } = await open();
    writer.say({ kind: 'failed', error: packError(new AppError('store_corrupt', { problem: 'x' })) });
    expect(await opened).toMatchObject({ code: 'store_corrupt' });
    const second = await open();
    second.writer.exit('out of memory');
    expect(await second.opened).toMatchObject({ code: 'store_unavailable' });
  });

  it('take one group at a time, all that waited in the next', async () => {
    const { make, opening, writer } = await open();
    writer.say({ kind: 'ready' });
    const store = await opening;
    const first = store.events.accept(SANDBOX, make.event());
    await Promise.resolve();
    const others = [1, 2, 3].map(() => store.events.accept(SANDBOX, make.event()));
    await Promise.resolve();
    const groups = () => writer.sent.flatMap((message) => (message.kind === 'group' ? [message.calls.length] : []));
    expect(groups()).toEqual([1]);
    writer.say(STORED);
    expect(await first).toEqual({ kind: 'stored' });
    writer.say({ kind: 'committed', outcomes: [0, 0, 0], bytes: [], group: new ArrayBuffer(0) });
    await Promise.all(others);
    expect(groups()).toEqual([1, 3]);
  });

  it('acknowledge nothing any more when the disk failed, and say so once', async () => {
    const { make, opening, writer, fatal } = await open();
    writer.say({ kind: 'ready' });
    const store = await opening;
    const underWay = codeOf(store.events.accept(SANDBOX, make.event()));
    await Promise.resolve();
    const waiting = codeOf(store.events.accept(SANDBOX, make.event()));
    writer.say({ kind: 'fatal', error: packError(new AppError('store_unavailable', { problem: 'fsync' })) });
    writer.exit('exited');
    expect(await Promise.all([underWay, waiting])).toEqual(['store_unavailable', 'store_unavailable']);
    expect(await codeOf(store.events.accept(SANDBOX, make.event()))).toBe('store_unavailable');
    expect(fatal.map(({ code }) => code)).toEqual(['store_unavailable']);
  });

  it('start a reader at the first read, and another when it has died', async () => {
    const { opening, writer, played, fatal } = await open();
    writer.say({ kind: 'ready' });
    const store = await opening;
    expect(played.length).toBe(1);
    const lost = codeOf(store.events.get(SANDBOX, 'evt_1'));
    await Promise.resolve();
    expect(played.map(({ entry }) => entry)).toEqual(['writer-thread', 'reader-thread']);
    played[1]!.say({ kind: 'ready' });
    await Promise.resolve();
    played[1]!.exit('out of memory');
    expect(await lost).toBe('store_unavailable');
    void store.events.get(SANDBOX, 'evt_1');
    await Promise.resolve();
    expect(played.length).toBe(3);
    expect(fatal).toEqual([]);
  });
});
