/** What a connector declares, as the pipeline keeps to it: look-ups, restrictions, keys in fields, advice. */
import { describe, expect, it } from 'vitest';
import type { ConnectionSource } from '../../src/core/connection.js';
import { defineAction, type ActionDefinition } from '../../src/core/connector.js';
import { classifier } from '../../src/core/failure-table.js';
import { markAsUuid } from '../../src/core/mark.js';
import type { VirtualAnswer } from '../../src/testing/index.js';
import { connector as bikes } from '../docs/bikes.js';
import { acme, API, outboundWorld, type World, type WorldOptions } from './world.js';

const BIKES = 'https://api.bikes.example/v2';
const RENTAL = { id: 'r_1', bike_id: 'b_7', amount: 1250, currency: 'EUR' };
const START = { station: 'Main Square', bike: 'b_7', amount: 1250, currency: 'EUR' };
const KEY = { idempotencyKey: 'k1' };
const LOST: VirtualAnswer = { ok: false, failure: { kind: 'reset', sent: 'maybe', detail: 'test' } };

async function rentals(options: WorldOptions = {}): Promise<World> {
  const world = await outboundWorld({ connectors: [bikes], env: { BIKES_API_KEY: 'bk_of_nobody' }, ...options });
  world.net.on(`GET ${BIKES}/stations`, ({ url }) => {
    const name = new URL(url).searchParams.get('name');
    return { body: { stations: name === 'Main Square' ? [{ id: 'st_1', name }] : [] } };
  });
  world.net.on(`GET ${BIKES}/rentals`, () => ({ body: { rentals: [], next: null } }));
  world.net.on(`POST ${BIKES}`, () => ({ status: 201, body: RENTAL }));
  return world;
}

const sent = ({ net }: World): string[] =>
  net.requests.map(({ method, url }) => `${method} ${url.slice(BIKES.length)}`);

describe('a name in the input', () => {
  it('is looked up, and the id is sent', async () => {
    const world = await rentals();
    const result = await world.call('bikes.startRental', START, KEY);
    expect(result).toMatchObject({ state: 'done', output: { id: 'r_1', amount: 1250 } });
    expect(sent(world)).toEqual(['GET /stations?name=Main+Square', 'POST /stations/st_1/rentals']);
    const { headers, body } = world.net.requests[1]!;
    expect(headers).toMatchObject({ 'idempotency-key': 'k1', 'bikes-version': '2026-01-15' });
    expect(Buffer.from(body!).toString()).toBe(
      'bike_id=b_7&deposit[amount]=1250&deposit[currency]=EUR&metadata[key]=k1',
    );
  });

  it('is looked up once in five minutes', async () => {
    const world = await rentals();
    await world.call('bikes.startRental', START, { idempotencyKey: 'k1' });
    await world.call('bikes.startRental', START, { idempotencyKey: 'k2' });
    expect(sent(world).filter((line) => line.startsWith('GET'))).toHaveLength(1);
    await world.clock.advance(300_001);
    await world.call('bikes.startRental', START, { idempotencyKey: 'k3' });
    expect(sent(world).filter((line) => line.startsWith('GET'))).toHaveLength(2);
  });

  it('that nobody has stops the call', async () => {
    const world = await rentals();
    const result = await world.call('bikes.startRental', { ...START, station: 'Nowhere' }, KEY);
    expect(result).toMatchObject({ state: 'failed', error: { code: 'not_found', data: { what: 'station' } } });
    expect(sent(world)).toEqual(['GET /stations?name=Nowhere']);
  });

  it('that cannot be looked up right now stops it with the reason of the provider', async () => {
    const world = await rentals();
    world.net.on(`GET ${BIKES}/stations`, () => ({ status: 401 }));
    const result = await world.call('bikes.startRental', START, KEY);
    expect(result).toMatchObject({ state: 'failed', error: { code: 'provider_auth' } });
  });

  it('is shown by a dry run, which sends no write', async () => {
    const world = await rentals();
    const { preview, state } = await world.call('bikes.startRental', START, { ...KEY, dryRun: true });
    expect(state).toBe('previewed');
    expect(preview).toMatchObject({
      method: 'POST',
      url: `${BIKES}/stations/st_1/rentals`,
      lookups: [{ what: 'station', name: 'Main Square', id: 'st_1' }],
      money: ['12.50 EUR'],
    });
    expect(sent(world)).toEqual(['GET /stations?name=Main+Square']);
  });
});

describe('the log', () => {
  it('says which endpoint was called and how it answered', async () => {
    const world = await rentals();
    await world.call('bikes.startRental', START, KEY);
    await world.call('bikes.listRentals', {});
    const outcomes = (await world.records()).filter(({ phase }) => phase === 'outcome');
    expect(outcomes.map(({ details }) => details)).toEqual([
      { endpoint: 'POST /stations/{station}/rentals', status: 201 },
      { endpoint: 'GET /rentals', status: 200 },
    ]);
  });
});

const restrictedTo =
  (...stations: string[]) =>
  (own: ConnectionSource): ConnectionSource => ({
    resolve: async (...asked) => {
      const found = await own.resolve(...asked);
      if (found.kind !== 'connection') return found;
      return { kind: 'connection', connection: { ...found.connection, restrictions: { station: stations } } };
    },
    secret: async () => 'bk_of_nobody',
    read: (reference) => own.read(reference),
  });

