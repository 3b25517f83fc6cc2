/** Amounts that policy limits: the call that would cross the limit sends nothing, over restarts and side by side. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineAction, defineConnector } from '../../src/core/connector.js';
import { parseJsonObject } from '../../src/core/json.js';
import { parsePolicy } from '../../src/policy/index.js';
import { API, acme, DAY_MS, outboundWorld, PERSON } from './world.js';

const refund = defineAction({
  summary: 'Refunds a payment at acme',
  effect: 'pay',
  input: z.strictObject({ amount: z.number().int(), currency: z.string() }),
  output: z.strictObject({ id: z.string() }),
  target: () => ({ type: 'payment', id: 'pay_1' }),
  request: (json) => ({ method: 'POST', url: '/refunds', json }),
  parse: ({ body }) => parseJsonObject(body),
  money: [{ amount: 'amount', currency: 'currency' }],
  idempotency: { header: 'Idempotency-Key', keyTtlMs: DAY_MS, source: 'test' },
  settleMs: 1_000,
});

async function worldUnder(per: string) {
  const amount = JSON.stringify({ currency: 'EUR', over: 1_000, per });
  const rule = `{"name":"refunds","action":"acme.refund","amount":${amount},"then":"deny"}`;
  const world = await outboundWorld({
    connectors: [defineConnector({ ...acme, actions: { refund } })],
    policy: parsePolicy({ rules: [JSON.parse(rule)] }, 'test'),
    settings: { environment: 'live' },
  });
  world.net.on(`* ${API}`, () => ({ status: 200, headers: {}, body: JSON.stringify({ id: 'x' }) }));
  let number = 0;
  const pay = async (amount: number, currency = 'EUR') => {
    const context = { principal: PERSON, idempotencyKey: `refund-${++number}` };
    return (await world.begin('acme.refund', { amount, currency }, context)).state;
  };
  const passing = <Result>(promise: Promise<Result>): Promise<Result> => world.clock.runUntil(promise);
  return { ...world, pay: (...given: Parameters<typeof pay>) => passing(pay(...given)), begin: pay, passing };
}

describe('statement 6: limits of what is spent', () => {
  it('of one call: what is over, of another currency or of none sends nothing', async () => {
    const { pay, net } = await worldUnder('action');
    expect([await pay(1_000), await pay(1_001), await pay(1, 'USD')]).toEqual(['done', 'denied', 'denied']);
    expect(net.requests).toHaveLength(1);
  });

  it.each([
    ['hour', 3_600_000],
    ['day', DAY_MS],
  ])('of one %s: the call that would cross it sends nothing, until the time is over', async (per, windowMs) => {
    const { pay, net, clock } = await worldUnder(per);
    expect([await pay(600), await pay(400), await pay(1)]).toEqual(['done', 'done', 'denied']);
    expect(net.requests).toHaveLength(2);
    await clock.advance(windowMs + 1_000);
    expect(await pay(1_000)).toBe('done');
  });

  it('of two that fit alone and not together, one goes', async () => {
    const { begin, passing, net } = await worldUnder('day');
    const states = await passing(Promise.all([begin(600), begin(600)]));
    expect([...states].sort()).toEqual(['denied', 'done']);
    expect(net.requests).toHaveLength(1);
  });
});
