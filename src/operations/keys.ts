/** Operations on keys of Fairlead's own. A key is shown once, when it is made. @module */
import { z } from 'zod';
import { factsOfKey } from '../auth/index.js';
import { KEY_TYPES, type ApiKeyFacts, type ApiKeyRow, type NewApiKey } from '../core/api-key.js';
import { AppError } from '../core/errors.js';
import { newId } from '../core/ids.js';
import type { CallContext } from '../core/operation.js';
import { DEFAULT_TENANT, type Scope } from '../core/scope.js';
import { VOUCHED_ERRORS, vouched, vouchInLive } from './approvals.js';
import { cursor, iso, limit, present } from './fields.js';
import { operation, type Gateway } from './gateway.js';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** `approve` is not among them: no key approves. */
const scopes = z
  .array(z.enum(['read', 'write', 'operate', 'admin']))
  .min(1)
  .default(['read', 'write'])
  .describe('what it is good for');
const name = z.string().min(1).max(100).describe('what it is for');
const owner = z.string().min(1).max(200).optional().describe('who answers for it');
const days = z.coerce.number().int().min(1).max(3_650).optional().describe('days until it ends (default: never)');
const rate = z.coerce.number().int().min(1).max(1_000_000).optional().describe('requests a minute (default 600)');

const shown = z.object({
  id: z.string(),
  name: z.string(),
  type: z.string(),
  prefix: z.string(),
  scopes: z.array(z.string()),
  environment: z.string(),
  state: z.enum(['active', 'expired', 'revoked']),
  owner: z.string().optional(),
  ratePerMinute: z.number().optional(),
  createdAt: z.string(),
  createdBy: z.string(),
  expiresAt: z.string().optional(),
  revokedAt: z.string().optional(),
  lastUsedAt: z.string().optional().describe('to the minute'),
});

const made = shown.extend({ key: z.string().describe('shown this once') });

function show(row: ApiKeyRow, nowMs: number): z.input<typeof shown> {
  const facts = factsOfKey(row);
  const isOver = row.expiresAtMs !== undefined && row.expiresAtMs <= nowMs;
  const time = (atMs: number | undefined): string | undefined => (atMs === undefined ? undefined : iso(atMs));
  return {
    id: row.id,
    name: facts?.name ?? '',
    type: facts?.type ?? 'api_key',
    prefix: facts?.prefix ?? '',
    scopes: [...(facts?.scopes ?? [])],
    environment: row.environment,
    state: row.revokedAtMs !== undefined ? 'revoked' : isOver ? 'expired' : 'active',
    createdAt: iso(row.createdAtMs),
    createdBy: row.createdBy,
    ...present({ owner: facts?.owner, ratePerMinute: facts?.ratePerMinute }),
    ...present({ expiresAt: time(row.expiresAtMs), revokedAt: time(row.revokedAtMs) }),
    ...present({ lastUsedAt: row.usedAtMs === undefined ? undefined : iso(row.usedAtMs - (row.usedAtMs % 60_000)) }),
  };
}

function mint(
  gateway: Gateway,
  { principal }: CallContext,
  facts: Omit<ApiKeyFacts, 'prefix'>,
  lifeMs: number | undefined,
): { key: string; row: NewApiKey } {
  const { key, hash, prefix } = gateway.apiKeys.mint();
  const id = newId('key', gateway.clock, gateway.random);
  const text = JSON.stringify({ ...facts, prefix });
  return { key, row: { id, hash, facts: text, createdBy: principal.id, ...present({ lifeMs }) } };
}

async function read(gateway: Gateway, { scope }: CallContext, id: string): Promise<ApiKeyRow> {
  const row = await gateway.store.apiKeys.get(scope, id);
  if (row === undefined) throw notFound(id);
  return row;
}

const notFound = (id: string): AppError => new AppError('not_found', { what: 'key', id: id.slice(0, 100) });

/** Whose key it will be. @throws AppError `policy_denied` where one tenant would make a key of another, `not_found` */
async function scopeFor({ store }: Gateway, { scope }: CallContext, tenant: string | undefined): Promise<Scope> {
  if (tenant === undefined || tenant === scope.tenant) return scope;
  if (scope.tenant !== DEFAULT_TENANT) {
    const reason = 'a key makes keys of its own tenant alone';
    throw new AppError('policy_denied', { operation: 'keys.create', environment: scope.environment, reason });
  }
  const row = await store.tenants.get(tenant);
  if (row === undefined || row.deletedAtMs !== undefined)
    throw new AppError('not_found', { what: 'tenant', id: tenant });
  return { ...scope, tenant };
}

