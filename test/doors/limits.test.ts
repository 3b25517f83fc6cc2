/** What is shown of the rate limits: of one tenant, one environment, and nobody else's connections. */
import { expect, it } from 'vitest';
import { CONNECTORS } from '../../src/connectors/index.js';
import { localPrincipal } from '../../src/core/local-identity.js';
import type { Principal } from '../../src/core/principal.js';
import type { Environment } from '../../src/core/scope.js';
import { operationTable, runOperation } from '../../src/operations/index.js';
import { createSetting } from './setting.js';

const TABLE = operationTable(CONNECTORS);
const person = localPrincipal('person', 'prn_ada', 'rest');
const behalf = (id: string): Principal => ({ ...person, onBehalfOf: { type: 'person', id } });

it('shows declared limits, and those that were used with what is left', async () => {
  const setting = await createSetting();
  const asked = async (name: string, input: object, who = person, environment: Environment = 'sandbox') => {
    const caller = { scope: { tenant: 'default', environment }, principal: who };
    const running = runOperation(
      setting.gateway,
      TABLE.find((row) => row.name === name)!,
      caller,
      input,
    );
    return (await setting.clock.runUntil(running)) as Record<string, { id: string; connection?: string }[]>;
  };
  const limits = async (who = person, environment: Environment = 'sandbox') =>
    (await asked('limits.list', { provider: 'slack' }, who, environment))['limits']!;

  expect(await limits()).toContainEqual(expect.objectContaining({ provider: 'slack', declared: 1 }));
  expect((await limits()).every(({ connection }) => connection === undefined)).toBe(true);
  const input = { provider: 'slack', secret: 'xoxb-of-bob-0123456789', check: false, user: 'usr_bob' };
  const { id } = (await asked('connections.add', input))['connection'] as unknown as { id: string };
  await asked('slack.sendMessage', { channel: 'C024BE91L', text: 'Hello' }, behalf('usr_bob'));

  const used = { connection: id, key: 'C024BE91L', declared: 1, now: 1, left: 0, waitMs: 1_000, underWay: 0 };
  expect(await limits(behalf('usr_bob'))).toContainEqual(expect.objectContaining(used));
  expect(await limits()).toContainEqual(expect.objectContaining({ connection: id, bucket: '*' }));
  for (const others of [await limits(behalf('usr_ada')), await limits(person, 'live')]) {
    expect(others.some(({ connection }) => connection === id)).toBe(false);
  }
  await expect(asked('limits.list', { provider: 'nobody' })).rejects.toMatchObject({ code: 'not_found' });
});
