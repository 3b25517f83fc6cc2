/** Operations on programs that act for people: which are known, and what they were given. @module */
import { z } from 'zod';
import { problemOfClientRedirect, type GrantEvent } from '../auth/index.js';
import { auditEntry, type RecorderParts } from '../audit/index.js';
import { AppError } from '../core/errors.js';
import type { ClientRow, GrantRow } from '../core/grant.js';
import { newId } from '../core/ids.js';
import type { Principal } from '../core/principal.js';
import { DEFAULT_TENANT, type Scope } from '../core/scope.js';
import type { Store } from '../core/store.js';
import { cursor, iso, limit, present } from './fields.js';
import { operation } from './gateway.js';

/** The same people work in both environments; what they gave stands where they stand. */
export const GRANT_PLACE: Scope = { tenant: DEFAULT_TENANT, environment: 'live' };

const client = z.object({
  id: z.string().describe('what the program calls its client_id'),
  name: z.string(),
  redirectUris: z.array(z.string()),
  createdAt: z.string(),
  createdBy: z.string(),
});

const showClient = ({ createdAtMs, redirectUris, ...row }: ClientRow): z.input<typeof client> => ({
  ...row,
  redirectUris: [...redirectUris],
  createdAt: iso(createdAtMs),
});

const createClient = operation({
  name: 'clients.create',
  summary:
    'Makes a program known that has no document of its own, so that people can give it access; it gets no secret',
  installation: true,
  input: z.strictObject({
    name: z.string().min(1).max(80).describe('as people see it when it asks for access'),
    redirectUris: z
      .array(z.string().max(1_000))
      .min(1)
      .max(20)
      .describe('where answers go: https, this machine (any port), or a scheme like com.example.app:/back'),
  }),
  output: client,
  effect: 'create',
  scope: 'admin',
  errors: ['invalid_argument', 'policy_denied'],
  audit: { target: (input) => ({ type: 'client', id: input.name }) },
  http: { method: 'POST', path: '/v1/clients' },
  cli: {
    words: 'client create',
    positional: ['name'],
    note: 'There is no secret to keep: the program shows its id (client_id), and people agree in the browser.',
    examples: ['fairlead client create editor --redirect-uris http://127.0.0.1/callback'],
  },
  async run({ store, clock, random }, { principal }, { name, redirectUris }) {
    for (const one of redirectUris) {
      const problem = problemOfClientRedirect(one);
      if (problem !== undefined) throw new AppError('invalid_argument', { argument: 'redirectUris', problem });
    }
    const id = newId('client', clock, random);
    await store.clients.create(GRANT_PLACE, { id, name, redirectUris, createdBy: principal.id });
    return showClient((await store.clients.get(GRANT_PLACE, id))!);
  },
});

const listClients = operation({
  name: 'clients.list',
  summary: 'Lists the programs that were made known here; those with a document of their own are not among them',
  installation: true,
  input: z.strictObject({}),
  output: z.object({ clients: z.array(client) }),
  effect: 'read',
  scope: 'admin',
  errors: ['policy_denied'],
  audit: { target: () => ({ type: 'client', id: '*' }) },
  http: { method: 'GET', path: '/v1/clients' },
  cli: { words: 'client list', table: { rows: 'clients', columns: ['id', 'name', 'redirectUris', 'createdAt'] } },
  async run({ store }) {
    return { clients: (await store.clients.list(GRANT_PLACE)).map(showClient) };
  },
});

const deleteClient = operation({
  name: 'clients.delete',
  summary: 'Forgets a program, and ends what people gave it',
  installation: true,
  input: z.strictObject({ id: z.string().max(100) }),
  output: z.object({ id: z.string(), state: z.literal('deleted') }),
  effect: 'delete',
  scope: 'admin',
  errors: ['not_found', 'policy_denied'],
  audit: { target: ({ id }) => ({ type: 'client', id }) },
  http: { method: 'DELETE', path: '/v1/clients/{id}' },
  cli: { words: 'client delete', positional: ['id'] },
  async run({ store }, _context, { id }) {
    if ((await store.clients.delete(GRANT_PLACE, id)) === 'not_found') {
      throw new AppError('not_found', { what: 'client', id });
    }
    return { id, state: 'deleted' as const };
  },
});

