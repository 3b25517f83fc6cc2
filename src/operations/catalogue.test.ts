import { describe, expect, it } from 'vitest';
import { CONNECTORS } from '../connectors/index.js';
import { localPrincipal } from '../core/local-identity.js';
import { CATALOGUE_OPERATIONS } from './catalogue.js';
import type { Gateway } from './gateway.js';
import { operationTable } from './index.js';
import { runOperation } from './run.js';
import { SeededRandom, VirtualClock } from '../testing/index.js';

const gateway = {
  clock: new VirtualClock(),
  random: new SeededRandom(1),
  log: () => undefined,
  connectors: async () => CONNECTORS,
} as unknown as Gateway;

async function ask(name: string, input: object = {}) {
  const operation = CATALOGUE_OPERATIONS.find((one) => one.name === name)!;
  const caller = {
    scope: { tenant: 'default', environment: 'sandbox' },
    principal: localPrincipal('agent', 'prn_test', 'mcp'),
  } as const;
  return (await runOperation(gateway, operation, caller, input)) as {
    actions: { name: string; effect: string; summary: string }[];
    total: number;
  };
}

/** Requests in a provider's own words are a call, too, and no action of anybody. */
const ACTIONS = operationTable(CONNECTORS).filter(({ audit, name }) => audit === 'call' && name !== 'requests.send');

describe('the catalogue of actions', () => {
  it('lists what can be run, of all connectors or of one', async () => {
    expect((await ask('actions.list')).actions.map(({ name }) => name)).toEqual(ACTIONS.map(({ name }) => name));
    const { actions } = await ask('actions.list', { provider: 'slack' });
    expect(actions).toContainEqual(expect.objectContaining({ name: 'slack.sendMessage', effect: 'send' }));
    expect(actions.every(({ name }) => name.startsWith('slack.'))).toBe(true);
    await expect(ask('actions.list', { provider: 'nobody' })).rejects.toMatchObject({ code: 'not_found' });
  });

  it.each([
    ['create issue', /^(github|linear)\.createIssue$/],
    ['slack message send', /^slack\.sendMessage$/],
    ['creates ISSUES github', /^github\.createIssue$/],
    ['refund', /^stripe\..*refund/i],
  ])('finds by %s', async (words, name) => {
    const { actions, total } = await ask('actions.search', { words: words.split(' ') });
    expect(actions[0]?.name).toMatch(name);
    expect(total).toBeGreaterThanOrEqual(actions.length);
    // One text of several words is the same as several texts.
    expect((await ask('actions.search', { words: [words] })).actions).toEqual(actions);
  });

  it('finds nothing for words that say nothing', async () => {
    for (const words of [['…'], ['zzzzqqqq'], ['.*']]) {
      expect(await ask('actions.search', { words })).toEqual({ actions: [], total: 0 });
    }
  });

  it.each(ACTIONS.map(({ name }) => [name]))('describes %s whole', async (name) => {
    const found = (await ask('actions.describe', { name, schemas: true })) as unknown as Record<string, unknown>;
    expect(found).toMatchObject({ name, schemas: { input: { type: 'object' } } });
    expect(JSON.parse(JSON.stringify(found))).toEqual(found);
    for (const part of ['summary', 'effect', 'repeats', 'lookUp']) expect(found[part], part).not.toBe('');
    expect(found['example'], 'an example').toBeDefined();
  });

  it('says what a message to Slack takes, needs and may', async () => {
    expect(await ask('actions.describe', { name: 'slack.sendMessage' })).toMatchObject({
      effect: 'send',
      scope: 'write',
      permissions: expect.arrayContaining(['chat:write']) as string[],
      input: expect.arrayContaining([expect.objectContaining({ name: 'channel', kind: 'text' })]) as object[],
      limits: expect.arrayContaining([expect.objectContaining({ unitsPerSecond: 1 })]) as object[],
    });
    for (const name of ['slack.nothing', 'slack.constructor', 'slack', 'x'.repeat(200)]) {
      await expect(ask('actions.describe', { name })).rejects.toMatchObject({ code: 'not_found' });
    }
  });
});
