/**
 * Over REST, on SQLite and on PostgreSQL: an object of the other environment is 404 over every route that the table of
 * operations makes, no list shows it, and keys, limits, policy and approvals of one are nothing to the other.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Environment } from '../../src/core/scope.js';
import type { Store } from '../../src/core/store.js';
import { openPostgres } from '../../src/storage/postgres/index.js';
import type { VirtualClock } from '../../src/testing/index.js';
import { hasPostgres, TestPostgres } from '../support/postgres.js';
import { MESSAGE, PASSPHRASE, restWorld, TABLE, type Made, type RestWorld } from './rest-world.js';

/** Whose id stands in the path, by its first word. */
const KINDS: Readonly<Record<string, keyof Made>> = {
  approvals: 'approval',
  audit: 'entry',
  calls: 'call',
  connections: 'connection',
  events: 'event',
  jobs: 'job',
  keys: 'key',
  secrets: 'secret',
  sources: 'source',
};
/** What is no environment's: it is the installation's, or stands in the program. */
const SHARED = new Set(['actions', 'approvers', 'clients', 'grants', 'people', 'specs', 'tenants', 'vault']);
/** What these need beside the id. */
const BODIES: Readonly<Record<string, object>> = {
  'approvals.approve': { passphrase: PASSPHRASE },
  'approvals.reject': { passphrase: PASSPHRASE },
  'calls.settle': { outcome: 'took-place' },
  'connections.restrict': { only: ['channel=C1'] },
  'keys.rotate': { by: 'ada', byPassphrase: PASSPHRASE },
  'secrets.rotate': { value: 'another value of this secret' },
};
const wordOf = (path: string): string => path.split('/')[2]!;
const ROUTES = TABLE.filter(({ http, name }) => http.path.includes('{') && !name.endsWith('.request'));
const SCOPED = ROUTES.filter(({ http }) => !SHARED.has(wordOf(http.path)));
/** Reads that name nothing are lists; these answer with what is no page of the environment's objects. */
const LISTS = TABLE.filter(
  ({ http, streams }) => http.method === 'GET' && !http.path.includes('{') && streams === undefined,
);
const BOTH = [
  ['sandbox', 'live'],
  ['live', 'sandbox'],
] as const satisfies [Environment, Environment][];

