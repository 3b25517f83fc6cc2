import { describe, expect, it } from 'vitest';
import type { CallResult } from '../../src/core/call.js';
import type { Route, VirtualAnswer } from '../../src/testing/index.js';
import { API, DAY_MS, outboundWorld, SETTLE_MS, type World } from './world.js';

const LOST: VirtualAnswer = { ok: false, failure: { kind: 'reset', sent: 'maybe', detail: 'test' } };
const MADE: VirtualAnswer = { status: 201, body: { id: 't1' } };
const KEY = { idempotencyKey: 'k1' };
const X = { name: 'x' };

/** Timeout and lease of the defaults. */
const TIMEOUT_MS = 15_000;
const LEASE_MS = 35_000;

/** A call whose process fell over while the request was on its way: it never came back to settle. */
async function fallenOver(action: string): Promise<World> {
  const world = await outboundWorld();
  world.net.on(`POST ${API}`, () => new Promise<never>(() => {}));
  const doomed = world.newProcess();
  // The process is gone: whatever it would still do with the ledger must not happen.
  void world.begin(action, X, { ...KEY, by: doomed, signal: undefined as never });
  await world.clock.advance(0);
  expect(world.net.requests).toHaveLength(1);
  return world;
}

/** Lets the lease end without letting the fallen process notice its own deadline. */
async function afterLease(world: World): Promise<void> {
  world.clock.jumpWall(LEASE_MS + 1);
}

const posts = (world: World): number => world.net.requests.filter(({ method }) => method === 'POST').length;
const again = (world: World, action: string): Promise<CallResult> => world.call(action, X, KEY);

describe('the same key again', () => {
  it('gives the output of the first call, and says when that was', async () => {
    const world = await outboundWorld();
    world.net.on(`POST ${API}`, () => MADE);
    const first = await again(world, 'acme.make');
    await world.clock.advance(5_000);
    const second = await again(world, 'acme.make');
    expect(second).toEqual({
      callId: first.callId,
      idempotencyKey: 'k1',
      state: 'replayed',
      output: { id: 't1' },
      endedAtMs: Date.UTC(2026, 0, 1),
    });
    expect(posts(world)).toBe(1);
    expect((await world.records()).map(({ status }) => status)).toEqual(['started', 'succeeded', 'replayed']);
  });

  it('with another input, another action or another connection is refused', async () => {
    const world = await outboundWorld();
    world.net.on(`POST ${API}`, () => MADE);
    await again(world, 'acme.make');
    for (const result of [
      await world.call('acme.make', { name: 'y' }, KEY),
      await world.call('acme.makeKeyed', X, KEY),
      await world.call('acme.make', X, { ...KEY, connectionId: 'env:acme' }),
    ]) {
      expect(result).toMatchObject({ state: 'failed', error: { code: 'idempotency_mismatch' } });
    }
    expect(posts(world)).toBe(1);
  });

  it('while the first call runs says so, and sends nothing', async () => {
    const world = await outboundWorld({ latencyMs: 1_000 });
    world.net.on(`POST ${API}`, () => MADE);
    const first = world.begin('acme.makeKeyed', X, KEY);
    await world.clock.advance(500);
    const second = await again(world, 'acme.makeKeyed');
    expect(second).toMatchObject({ state: 'running', error: { code: 'call_in_flight' }, retryAfterMs: TIMEOUT_MS });
    expect((await world.clock.runUntil(first)).state).toBe('done');
    expect(posts(world)).toBe(1);
    expect((await world.records()).map(({ status }) => status)).toContain('duplicate');
  });

  it('after a failure without effect is a new call', async () => {
    const world = await outboundWorld();
    let calls = 0;
    world.net.on(`POST ${API}`, () => (++calls === 1 ? { status: 422 } : MADE));
    const first = await again(world, 'acme.make');
    const second = await again(world, 'acme.make');
    expect([first.state, second.state]).toEqual(['failed', 'done']);
    expect(second.callId).not.toBe(first.callId);
  });

  it('fifty times at once is sent once', async () => {
    const world = await outboundWorld({ latencyMs: 10 });
    world.net.on(`POST ${API}`, () => MADE);
    const calls = Array.from({ length: 50 }, () => world.begin('acme.make', X, KEY));
    const results = await world.clock.runUntil(Promise.all(calls));
    expect(posts(world)).toBe(1);
    expect(results.filter(({ state }) => state === 'done')).toHaveLength(1);
    expect(results.filter(({ state }) => state === 'running')).toHaveLength(49);
  });
});