describe('a connection that is restricted', () => {
  it.each([
    ['to the id', 'st_1', 'Main Square', 'done'],
    ['to the name', 'Main Square', 'Main Square', 'done'],
    ['to the id that is given', 'st_1', 'st_1', 'done'],
    ['to the name, when the id is given', 'Main Square', 'st_1', 'failed'],
    ['to another', 'st_2', 'Main Square', 'failed'],
  ])('%s', async (_, allowed, station, state) => {
    const world = await rentals({ connections: restrictedTo(allowed) });
    const result = await world.call('bikes.startRental', { ...START, station }, KEY);
    expect(result.state).toBe(state);
    expect(sent(world).some((line) => line.startsWith('POST'))).toBe(state === 'done');
    if (state === 'failed') expect(result.error?.code).toBe('target_not_allowed');
  });

  it('refuses what names none', async () => {
    const world = await rentals({ connections: restrictedTo('st_1') });
    const result = await world.call('bikes.listRentals', {});
    expect(result.error?.code).toBe('target_not_allowed');
    expect(sent(world)).toEqual([]);
  });
});

const { make, makeListed } = acme.actions as unknown as Record<
  string,
  ActionDefinition<{ name: string }, { id: string }>
>;
const inField: Partial<ActionDefinition<{ name: string }, { id: string }>> = {
  request: (input, _view, mark) => ({ method: 'POST', url: '/things', json: { ...input, uid: markAsUuid(mark) } }),
  idempotency: { field: 'uid', keyTtlMs: 86_400_000, source: 'test', refusedWith: ['exists'] },
};

const strict = {
  ...acme,
  actions: {
    place: defineAction({ ...makeListed!, ...inField }),
    placeUnseen: defineAction({ ...make!, ...inField }),
    make: defineAction(make!),
  },
  classify: classifier({ providerCode: ['code'], advice: { header: 'x-again', retry: 'yes', stop: 'no' } }),
};

/** Answers one after the other, the last one for ever; the listing shows the thing under the mark. */
async function placed(
  action: string,
  answers: VirtualAnswer[],
  listing: unknown = { things: [{ id: 't9', mark: 'k1' }] },
) {
  const world = await outboundWorld({ connectors: [strict] });
  let asked = 0;
  world.net.on(`POST ${API}`, () => answers[Math.min(asked++, answers.length - 1)]!);
  world.net.on(`GET ${API}`, () => ({ body: listing as object }));
  const result = await world.call(action, { name: 'x' }, KEY);
  return { result, posts: asked, world };
}

const EXISTS: VirtualAnswer = { status: 409, body: { code: 'exists' } };

describe('a target that refuses a repeat', () => {
  it('is asked for what the first request made', async () => {
    const { result, posts, world } = await placed('acme.place', [LOST, EXISTS]);
    expect(result).toMatchObject({ state: 'done', output: { id: 't9' } });
    expect(posts).toBe(2);
    const bodies = world.net.requests.filter(({ method }) => method === 'POST').map(({ body }) => String(body));
    expect(new Set(bodies).size).toBe(1);
  });

  it('leaves it unknown when the listing does not show it, or there is none', async () => {
    expect((await placed('acme.place', [LOST, EXISTS], { things: [] })).result.state).toBe('unknown');
    expect((await placed('acme.placeUnseen', [LOST, EXISTS])).result.state).toBe('unknown');
  });

  it('protects the next sending, too: it is refused again, and found once it is listed', async () => {
    const { result, world } = await placed('acme.place', [LOST, EXISTS], { things: [] });
    const again = await world.call('acme.place', { name: 'x' }, KEY);
    expect(again).toMatchObject({ state: 'unknown', callId: result.callId });
    world.net.on(`GET ${API}`, () => ({ body: { things: [{ id: 't9', mark: 'k1' }] } }));
    const found = await world.call('acme.place', { name: 'x' }, KEY);
    expect(found).toMatchObject({ state: 'done', callId: result.callId, output: { id: 't9' } });
    const bodies = world.net.requests.filter(({ method }) => method === 'POST').map(({ body }) => String(body));
    expect([bodies.length, new Set(bodies).size]).toEqual([4, 1]);
  });

  it('means what it says at the first request', async () => {
    const { result, posts } = await placed('acme.place', [EXISTS]);
    expect(result).toMatchObject({ state: 'failed', error: { code: 'provider_rejected' } });
    expect(posts).toBe(1);
  });
});

describe('what a provider advises', () => {
  const advised = (status: number, again: string): VirtualAnswer => ({ status, headers: { 'x-again': again } });
  const made: VirtualAnswer = { status: 201, body: { id: 't1' } };

  it.each<[string, string, VirtualAnswer, string, number]>([
    ['to try again after a refusal', 'acme.make', advised(400, 'yes'), 'done', 2],
    ['to leave it after a failure, under a key', 'acme.place', advised(503, 'no'), 'unknown', 1],
    [
      'to try again after a failure, without a key, which makes nothing safe',
      'acme.make',
      advised(500, 'yes'),
      'unknown',
      1,
    ],
    ['in words nobody knows, which is no advice', 'acme.make', advised(400, 'perhaps'), 'failed', 1],
  ])('%s', async (_, action, first, state, posts) => {
    const came = await placed(action, [first, made]);
    expect([came.result.state, came.posts]).toEqual([state, posts]);
  });
});