function environments(openStore: (clock: VirtualClock) => Promise<Store | undefined>): void {
  let world: RestWorld;
  let made: Record<Environment, Made>;

  beforeAll(async () => {
    world = await restWorld(openStore);
    made = { sandbox: await world.fill('sandbox'), live: await world.fill('live') };
  }, 60_000);

  afterAll(async () => await world.store.system.close());

  it.each(BOTH)('no list of %s shows what is of %s', async (own, other) => {
    const theirs = Object.values(made[other]);
    const shown: string[] = [];
    for (const { name, http } of LISTS) {
      const { text } = await world.atOnce(world.ask(own, `GET ${http.path}`));
      for (const id of theirs) if (text.includes(id)) shown.push(`${name} shows ${id}`);
    }
    expect(shown).toEqual([]);
    for (const kind of ['approvals', 'calls', 'connections', 'events', 'jobs', 'secrets', 'sources'] as const) {
      const { text } = await world.atOnce(world.ask(own, `GET /v1/${kind}`));
      expect(text).toContain(made[own][KINDS[kind]!]);
    }
  });

  it.each(BOTH)('every route of %s answers 404 for what is of %s', async (own, other) => {
    // Who holds a credential for both decides about an approval wherever it is; a key is of one environment.
    const key = { authorization: `Bearer ${made[own].keyItself}` };
    const wrong: string[] = [];
    for (const { name, http } of SCOPED) {
      const id = made[other][KINDS[wordOf(http.path)]!];
      const line = `${http.method} ${http.path.replace(/\{\w+\}/, encodeURIComponent(id))}`;
      const { status, json } = await world.inTime(world.ask(own, line, BODIES[name], key));
      if (status !== 404 || json?.code !== 'not_found') wrong.push(`${name}: ${status} ${json?.code}`);
    }
    expect(wrong).toEqual([]);
  });

  it('the same routes know them where they are', async () => {
    for (const { http, name } of SCOPED.filter((route) => route.http.method === 'GET')) {
      const id = made.live[KINDS[wordOf(http.path)]!];
      const line = `GET ${http.path.replace(/\{\w+\}/, encodeURIComponent(id))}`;
      expect([name, (await world.atOnce(world.ask('live', line))).status]).not.toEqual([name, 404]);
    }
  });

  it('a batch by ids finds nothing of the other', async () => {
    const replay = await world.atOnce(world.ask('live', 'POST /v1/events/replay', { ids: [made.sandbox.event] }));
    expect(replay).toMatchObject({ status: 404 });
    const through = { 'fairlead-connection': made.sandbox.connection };
    expect(await world.atOnce(world.send('live', through))).toMatchObject({ status: 404, json: { code: 'not_found' } });
  });

  it('a key of a caller is another key in the other', async () => {
    const key = { 'idempotency-key': 'order-7' };
    const first = await world.inTime(world.send('sandbox', key, { ...MESSAGE, text: 'sandbox' }));
    const other = await world.inTime(world.send('live', key, { ...MESSAGE, text: 'live' }));
    expect([first.json.state, other.json.state]).toEqual(['done', 'done']);
    expect(other.json.callId).not.toBe(first.json.callId);
    const again = await world.inTime(world.send('sandbox', key, { ...MESSAGE, text: 'sandbox' }));
    expect(again.json).toMatchObject({ state: 'replayed', callId: first.json.callId });
  });

  it('a bucket that is used up in sandbox does not slow live', async () => {
    await world.clock.advance(10_000);
    const first = await world.atOnce(world.send('sandbox'));
    let isWaiting = true;
    const second = world.send('sandbox').finally(() => (isWaiting = false));
    const live = await world.atOnce(world.send('live'));
    expect([first.json.state, live.json.state, isWaiting]).toEqual(['done', 'done', true]);
    const limits = async (environment: Environment): Promise<string> =>
      (await world.atOnce(world.ask(environment, 'GET /v1/limits?provider=slack'))).text;
    expect(await limits('live')).not.toContain(made.sandbox.connection);
    expect((await world.inTime(second)).json.state).toBe('done');
  });

  it('rules and approvals are of one environment', async () => {
    const quiet = { channel: 'C0QUIET01', text: 'Hello' };
    const states = [];
    for (const environment of ['sandbox', 'live'] as const) {
      states.push((await world.inTime(world.send(environment, {}, quiet))).json);
    }
    expect(states).toMatchObject([{ state: 'done' }, { code: 'policy_denied', call: { state: 'denied' } }]);
    await world.clock.advance(10_000);
    const agent = { 'fairlead-principal-type': 'agent' };
    const inSandbox = await world.inTime(world.send('sandbox', agent));
    const inLive = await world.inTime(world.send('live', agent));
    expect([inSandbox.json.state, inLive.json.state]).toEqual(['done', 'pending_approval']);
    for (const id of [made.live.approval, inLive.json.approval.id]) {
      const path = `/v1/approvals/${id}`;
      expect((await world.inTime(world.ask('live', `GET ${path}`))).json).toMatchObject({ state: 'pending' });
    }
  });
}

it('every route with an id says whose it is', () => {
  const unknown = SCOPED.filter(({ http }) => KINDS[wordOf(http.path)] === undefined).map(({ name }) => name);
  expect(unknown).toEqual([]);
  expect(SCOPED.length).toBeGreaterThan(20);
});

describe('on SQLite', () => void environments(async () => undefined));

describe.skipIf(!hasPostgres())('on PostgreSQL', () => {
  let postgres: TestPostgres;
  beforeAll(async () => void (postgres = await TestPostgres.start()), 90_000);
  afterAll(() => postgres.stop());
  environments(async (clock) => await openPostgres({ url: await postgres.createStore(), clock }));
});