describe('statement 34: a call whose process fell over while sending', () => {
  it("is nobody else's until its lease has ended", async () => {
    const world = await fallenOver('acme.make');
    expect((await again(world, 'acme.make')).state).toBe('running');
    expect(posts(world)).toBe(1);
  });

  it('ends unknown when nothing tells what became of it, and stays so', async () => {
    const world = await fallenOver('acme.make');
    await afterLease(world);
    const taken = await again(world, 'acme.make');
    expect(taken).toMatchObject({ state: 'unknown', error: { code: 'outcome_unknown' } });
    expect(taken.retryAfterMs).toBeUndefined();
    world.clock.jumpWall(DAY_MS);
    const later = await again(world, 'acme.make');
    expect(later).toMatchObject({ state: 'unknown', callId: taken.callId });
    expect(posts(world)).toBe(1);
    expect((await world.row(taken.callId))?.state).toBe('unknown');
  });

  it('is sent again to a target that recognises the key, under that key', async () => {
    const world = await fallenOver('acme.makeKeyed');
    world.net.on(`POST ${API}`, () => MADE);
    await afterLease(world);
    const taken = await again(world, 'acme.makeKeyed');
    expect(taken).toMatchObject({ state: 'done', output: { id: 't1' } });
    const keys = world.net.requests.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toEqual(['k1', 'k1']);
    expect(await world.row(taken.callId)).toMatchObject({ state: 'done', attempts: 2 });
  });

  it('is not sent again once the key has lived nine tenths of its life', async () => {
    for (const [ageMs, requests, state] of [
      [0.9 * DAY_MS - 1_000, 2, 'done'],
      [0.9 * DAY_MS, 1, 'unknown'],
      [2 * DAY_MS, 1, 'unknown'],
    ] as const) {
      const world = await fallenOver('acme.makeKeyed');
      world.net.on(`POST ${API}`, () => MADE);
      world.clock.jumpWall(ageMs);
      expect((await again(world, 'acme.makeKeyed')).state).toBe(state);
      expect(posts(world)).toBe(requests);
    }
  });

  it('does not settle what another process has taken over', async () => {
    const world = await outboundWorld();
    let release: (answer: VirtualAnswer) => void = () => {};
    world.net.on(`POST ${API}`, () => new Promise<VirtualAnswer>((resolve) => (release = resolve)));
    const slow = world.begin('acme.make', X, { ...KEY, by: world.newProcess() });
    await world.clock.advance(0);
    await afterLease(world);
    const taken = await again(world, 'acme.make');
    expect(taken.state).toBe('unknown');
    // The first process was only slow. What it knows for certain settles the question.
    release(MADE);
    expect(await world.clock.runUntil(slow)).toMatchObject({ state: 'done', output: { id: 't1' } });
    expect(await world.row(taken.callId)).toMatchObject({ state: 'done' });
    expect((await again(world, 'acme.make')).state).toBe('replayed');
  });

  it('sends nothing more once another process has taken over', async () => {
    const world = await outboundWorld();
    let count = 0;
    world.net.on(`POST ${API}`, () => (++count === 1 ? { status: 429, headers: { 'retry-after': '4' } } : MADE));
    const slow = world.begin('acme.make', X, { ...KEY, by: world.newProcess() });
    await world.clock.advance(0);
    await afterLease(world);
    await again(world, 'acme.make');
    expect(await world.clock.runUntil(slow)).toMatchObject({ state: 'running', error: { code: 'call_in_flight' } });
    expect(posts(world)).toBe(1);
  });
});