const create = operation({
  name: 'keys.create',
  summary: 'Makes a key for a program or an agent, in this environment; it is shown once',
  input: z.strictObject({
    name,
    type: z.enum(KEY_TYPES).default('api_key').describe('agent: whoever uses it is an agent, whatever it says'),
    scopes,
    owner,
    expiresInDays: days,
    ratePerMinute: rate,
    tenant: z.string().max(63).optional().describe('whose key it is (default: of the tenant that makes it)'),
    ...vouched,
  }),
  output: made,
  effect: 'create',
  scope: 'admin',
  errors: ['not_found', 'policy_denied', ...VOUCHED_ERRORS],
  audit: { target: (input) => ({ type: 'key', id: input.name }) },
  http: { method: 'POST', path: '/v1/keys' },
  cli: {
    words: 'key create',
    positional: ['name'],
    secretInput: 'byPassphrase',
    secretFor: 'by',
    note: 'The key is shown this once: keep it now. Here is only its hash.',
    examples: ['fairlead key create ci --scopes read --expires-in-days 90', 'fairlead key create bot --type agent'],
  },
  async run(
    gateway,
    context,
    { expiresInDays, name: named, type, scopes: granted, by, byPassphrase, tenant, ...rest },
  ) {
    const scope = await scopeFor(gateway, context, tenant);
    await vouchInLive(gateway, context, `key ${named}`, { by, byPassphrase });
    const lifeMs = expiresInDays === undefined ? undefined : expiresInDays * DAY_MS;
    const facts = { name: named, type, scopes: granted, ...present(rest) };
    const { key, row } = mint(gateway, context, facts, lifeMs);
    await gateway.store.apiKeys.create(scope, row);
    return { ...show(await read(gateway, { ...context, scope }, row.id), gateway.clock.nowMs()), key };
  },
});

const list = operation({
  name: 'keys.list',
  summary: 'Lists the keys of this environment, newest first, without the keys themselves',
  input: z.strictObject({ limit, cursor }),
  output: z.object({ keys: z.array(shown), cursor: z.string().optional() }),
  effect: 'read',
  scope: 'admin',
  errors: [],
  audit: { target: () => ({ type: 'key', id: '*' }) },
  http: { method: 'GET', path: '/v1/keys' },
  cli: {
    words: 'key list',
    table: {
      rows: 'keys',
      columns: ['id', 'name', 'type', 'prefix', 'scopes', 'state', 'owner', 'expiresAt', 'lastUsedAt'],
    },
  },
  async run(gateway, { scope }, { limit: most, cursor: from }) {
    const page = await gateway.store.apiKeys.list(scope, { limit: most, ...present({ cursor: from }) });
    const nowMs = gateway.clock.nowMs();
    return { keys: page.rows.map((row) => show(row, nowMs)), ...present({ cursor: page.cursor }) };
  },
});

const revoke = operation({
  name: 'keys.revoke',
  summary: 'Ends a key at once',
  input: z.strictObject({ id: z.string() }),
  output: shown,
  effect: 'delete',
  scope: 'admin',
  errors: ['not_found'],
  audit: { target: ({ id }) => ({ type: 'key', id }) },
  http: { method: 'DELETE', path: '/v1/keys/{id}' },
  cli: { words: 'key revoke', positional: ['id'] },
  async run(gateway, context, { id }) {
    if ((await gateway.store.apiKeys.revoke(context.scope, id)) === 'not_found') throw notFound(id);
    return show(await read(gateway, context, id), gateway.clock.nowMs());
  },
});

const rotate = operation({
  name: 'keys.rotate',
  summary: 'Makes the successor of a key; the old one works for a while longer',
  input: z.strictObject({
    id: z.string(),
    overlapHours: z.coerce.number().min(0).max(720).default(24).describe('how long the old one still works'),
    expiresInDays: days,
    ...vouched,
  }),
  output: made,
  effect: 'update',
  scope: 'admin',
  errors: ['not_found', ...VOUCHED_ERRORS],
  audit: { target: ({ id }) => ({ type: 'key', id }) },
  http: { method: 'POST', path: '/v1/keys/{id}/rotate' },
  cli: {
    words: 'key rotate',
    positional: ['id'],
    secretInput: 'byPassphrase',
    secretFor: 'by',
    note: 'The new key is shown this once: keep it now. Here is only its hash.',
    examples: ['fairlead key rotate key_01... --overlap-hours 2'],
  },
  async run(gateway, context, { id, overlapHours, expiresInDays, ...voucher }) {
    await vouchInLive(gateway, context, `key ${id}`, voucher);
    const before = factsOfKey(await read(gateway, context, id));
    if (before === undefined) throw notFound(id);
    const { prefix: _old, ...facts } = before;
    const lifeMs = expiresInDays === undefined ? undefined : expiresInDays * DAY_MS;
    const { key, row } = mint(gateway, context, facts, lifeMs);
    const rotated = await gateway.store.apiKeys.rotate(context.scope, id, row, overlapHours * HOUR_MS);
    if (rotated === 'not_found') throw notFound(id);
    return { ...show(await read(gateway, context, row.id), gateway.clock.nowMs()), key };
  },
});

export const KEY_OPERATIONS = [create, list, revoke, rotate];
