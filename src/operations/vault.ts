/** Operations on the keys of the vault: what is under which key, move everything to a new one, forget an old one. @module */
import { z } from 'zod';
import { keyUses, rotate as rotateKey } from '../auth/index.js';
import { AppError } from '../core/errors.js';
import { iso, present } from './fields.js';
import { operation, type Gateway } from './gateway.js';

const key = z.object({
  id: z.string(),
  use: z.enum(['current', 'unfinished', 'retired', 'missing']),
  records: z.number(),
  createdAt: z.string().optional(),
  retiredAt: z.string().optional(),
});

async function keys(gateway: Gateway): Promise<z.input<typeof key>[]> {
  const uses = await keyUses({ system: gateway.store.system, keys: gateway.keys });
  return uses.map(({ id, current, here, records, createdAtMs, retiredAtMs }) => ({
    id,
    use: !here ? 'missing' : current ? 'current' : retiredAtMs === undefined ? 'unfinished' : 'retired',
    records,
    ...present({
      createdAt: createdAtMs === 0 ? undefined : iso(createdAtMs),
      retiredAt: retiredAtMs === undefined ? undefined : iso(retiredAtMs),
    }),
  }));
}

const status = operation({
  name: 'vault.status',
  summary: 'Shows the keys of the vault and how many secrets are under each',
  installation: true,
  input: z.strictObject({}),
  output: z.object({ keys: z.array(key), says: z.string() }),
  effect: 'read',
  scope: 'read',
  errors: ['policy_denied'],
  audit: { target: () => ({ type: 'vault', id: '*' }) },
  http: { method: 'GET', path: '/v1/vault' },
  cli: { words: 'vault status', table: { rows: 'keys', columns: ['id', 'use', 'records', 'createdAt', 'retiredAt'] } },
  async run(gateway) {
    const all = await keys(gateway);
    return { keys: all, says: advice(all) };
  },
});

function advice(all: readonly z.input<typeof key>[]): string {
  const missing = all.find(({ use, records }) => use === 'missing' && records > 0);
  if (missing !== undefined) return `The key ${missing.id} is not here, and ${missing.records} secrets are under it.`;
  if (all.some(({ use }) => use === 'unfinished')) return 'A rotation has not ended; run fairlead vault rotate.';
  if (all.some(({ use }) => use === 'retired')) return 'Retired keys open old backups only; vault forget destroys one.';
  return 'Everything is under the current key.';
}

const rotate = operation({
  name: 'vault.rotate',
  summary: 'Makes a new key for the vault and moves every secret to it while everything runs; goes on after a kill',
  installation: true,
  input: z.strictObject({}),
  output: z.object({
    keyId: z.string(),
    resumed: z.boolean(),
    moved: z.number(),
    retired: z.array(z.string()),
    remaining: z.array(z.string()),
    unreadable: z.array(z.object({ place: z.string(), code: z.string() })),
    ok: z.boolean(),
  }),
  effect: 'update',
  scope: 'admin',
  errors: ['conflict', 'secret_unavailable', 'io_failure', 'policy_denied'],
  audit: { target: () => ({ type: 'vault', id: 'keys' }) },
  http: { method: 'POST', path: '/v1/vault/rotate' },
  cli: { words: 'vault rotate', examples: ['fairlead vault rotate'] },
  async run(gateway, { signal }) {
    const parts = { system: gateway.store.system, keys: gateway.keys, vault: gateway.vault, signal };
    const report = await rotateKey(parts);
    return { ...report, ok: report.remaining.length === 0 };
  },
});

const forget = operation({
  name: 'vault.forget',
  summary: 'Destroys a retired key of the vault; backups from before it was retired open nowhere then',
  installation: true,
  input: z.strictObject({ key: z.string().max(64).describe('its id, see vault status') }),
  output: z.object({ destroyed: z.string() }),
  effect: 'delete',
  scope: 'admin',
  errors: ['not_found', 'conflict', 'policy_denied'],
  audit: { target: (input) => ({ type: 'vault key', id: input.key }) },
  http: { method: 'DELETE', path: '/v1/vault/keys/{key}' },
  cli: { words: 'vault forget', positional: ['key'] },
  async run(gateway, _context, input) {
    const use = (await keys(gateway)).find(({ id }) => id === input.key);
    if (use !== undefined && use.records > 0) {
      const problem = `${use.records} secrets are under it; run fairlead vault rotate first`;
      throw new AppError('conflict', { what: `key ${input.key}`, problem });
    }
    await gateway.keys.destroyKek(input.key);
    return { destroyed: input.key };
  },
});

export const VAULT_OPERATIONS = [status, rotate, forget];