describe('a look-up', () => {
  const listing =
    (...things: object[]): Route =>
    () => ({ body: { things } });
  const lost = async (list: Route): Promise<World> => {
    const world = await outboundWorld();
    world.net.on(`POST ${API}`, () => LOST).on(`GET ${API}/things?since=`, list);
    return world;
  };

  it('finds what a lost answer hid, once the provider had time to list it', async () => {
    const world = await lost(listing({ id: 't0', mark: 'other' }, { id: 't1', mark: 'k1' }));
    const first = await again(world, 'acme.makeListed');
    expect(first).toMatchObject({ state: 'unknown', retryAfterMs: TIMEOUT_MS + SETTLE_MS });

    const early = await again(world, 'acme.makeListed');
    expect(early).toMatchObject({ state: 'unknown', retryAfterMs: TIMEOUT_MS + SETTLE_MS });
    expect(world.net.requests).toHaveLength(1);

    await world.clock.advance(first.retryAfterMs!);
    const found = await again(world, 'acme.makeListed');
    expect(found).toMatchObject({ state: 'done', callId: first.callId, output: { id: 't1' } });
    expect(await world.row(first.callId)).toMatchObject({ state: 'done', result: '{"id":"t1"}' });
    expect(posts(world)).toBe(1);
    expect((await again(world, 'acme.makeListed')).state).toBe('replayed');
  });

  it.each<[string, Route]>([
    ['does not show it', listing({ id: 't0', mark: 'other' })],
    ['cannot be read', () => ({ body: '<html>' })],
    ['is refused', () => ({ status: 403 })],
    ['shows it in a form we do not know', listing({ mark: 'k1', id: { not: 'text' } })],
  ])('that %s leaves it unknown, and nothing is sent again', async (_, list) => {
    const world = await lost(list);
    const { retryAfterMs } = await again(world, 'acme.makeListed');
    await world.clock.advance(retryAfterMs!);
    const result = await again(world, 'acme.makeListed');
    expect(result).toMatchObject({ state: 'unknown', error: { code: 'outcome_unknown' } });
    expect(posts(world)).toBe(1);
  });

  it('that cannot be made now is made later', async () => {
    const world = await lost(() => ({ status: 503 }));
    await world.clock.advance((await again(world, 'acme.makeListed')).retryAfterMs!);
    expect(await again(world, 'acme.makeListed')).toMatchObject({
      state: 'unknown',
      retryAfterMs: TIMEOUT_MS + SETTLE_MS,
    });
  });

  it('settles a call whose process fell over, after lease, deadline and settling time', async () => {
    const world = await fallenOver('acme.makeListed');
    world.net.on(`GET ${API}/things?since=`, listing({ id: 't1', mark: 'k1' }));
    world.clock.jumpWall(LEASE_MS + TIMEOUT_MS + SETTLE_MS);
    const found = await again(world, 'acme.makeListed');
    expect(found).toMatchObject({ state: 'done', output: { id: 't1' } });
    expect(posts(world)).toBe(1);
  });
});

describe('what a look-up does not find', () => {
  const NOTHING: Route = () => ({ body: { things: [] } });
  const lookUpDelayMs = TIMEOUT_MS + SETTLE_MS;

  it('is sent again, once, when the process that sent it is dead', async () => {
    const world = await fallenOver('acme.makeListed');
    world.net.on(`POST ${API}`, () => MADE).on(`GET ${API}/things?since=`, NOTHING);
    await world.restart();
    world.clock.jumpWall(LEASE_MS + lookUpDelayMs);
    const results = await world.clock.runUntil(
      Promise.all(Array.from({ length: 5 }, () => world.begin('acme.makeListed', X, KEY))),
    );
    expect(results.map(({ state }) => state).toSorted()).toEqual(['done', ...Array(4).fill('running')]);
    expect(posts(world)).toBe(2);
    expect(await world.row(results[0]!.callId)).toMatchObject({ state: 'done', attempts: 2 });
    const intents = (await world.records()).filter(({ phase }) => phase === 'intent');
    // The first, the taking over, the sending again.
    expect(intents.map(({ status }) => status)).toEqual(['started', 'started', 'started']);
    expect((await again(world, 'acme.makeListed')).state).toBe('replayed');
  });

  it('is sent again after it ended unknown, when the process that sent it has died since', async () => {
    const world = await outboundWorld();
    world.net.on(`POST ${API}`, () => LOST).on(`GET ${API}/things?since=`, NOTHING);
    const first = await again(world, 'acme.makeListed');
    await world.clock.advance(lookUpDelayMs);
    expect((await again(world, 'acme.makeListed')).state).toBe('unknown');
    expect(posts(world)).toBe(1);
    await world.restart();
    world.net.on(`POST ${API}`, () => MADE);
    expect(await again(world, 'acme.makeListed')).toMatchObject({ state: 'done', callId: first.callId });
    expect(posts(world)).toBe(2);
  });

  it('is not sent a third time by who lost the answer of the second', async () => {
    const world = await outboundWorld();
    world.net.on(`POST ${API}`, () => LOST).on(`GET ${API}/things?since=`, NOTHING);
    await again(world, 'acme.makeListed');
    await world.restart();
    await world.clock.advance(lookUpDelayMs);
    const second = await again(world, 'acme.makeListed');
    expect(second).toMatchObject({ state: 'unknown', retryAfterMs: lookUpDelayMs });
    await world.clock.advance(lookUpDelayMs);
    expect((await again(world, 'acme.makeListed')).state).toBe('unknown');
    expect(posts(world)).toBe(2);
  });

  it('is a failure when the second sending is refused: the first had no effect either', async () => {
    const world = await fallenOver('acme.makeListed');
    world.net.on(`POST ${API}`, () => ({ status: 422 })).on(`GET ${API}/things?since=`, NOTHING);
    await world.restart();
    world.clock.jumpWall(LEASE_MS + lookUpDelayMs);
    expect((await again(world, 'acme.makeListed')).state).toBe('failed');
  });

  it.each<[string, Route]>([
    ['found', () => ({ body: { things: [{ id: 't1', mark: 'k1' }] } })],
    ['undecided', () => ({ body: '<html>' })],
    ['refused', () => ({ status: 403 })],
  ])('but %s, is not sent again, although the process is dead', async (_, list) => {
    const world = await fallenOver('acme.makeListed');
    world.net.on(`GET ${API}/things?since=`, list);
    await world.restart();
    world.clock.jumpWall(LEASE_MS + lookUpDelayMs);
    await again(world, 'acme.makeListed');
    expect(posts(world)).toBe(1);
  });

  it.each(['acme.make', 'acme.change'])(
    'by %s is not sent again: no look-up, or one that cannot tell',
    async (action) => {
      const world = await fallenOver(action);
      world.net.on(`GET ${API}/things?since=`, NOTHING);
      await world.restart();
      world.clock.jumpWall(LEASE_MS + lookUpDelayMs);
      expect((await again(world, action)).state).toBe('unknown');
      expect(posts(world)).toBe(1);
    },
  );

  it('is not asked for too early', async () => {
    const world = await fallenOver('acme.makeListed');
    world.net.on(`GET ${API}/things?since=`, NOTHING);
    await world.restart();
    const early = await again(world, 'acme.makeListed');
    expect(early).toMatchObject({ state: 'unknown', retryAfterMs: LEASE_MS + lookUpDelayMs });
    expect(world.net.requests).toHaveLength(1);
  });
});

