import { describe, expect, it } from 'vitest';
import type { HttpAnswer } from '../../src/core/ports.js';
import type { Route, VirtualAnswer } from '../../src/testing/index.js';
import { API, outboundWorld, type World } from './world.js';

const LOST: VirtualAnswer = { ok: false, failure: { kind: 'reset', sent: 'maybe', detail: 'test' } };
const MADE: VirtualAnswer = { status: 201, body: { id: 't1' } };
const status = (code: number, headers: HttpAnswer['headers'] = {}): VirtualAnswer => ({ status: code, headers });

/** Answers one after the other, the last one for ever. */
function script(...answers: VirtualAnswer[]): Route {
  let next = 0;
  return () => answers[Math.min(next++, answers.length - 1)]!;
}

async function scripted(...answers: VirtualAnswer[]): Promise<World & { sentAtMs: number[] }> {
  const world = await outboundWorld();
  const sentAtMs: number[] = [];
  const route = script(...answers);
  world.net.on(`* ${API}`, (request) => {
    sentAtMs.push(world.clock.monotonicMs());
    return route(request);
  });
  return { ...world, sentAtMs };
}

describe('a lost answer to a write under a key', () => {
  it.each<[string, VirtualAnswer[], string, number]>([
    ['then success', [LOST, MADE], 'done', 2],
    ['then 503, then success', [LOST, status(503), MADE], 'done', 3],
    ['then a verdict of the target', [LOST, status(422)], 'failed', 2],
    ['then a refused credential, which says nothing about the first', [LOST, status(401)], 'unknown', 2],
    ['then "the first one is still running", then success', [LOST, status(409), MADE], 'done', 3],
    ['then "the first one is still running" for ever', [LOST, status(409)], 'unknown', 5],
    ['then "slow down" for ever', [LOST, status(429)], 'unknown', 5],
    [
      'then nothing that could be sent',
      [LOST, { ok: false, failure: { kind: 'dns', sent: 'no', detail: '' } }],
      'unknown',
      5,
    ],
  ])('%s', async (_, answers, state, requests) => {
    const world = await scripted(...answers);
    const result = await world.call('acme.makeKeyed', { name: 'x' }, { idempotencyKey: 'k1' });
    expect([result.state, world.sentAtMs.length]).toEqual([state, requests]);
    const keys = world.net.requests.map(({ headers }) => headers['idempotency-key']);
    expect(new Set(keys)).toEqual(new Set(['k1']));
    if (state === 'unknown') expect(result.retryAfterMs).toBeGreaterThan(0);
  });
});

describe('a write without a key', () => {
  it.each<[string, VirtualAnswer[], string, number]>([
    ['is sent again after "slow down"', [status(429), status(429), MADE], 'done', 3],
    [
      'is sent again when nothing had left',
      [{ ok: false, failure: { kind: 'dns', sent: 'no', detail: '' } }, MADE],
      'done',
      2,
    ],
    ['is not sent again after a lost answer', [LOST, MADE], 'unknown', 1],
    ['is not sent again after "slow down" and a lost answer', [status(429), LOST, MADE], 'unknown', 2],
    ['a conflict is a verdict', [status(409), MADE], 'failed', 1],
  ])('%s', async (_, answers, state, requests) => {
    const world = await scripted(...answers);
    const result = await world.call('acme.make', { name: 'x' });
    expect([result.state, world.sentAtMs.length]).toEqual([state, requests]);
    expect((await world.row(result.callId))?.attempts).toBe(requests);
  });
});