const grant = z.object({
  id: z.string(),
  person: z.string(),
  client: z.string(),
  clientName: z.string().describe('as it calls itself'),
  scopes: z.array(z.string()),
  resource: z.string().describe('what its tokens open'),
  environment: z.string(),
  redirectUri: z.string(),
  state: z.enum(['active', 'revoked']),
  createdAt: z.string(),
  revokedAt: z.string().optional(),
});

const showGrant = ({ tenant: _tenant, createdAtMs, revokedAtMs, scopes, ...row }: GrantRow): z.input<typeof grant> => ({
  ...row,
  scopes: [...scopes],
  state: revokedAtMs === undefined ? 'active' : 'revoked',
  createdAt: iso(createdAtMs),
  ...present({ revokedAt: revokedAtMs === undefined ? undefined : iso(revokedAtMs) }),
});

const listGrants = operation({
  name: 'grants.list',
  summary: 'Lists what people have given to programs, newest first',
  installation: true,
  input: z.strictObject({ person: z.string().max(100).optional(), limit, cursor }),
  output: z.object({ grants: z.array(grant), cursor: z.string().optional() }),
  effect: 'read',
  scope: 'admin',
  errors: ['policy_denied'],
  audit: { target: () => ({ type: 'grant', id: '*' }) },
  http: { method: 'GET', path: '/v1/grants' },
  cli: {
    words: 'grant list',
    table: { rows: 'grants', columns: ['id', 'person', 'client', 'scopes', 'environment', 'state', 'createdAt'] },
  },
  async run({ store }, _context, { person, limit: most, cursor: from }) {
    const page = await store.grants.list(GRANT_PLACE, present({ person }), {
      limit: most,
      ...present({ cursor: from }),
    });
    return { grants: page.rows.map(showGrant), ...present({ cursor: page.cursor }) };
  },
});

const revokeGrant = operation({
  name: 'grants.revoke',
  summary: 'Takes back what a program was given: its tokens end at once, and it has to ask again',
  installation: true,
  input: z.strictObject({ id: z.string().max(100) }),
  output: grant,
  effect: 'delete',
  scope: 'admin',
  errors: ['not_found', 'policy_denied'],
  audit: { target: ({ id }) => ({ type: 'grant', id }) },
  http: { method: 'DELETE', path: '/v1/grants/{id}' },
  cli: { words: 'grant revoke', positional: ['id'] },
  async run({ store }, _context, { id }) {
    const row =
      (await store.grants.revoke(GRANT_PLACE, id)) === 'revoked' ? await store.grants.get(GRANT_PLACE, id) : undefined;
    if (row === undefined) throw new AppError('not_found', { what: 'grant', id });
    return showGrant(row);
  },
});

/** A line in the audit log for what programs ask for and get without an operation. */
export async function writeGrant(
  { store }: { store: Pick<Store, 'audit'> },
  recorder: RecorderParts,
  { what, scope, person, grant: id, client: of, details }: GrantEvent,
): Promise<void> {
  const byProgram = what === 'issue' || what === 'reuse' || what === 'revoke';
  const actor: Principal =
    byProgram && id !== undefined
      ? { type: 'agent', id, scopes: [], via: 'rest', onBehalfOf: { type: 'person', id: person } }
      : { type: 'person', id: person, scopes: [], via: 'rest' };
  const isBad = what === 'refuse' || what === 'reuse';
  const entry = auditEntry(recorder, scope, {
    phase: 'outcome',
    action: `grants.${what}`,
    effect: what === 'revoke' || what === 'reuse' ? 'delete' : 'create',
    status: isBad ? 'denied' : 'succeeded',
    target: { type: 'grant', id: id ?? of },
    actor,
    details: { client: of, ...details },
  });
  await store.audit.append(scope, [entry]);
}

export const GRANT_OPERATIONS = [createClient, listClients, deleteClient, listGrants, revokeGrant];