describe('a repeat under a key', () => {
  it('is made by one: who comes meanwhile is told so', async () => {
    const world = await outboundWorld({ latencyMs: 100 });
    world.net.on(`POST ${API}`, () => LOST);
    await again(world, 'acme.makeKeyed');
    const sent = posts(world);
    world.net.on(`POST ${API}`, () => MADE);
    const calls = Array.from({ length: 20 }, () => world.begin('acme.makeKeyed', X, KEY));
    const results = await world.clock.runUntil(Promise.all(calls));
    expect(results.filter(({ state }) => state === 'done')).toHaveLength(1);
    expect(results.filter(({ state }) => state === 'running')).toHaveLength(19);
    expect(posts(world)).toBe(sent + 1);
  });
});

describe('an answer that does not fit', () => {
  it.each<[string, VirtualAnswer]>([
    ['a page', { status: 200, body: '<html>Welcome to the hotel network</html>' }],
    ['half of it', { status: 200, body: '{"id":"t' }],
    ['nothing', { status: 200, body: '' }],
    ['another type', { status: 200, body: { id: 7 } }],
    ['a field too many', { status: 200, body: { id: 't1', more: 1 } }],
  ])('%s: a write is unknown, a read failed, and the raw answer is kept', async (_, answer) => {
    const world = await outboundWorld();
    world.net.on(`* ${API}`, () => answer);
    const write = await again(world, 'acme.make');
    expect(write).toMatchObject({ state: 'unknown', error: { code: 'provider_contract', data: { provider: 'Acme' } } });
    expect(write.raw).toMatch(/^200 /);
    const { result } = (await world.row(write.callId))!;
    expect(JSON.parse(result!)).toMatchObject({ code: 'provider_contract', raw: write.raw });
    const read = await world.call('acme.read', X);
    expect(read).toMatchObject({ state: 'failed', error: { code: 'provider_contract' } });
    expect(world.net.requests).toHaveLength(2);
  });

  it('is kept without secrets, and cut', async () => {
    const world = await outboundWorld();
    world.net.on(`* ${API}`, () => ({ body: `{"token":"sk_live_${'a1B2'.repeat(8)}"}${' '.repeat(10_000)}x` }));
    const { raw } = await again(world, 'acme.make');
    expect(raw).not.toContain('a1B2a1B2');
    expect(raw!.length).toBeLessThanOrEqual(4 * 1024 + 1);
  });

  it('that is longer than we read is no answer', async () => {
    const world = await outboundWorld({ outbound: { maxAnswerBytes: 5 } });
    world.net.on(`* ${API}`, () => MADE);
    expect(await again(world, 'acme.make')).toMatchObject({ state: 'unknown', error: { code: 'provider_contract' } });
  });
});
