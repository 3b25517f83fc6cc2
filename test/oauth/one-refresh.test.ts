import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { localPrincipal } from '../../src/core/local-identity.js';
import type { RenewalSettlement } from '../../src/core/renewal.js';
import { SeededRandom } from '../../src/core/seeded-random.js';
import type { Store } from '../../src/core/store.js';
import { openPostgresEngine } from '../../src/storage/postgres/index.js';
import { openSqliteInProcess } from '../../src/storage/sqlite/index.js';
import { memoryKeys, VirtualClock } from '../../src/testing/index.js';
import { hasPostgres, TestPostgres } from '../support/postgres.js';
import { createSetting, SANDBOX, START_MS, type Setting } from './setting.js';

/** The proof `one-refresh` asks for more of each. */
const CALLERS = Number(process.env['FAIRLEAD_REFRESH_CALLERS'] ?? 60);
const EXPIRIES = Number(process.env['FAIRLEAD_REFRESH_EXPIRIES'] ?? 1);
const KILLS = Number(process.env['FAIRLEAD_REFRESH_KILLS'] ?? 1);
const HOUR_MS = 3_600_000;
const HOUR_S = 3_600;
/** Of what takes its number of rounds from outside. */
const timeoutMs = (rounds: number): number => 30_000 + rounds * 30_000;

/** Linear, whose refresh tokens are good for one use; the one access token that is good is the last. */
class RotatingProvider {
  requests = 0;
  good = '';
  #refresh = '';
  #count = 0;
  isDown = false;

  constructor(
    readonly delayMs: () => number = () => 0,
    readonly lifeS = HOUR_S,
  ) {}