describe('Retry-After', () => {
  it.each([
    ['2', 2_000],
    ['1.5', 1_500],
    ['Thu, 01 Jan 2026 00:00:03 GMT', 3_000],
    ['5', 5_000],
  ])('of %s is waited for, not less and hardly more', async (value, askedMs) => {
    const world = await scripted(status(429, { 'retry-after': value }), MADE);
    expect((await world.call('acme.make', { name: 'x' })).state).toBe('done');
    const waitedMs = world.sentAtMs[1]! - world.sentAtMs[0]!;
    expect(waitedMs).toBeGreaterThan(askedMs);
    expect(waitedMs).toBeLessThanOrEqual(askedMs + 1_000);
  });

  it.each([
    ['30', 30_000],
    ['86400', 86_400_000],
    ['999999999', 86_400_000],
    ['Fri, 02 Jan 2026 00:00:00 GMT', 86_400_000],
  ])('of %s is too long to be held: the caller gets the time', async (value, askedMs) => {
    const world = await scripted(status(429, { 'retry-after': value }), MADE);
    const result = await world.call('acme.make', { name: 'x' });
    expect(result).toMatchObject({ state: 'failed', error: { code: 'rate_limited', data: { retryAfterMs: askedMs } } });
    expect(result.retryAfterMs).toBeGreaterThan(askedMs);
    expect(result.retryAfterMs).toBeLessThanOrEqual(askedMs + 1_000);
    expect(world.sentAtMs).toHaveLength(1);
  });

  it.each([undefined, '0', '-5', 'soon', 'Thu, 01 Jan 1970 00:00:00 GMT'])(
    'of %s means backoff, never at once',
    async (value) => {
      const world = await scripted(status(503, value === undefined ? {} : { 'retry-after': value }));
      await world.call('acme.read', { name: 'x' });
      const waits = world.sentAtMs.slice(1).map((atMs, i) => atMs - world.sentAtMs[i]!);
      expect(waits).toHaveLength(4);
      waits.forEach((waitMs, i) => {
        expect(waitMs).toBeGreaterThan(0);
        expect(waitMs).toBeLessThanOrEqual(500 * 2 ** i);
      });
    },
  );
});

describe('a deadline', () => {
  it('ends an attempt that never answers, and the lease covers it', async () => {
    const world = await outboundWorld({ latencyMs: 3_600_000 });
    world.net.on(`* ${API}`, () => MADE);
    const startedMs = world.clock.monotonicMs();
    const result = await world.call('acme.make', { name: 'x' });
    expect(result.state).toBe('unknown');
    expect(world.clock.monotonicMs() - startedMs).toBe(15_000);
  });
});

describe('cancelling', () => {
  it('before anything was sent fails, and writes no line in the ledger', async () => {
    const world = await scripted(MADE);
    const result = await world.call('acme.make', { name: 'x' }, { signal: AbortSignal.abort() });
    expect(result).toMatchObject({ state: 'failed', error: { code: 'cancelled' } });
    expect(world.net.requests).toEqual([]);
    expect(await world.row(result.callId)).toBeUndefined();
  });

  it('while a write is on its way hears it out, a read failed', async () => {
    for (const [action, state] of [
      ['acme.make', 'done'],
      ['acme.read', 'failed'],
    ] as const) {
      const world = await outboundWorld({ latencyMs: 1_000 });
      world.net.on(`* ${API}`, () => MADE);
      const { signal, abort } = abortion();
      const calling = world.begin(action, { name: 'x' }, { signal });
      await world.clock.advance(500);
      abort();
      expect((await world.clock.runUntil(calling)).state).toBe(state);
      expect(world.net.requests).toHaveLength(1);
    }
  });

  it('during a wait sends nothing more: failed if nothing happened, unknown if something may have', async () => {
    for (const [first, state] of [
      [status(429), 'failed'],
      [LOST, 'unknown'],
    ] as const) {
      const world = await scripted(first, MADE);
      const { signal, abort } = abortion();
      const calling = world.begin('acme.makeKeyed', { name: 'x' }, { signal });
      await world.clock.advance(0);
      expect(world.sentAtMs).toHaveLength(1);
      abort();
      expect((await world.clock.runUntil(calling)).state).toBe(state);
      expect(world.sentAtMs).toHaveLength(1);
    }
  });
});

function abortion(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
