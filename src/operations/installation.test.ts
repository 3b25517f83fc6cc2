import { describe, expect, it } from 'vitest';
import { CONNECTORS } from '../connectors/index.js';
import { SCOPES, type Principal } from '../core/principal.js';
import { SeededRandom, VirtualClock } from '../testing/index.js';
import type { Gateway } from './gateway.js';
import { operationTable } from './index.js';
import { runOperation } from './run.js';

const OF_ALL = operationTable(CONNECTORS).filter(({ installation }) => installation === true);
const KEY: Principal = { type: 'api_key', id: 'key_of_acme', via: 'rest', scopes: [...SCOPES] };

const gateway = {
  clock: new VirtualClock(),
  random: new SeededRandom(1),
  log: () => undefined,
  entry: () => ({}),
  store: { audit: { append: async () => undefined } },
} as unknown as Gateway;

describe('what concerns the whole installation', () => {
  it('is what shows, copies, seals or divides all of it', () => {
    expect(OF_ALL.map(({ name }) => name).sort()).toEqual([
      'approvers.add',
      'approvers.list',
      'approvers.remove',
      'clients.create',
      'clients.delete',
      'clients.list',
      'grants.list',
      'grants.revoke',
      'people.adminCode',
      'people.list',
      'people.role',
      'policy.show',
      'specs.add',
      'system.backup',
      'system.doctor',
      'system.goLive',
      'system.status',
      'tenants.create',
      'tenants.delete',
      'tenants.list',
      'vault.forget',
      'vault.rotate',
      'vault.status',
    ]);
  });

  it.each(OF_ALL.map((operation) => [operation.name, operation] as const))(
    'is closed to another tenant, whatever its key may: %s',
    async (_name, operation) => {
      const caller = { scope: { tenant: 'acme', environment: 'live' as const }, principal: KEY };
      const anyInput = { ...operation, input: { safeParse: () => ({ success: true, data: {} }) } };
      const asked = runOperation(gateway, anyInput as unknown as typeof operation, caller, {});
      await expect(asked).rejects.toMatchObject({ code: 'policy_denied' });
    },
  );
});
