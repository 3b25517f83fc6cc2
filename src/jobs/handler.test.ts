import { describe, expect, it } from 'vitest';
import { isAppError } from '../core/errors.js';
import { HandlerTable, type HandlerDefinition } from './handler.js';

const identity = { key: 'k1', keyIsSigned: true, type: 'invoice.paid' };
const handler = (provider: string, type: string, options: HandlerDefinition['options'] = {}): HandlerDefinition => ({
  provider,
  type,
  options,
  run: () => undefined,
});

describe('HandlerTable', () => {
  it.each([
    ['invoice.paid', ['exact', 'family', 'all']],
    ['invoice.voided', ['family', 'all']],
    ['charge.refunded', ['all']],
    ['invoice', ['all']],
  ])('finds for %s: %j', (type, names) => {
    const table = new HandlerTable([
      handler('stripe', 'invoice.paid', { name: 'exact' }),
      handler('stripe', 'invoice.*', { name: 'family' }),
      handler('stripe', '*', { name: 'all' }),
      handler('github', '*', { name: 'other-provider' }),
    ]);
    expect(table.match('stripe', type).map(({ name }) => name)).toEqual(names);
  });

  it('routes to nobody what nobody handles', () => {
    expect(new HandlerTable([]).jobsFor('stripe', identity)).toEqual([]);
  });

  it('gives a job its order from the event', () => {
    const table = new HandlerTable([
      handler('stripe', '*', {
        orderKey: ({ key }) => `customer ${key}`,
        orderLimit: 2,
        onDead: 'hold',
        maxAttempts: 3,
      }),
      handler('stripe', 'invoice.*', { orderKey: () => undefined }),
    ]);
    expect(table.jobsFor('stripe', identity)).toEqual([
      { queue: 'stripe.*', maxAttempts: 3, orderKey: 'customer k1', orderLimit: 2, onDead: 'hold' },
      { queue: 'stripe.invoice.*', maxAttempts: 10 },
    ]);
  });

  it.each([
    ['two of one name', [handler('a', 'x'), handler('a', 'x')]],
    ['a name that is no name', [handler('a', 'x', { name: 'with blank' })]],
    ['no attempts', [handler('a', 'x', { maxAttempts: 0 })]],
    ['a deadline of nothing', [handler('a', 'x', { deadlineMs: 0 })]],
  ])('refuses %s', (_, definitions) => {
    let thrown: unknown;
    try {
      new HandlerTable(definitions);
    } catch (error) {
      thrown = error;
    }
    expect(isAppError(thrown, 'config_invalid')).toBe(true);
  });

  it('keeps its memory bounded when types are invented', () => {
    const table = new HandlerTable([handler('stripe', '*')]);
    for (let i = 0; i < 12_000; i++) table.match('stripe', `invented.${i}`);
    expect(table.match('stripe', 'invented.last')).toHaveLength(1);
  });
});
