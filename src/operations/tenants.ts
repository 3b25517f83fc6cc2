/** Operations on tenants: made, listed, ended with everything that could still act for them. @module */
import { z } from 'zod';
import { AppError } from '../core/errors.js';
import type { CallContext } from '../core/operation.js';
import { DEFAULT_TENANT, ENVIRONMENTS } from '../core/scope.js';
import type { ConnectionRow } from '../core/stored-connection.js';
import { endAtProvider, REVOCATIONS } from './end-at-provider.js';
import { iso } from './fields.js';
import { operation, type Gateway } from './gateway.js';

/** Connections that are ended at the same time: one that its provider does not answer for keeps the next ones waiting. */
const AT_ONCE = 8;

const name = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'lower-case letters, digits, dashes and underscores');

const tenant = z.object({
  name: z.string(),
  state: z.enum(['active', 'deleted']),
  createdAt: z.string().optional(),
});

const createTenant = operation({
  name: 'tenants.create',
  summary: 'Makes a tenant; its keys are made with key create --tenant',
  installation: true,
  input: z.strictObject({ name }),
  output: tenant,
  effect: 'create',
  scope: 'admin',
  errors: ['conflict', 'policy_denied'],
  audit: { target: (input) => ({ type: 'tenant', id: input.name }) },
  http: { method: 'POST', path: '/v1/tenants' },
  cli: { words: 'tenant create', positional: ['name'], examples: ['fairlead tenant create acme'] },
  async run({ store, clock }, context, { name: given }) {
    const isTaken = given === DEFAULT_TENANT || (await store.tenants.create(given, context.principal.id)) === 'exists';
    if (isTaken)
      throw new AppError('conflict', { what: `tenant ${given}`, problem: 'there is, or was, one of that name' });
    return { name: given, state: 'active' as const, createdAt: iso(clock.nowMs()) };
  },
});

const listTenants = operation({
  name: 'tenants.list',
  summary: 'Lists the tenants beside default',
  installation: true,
  input: z.strictObject({}),
  output: z.object({ tenants: z.array(tenant) }),
  effect: 'read',
  scope: 'admin',
  errors: ['policy_denied'],
  audit: { target: () => ({ type: 'tenant', id: '*' }) },
  http: { method: 'GET', path: '/v1/tenants' },
  cli: { words: 'tenant list', table: { rows: 'tenants', columns: ['name', 'state', 'createdAt'] } },
  async run({ store }) {
    const rows = await store.tenants.list();
    return {
      tenants: rows.map(({ name: one, createdAtMs, deletedAtMs }) => ({
        name: one,
        state: deletedAtMs === undefined ? ('active' as const) : ('deleted' as const),
        createdAt: iso(createdAtMs),
      })),
    };
  },
});

const ended = z.object({
  id: z.string(),
  provider: z.string(),
  environment: z.enum(ENVIRONMENTS),
  atProvider: z.enum(REVOCATIONS).describe('whether the provider has ended the access, too'),
  note: z.string(),
});
type Ended = z.output<typeof ended>;

const deleteTenant = operation({
  name: 'tenants.delete',
  summary: 'Ends a tenant: its keys and sessions at once, then its sources, connections and secrets',
  installation: true,
  input: z.strictObject({ name }),
  output: tenant.extend({ connections: z.array(ended) }),
  effect: 'delete',
  scope: 'admin',
  errors: ['not_found', 'policy_denied'],
  audit: { target: (input) => ({ type: 'tenant', id: input.name }) },
  http: { method: 'DELETE', path: '/v1/tenants/{name}' },
  cli: { words: 'tenant delete', positional: ['name'] },
  async run(gateway, context, { name: given }) {
    if ((await gateway.store.tenants.delete(given)) === 'not_found') {
      throw new AppError('not_found', { what: 'tenant', id: given });
    }
    const connections: Ended[] = [];
    for (const environment of ENVIRONMENTS) {
      connections.push(...(await clear(gateway, { ...context, scope: { tenant: given, environment } })));
    }
    return { name: given, state: 'deleted' as const, connections };
  },
});

/** What could still act for them. Events, calls and the log go with their retention. */
async function clear(gateway: Gateway, context: CallContext): Promise<Ended[]> {
  const { store, secrets, sources } = gateway;
  const { scope } = context;
  for (const { id } of await store.sources.list(scope)) await store.sources.delete(scope, id);
  await sources.refresh();
  // Before the secrets, which are what a provider knows its app by.
  const connections = await endConnections(gateway, context);
  for (;;) {
    const page = await secrets.list(scope, 'named', { limit: 500 });
    if (page.rows.length === 0) return connections;
    for (const row of page.rows) await secrets.delete(scope, 'named', row.name);
  }
}

/** What was cut off in the middle is gone on with when the tenant is deleted once more. */
async function endConnections(gateway: Gateway, context: CallContext): Promise<Ended[]> {
  const all: Ended[] = [];
  for (;;) {
    const page = await gateway.store.connections.list(context.scope, { usable: true }, { limit: AT_ONCE });
    if (page.rows.length === 0) return all;
    all.push(...(await Promise.all(page.rows.map((row) => endConnection(gateway, context, row)))));
  }
}

async function endConnection(gateway: Gateway, context: CallContext, row: ConnectionRow): Promise<Ended> {
  const { kind, note } = await endAtProvider(gateway, context, row);
  const { stored } = await gateway.connections();
  await stored.disconnect(context.scope, row.id, undefined);
  return { id: row.id, provider: row.provider, environment: row.environment, atProvider: kind, note };
}

export const TENANT_OPERATIONS = [createTenant, listTenants, deleteTenant];