  serve({ net, clock }: Setting): void {
    net.on('POST https://api.linear.app/oauth/token', async ({ body }) => {
      const form = new URLSearchParams(new TextDecoder().decode(body));
      const isRefresh = form.get('grant_type') === 'refresh_token';
      if (isRefresh) this.requests += 1;
      if (this.isDown) return { status: 503, body: 'down' };
      const isOurs = !isRefresh || form.get('refresh_token') === this.#refresh;
      if (!isOurs) return { status: 400, body: { error: 'invalid_grant' } };
      this.#count += 1;
      this.good = `lin_at_${this.#count}_8d3f6b21`;
      this.#refresh = `lin_rt_${this.#count}_c07e9a54`;
      const answer = { access_token: this.good, refresh_token: this.#refresh, scope: 'read' };
      await clock.sleep(this.delayMs());
      return { body: { ...answer, token_type: 'Bearer', expires_in: this.lifeS } };
    });
    net.on('POST https://api.linear.app/graphql', ({ headers }) => {
      if (headers['authorization'] !== `Bearer ${this.good}`) {
        return {
          status: 401,
          body: {
            errors: [{ message: 'no', extensions: { type: 'authentication error', code: 'AUTHENTICATION_ERROR' } }],
          },
        };
      }
      return {
        body: {
          data: { viewer: { id: 'u1', displayName: 'ada' }, organization: { id: 'o1', name: 'Acme', urlKey: 'acme' } },
        },
      };
    });
  }
}

const stores: { name: string; skip: boolean; open(clock: VirtualClock): Promise<Store> }[] = [];
let postgres: TestPostgres | undefined;
/** A database with our tables: copies of it are at hand at once. */
let template: string | undefined;
stores.push({ name: 'sqlite', skip: false, open: (clock) => openSqliteInProcess(':memory:', { clock }) });
stores.push({
  name: 'postgres',
  skip: !hasPostgres(),
  async open(clock) {
    postgres ??= await TestPostgres.start();
    template ??= await migrated(postgres);
    return (await openPostgresEngine({ url: await postgres.createDatabase(template), clock })).store;
  },
});
afterAll(() => postgres?.stop(), 90_000);

async function migrated(server: TestPostgres): Promise<string> {
  const url = await server.createDatabase();
  const { store } = await openPostgresEngine({ url, clock: new VirtualClock(START_MS) });
  await store.system.close();
  return new URL(url).pathname.slice(1);
}

/** Runs the clock until all of it has ended. */
async function ended<T>(clock: VirtualClock, work: Promise<T>, stepMs = 200): Promise<T> {
  let isOver = false;
  const over = work.finally(() => (isOver = true));
  over.catch(() => undefined);
  while (!isOver) {
    await turns(clock);
    if (!isOver) await clock.advance(stepMs);
  }
  return await over;
}

let barrier: Store | undefined;
/** Of the store, not answered yet. */
const asked = new Set<Promise<unknown>>();
/** A question that waits for the clock itself is not waited for longer than this many others take. */
const MOST_TURNS = 300;

/** What a database answers comes in real time: the clock stands still until it has, and what follows has its turns. */
async function turns(clock: VirtualClock): Promise<void> {
  let idle = 0;
  for (let turn = 0; idle < 6 && turn < MOST_TURNS; turn++) {
    idle = asked.size === 0 ? idle + 1 : 0;
    await barrier?.system.sourcesVersion();
    await clock.advance(0);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The same store; what it is asked is known until it has answered. */
function watched<T extends object>(store: T): T {
  return new Proxy(store, {
    get(target, name, self) {
      const value: unknown = Reflect.get(target, name, self);
      if (typeof value === 'object' && value !== null) return watched(value);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        const answer: unknown = value.apply(target, args);
        if (!(answer instanceof Promise)) return answer;
        asked.add(answer);
        return answer.finally(() => asked.delete(answer));
      };
    },
  });
}

describe.each(stores)('one refresh, over $name', ({ skip, open }) => {
  let clock: VirtualClock;
  let store: Store;
  let nodes: Setting[] = [];

  async function start(
    provider: RotatingProvider,
    count: number,
    wrap = (one: Store, _at: number) => one,
  ): Promise<string> {
    clock = new VirtualClock(START_MS);
    store = await open(clock);
    barrier = store;
    const keys = memoryKeys(new SeededRandom(9));
    nodes = await Promise.all(
      Array.from({ length: count }, (_, at) =>
        createSetting({ store: wrap(watched(store), at), clock, keys, seed: at + 1 }),
      ),
    );
    for (const node of nodes) provider.serve(node);
    const to = await ended(clock, nodes[0]!.connect('linear'), 10);
    expect(to.searchParams.get('success')).toBe('linear');
    const [row] = (await store.connections.list(SANDBOX, {}, { limit: 1 })).rows;
    return row!.id;
  }

  afterEach(async () => {
    for (const node of nodes) node.close();
    nodes = [];
    barrier = undefined;
    asked.clear();
    await store?.system.close();
  });

  let calls = 0;
  const ask = async ({ gateway }: Setting, id: string): Promise<{ ok: boolean; says: string }> => {
    const principal = localPrincipal('person', 'local', 'cli');
    const context = { scope: SANDBOX, principal, callId: `call_${(calls += 1)}`, dryRun: false };
    const call = { context, action: 'linear.identity', input: { within: [] }, connectionId: id };
    const { state, error } = await gateway.callAction(call);
    return { ok: state === 'done', says: error?.detail ?? '' };
  };

  it.skipIf(skip)(
    'S-406: many callers on an expired connection in three Fairleads are one token request, and none of them fails',
    { timeout: timeoutMs(EXPIRIES) },
    async () => {
      const random = new SeededRandom(3);
      const provider = new RotatingProvider(() => 100 + random.float() * 24_900);
      const id = await start(provider, 3);
      for (let round = 1; round <= EXPIRIES; round++) {
        await clock.advance(HOUR_MS + 1_000);
        const all = Array.from({ length: CALLERS }, (_, at) => ask(nodes[at % 3]!, id));
        const answers = await ended(clock, Promise.all(all), 500);
        expect(answers.filter(({ ok }) => !ok)).toEqual([]);
        expect(provider.requests).toBe(round);
      }
    },
  );

  it.skipIf(skip)(
    'S-406: a process that is gone between the answer and the commit leaves a connection that says what to do, and no loop',
    { timeout: timeoutMs(KILLS) },
    async () => {
      for (let kill = 0; kill < KILLS; kill++) {
        const provider = new RotatingProvider();
        // The first node ends for ever when it is about to store what it got.
        const hang =
          (settle: Store['renewals']['settle']) =>
          async (...[scope, id, settlement]: Parameters<typeof settle>) => {
            const isNew = (settlement as RenewalSettlement).credential !== undefined;
            return isNew ? await new Promise<never>(() => {}) : await settle(scope, id, settlement);
          };
        const wrap = (one: Store, at: number): Store =>
          at > 0 ? one : { ...one, renewals: { ...one.renewals, settle: hang(one.renewals.settle) } };
        const id = await start(provider, 2, wrap);
        await clock.advance(HOUR_MS + 1_000);
        void ask(nodes[0]!, id).catch(() => undefined);
        for (let at = 0; at < 200 && provider.requests === 0; at++) {
          await turns(clock);
          await clock.advance(10);
        }
        expect(provider.requests).toBe(1);
        const answers = await ended(clock, Promise.all([ask(nodes[1]!, id), ask(nodes[1]!, id)]), 1_000);
        expect(answers.every(({ ok, says }) => !ok && /cut off|has to be connected again/.test(says))).toBe(true);
        expect((await store.connections.get(SANDBOX, id))?.state).toBe('needs_reconnect');
        const before = provider.requests;
        expect(before).toBe(2);
        await ended(clock, ask(nodes[1]!, id));
        expect(provider.requests).toBe(before);
        for (const node of nodes) node.close();
        barrier = undefined;
        if (kill < KILLS - 1) await store.system.close();
      }
    },
  );

  it.skipIf(skip)('a refused token is renewed once and the call is made once more', async () => {
    const provider = new RotatingProvider();
    const id = await start(provider, 1);
    await clock.advance(10 * 60_000);
    provider.good = 'another';
    expect(await ended(clock, ask(nodes[0]!, id))).toMatchObject({ ok: true });
    expect(provider.requests).toBe(1);
    // One that was made just now and is refused all the same is not made again.
    provider.good = 'another';
    expect(await ended(clock, ask(nodes[0]!, id))).toMatchObject({ ok: false });
    expect(provider.requests).toBe(1);
  });

  it.skipIf(skip)('an outage keeps the token and backs off; when it is over, the next call works', async () => {
    const provider = new RotatingProvider();
    const id = await start(provider, 1);
    provider.isDown = true;
    await clock.advance(50 * 60_000);
    // Ahead of its end the old one is good still.
    expect(await ended(clock, ask(nodes[0]!, id))).toMatchObject({ ok: true });
    await clock.advance(11 * 60_000);
    expect(await ended(clock, ask(nodes[0]!, id), 10)).toMatchObject({ ok: false });
    const asked = provider.requests;
    expect(await ended(clock, ask(nodes[0]!, id), 10)).toMatchObject({ ok: false });
    // One that had begun beside the first call may have come in between; callers add none.
    expect(provider.requests).toBeLessThanOrEqual(asked + 1);
    expect((await store.connections.get(SANDBOX, id))?.state).toBe('connected');
    provider.isDown = false;
    await clock.advance(60_000);
    expect(await ended(clock, ask(nodes[0]!, id))).toMatchObject({ ok: true });
  });

  it.skipIf(skip)('an idle connection is renewed by schedule, before its token ends', async () => {
    // Of a short life, so that there is little to wait for.
    const provider = new RotatingProvider(() => 0, HOUR_S / 6);
    await start(provider, 1);
    await ended(clock, nodes[0]!.fairlead.start());
    const endsAtMs = START_MS + provider.lifeS * 1_000;
    while (provider.requests === 0 && clock.nowMs() < endsAtMs) await ended(clock, clock.sleep(20_000), 20_000);
    expect(provider.requests).toBe(1);
    expect(clock.nowMs()).toBeLessThan(endsAtMs);
    await ended(clock, nodes[0]!.fairlead.drain());
  });

  it.skipIf(skip)('a connection whose access has ended refuses calls with the way back', async () => {
    const provider = new RotatingProvider();
    const id = await start(provider, 1);
    await store.renewals.settle(SANDBOX, id, {
      state: 'needs_reconnect',
      failed: true,
      problem: '{"error":"x","says":"over","atMs":1}',
    });
    const { says } = await ended(clock, ask(nodes[0]!, id));
    expect(says).toContain(`fairlead connection connect linear --reconnect ${id}`);
    const { url } = (await nodes[0]!.call('connections.connect', { provider: 'linear', reconnect: id })) as {
      url: string;
    };
    expect(url).toContain('/connect/linear?link=');
    const to = await ended(clock, nodes[0]!.connect('linear', { reconnect: id }), 10);
    expect(to.searchParams.get('success')).toBe('linear');
    expect(await ended(clock, ask(nodes[0]!, id))).toMatchObject({ ok: true });
  });
});
