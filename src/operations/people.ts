/** Operations on people who sign in, and on tenants. @module */
import { z } from 'zod';
import { AppError } from '../core/errors.js';
import type { CallContext } from '../core/operation.js';
import { ROLES, type PersonRow } from '../core/people.js';
import type { Scope } from '../core/scope.js';
import { VOUCHED_ERRORS, vouchInLive, vouched } from './approvals.js';
import { cursor, iso, limit, present } from './fields.js';
import { operation } from './gateway.js';

const shown = z.object({
  id: z.string(),
  email: z.string().optional(),
  verified: z.boolean(),
  role: z.string().describe('none, or what they may do'),
  createdAt: z.string(),
});

const show = ({ id, email, isVerified, role, createdAtMs }: PersonRow): z.input<typeof shown> => ({
  id,
  verified: isVerified,
  role: role ?? 'none',
  createdAt: iso(createdAtMs),
  ...present({ email }),
});

/** The same people work in both environments. */
const placeOf = ({ tenant }: Scope): Scope => ({ tenant, environment: 'live' });

const list = operation({
  name: 'people.list',
  summary: 'Lists the people who have signed in, newest first',
  installation: true,
  input: z.strictObject({ limit, cursor }),
  output: z.object({ people: z.array(shown), cursor: z.string().optional() }),
  effect: 'read',
  scope: 'admin',
  errors: ['policy_denied'],
  audit: { target: () => ({ type: 'person', id: '*' }) },
  http: { method: 'GET', path: '/v1/people' },
  cli: { words: 'person list', table: { rows: 'people', columns: ['id', 'email', 'verified', 'role', 'createdAt'] } },
  async run({ store }, { scope }, { limit: most, cursor: from }) {
    const page = await store.people.list(placeOf(scope), { limit: most, ...present({ cursor: from }) });
    return { people: page.rows.map(show), ...present({ cursor: page.cursor }) };
  },
});

const role = operation({
  name: 'people.role',
  summary: 'Gives somebody a role, or none; they have to sign in again. Where approvers are enrolled, one has to vouch',
  installation: true,
  input: z.strictObject({ id: z.string().max(100), role: z.enum([...ROLES, 'none']), ...vouched }),
  output: shown,
  effect: 'update',
  scope: 'admin',
  errors: ['not_found', 'policy_denied', ...VOUCHED_ERRORS],
  audit: { target: ({ id }) => ({ type: 'person', id }) },
  http: { method: 'POST', path: '/v1/people/{id}/role' },
  cli: { words: 'person role', positional: ['id', 'role'], examples: ['fairlead person role prn_01... viewer'] },
  async run(gateway, context, { id, role: given, by, byPassphrase }) {
    personOnly(context, 'people.role');
    const place = placeOf(context.scope);
    await vouchInLive(gateway, { ...context, scope: place }, `role ${given} for ${id}`, { by, byPassphrase });
    const set = await gateway.store.people.setRole(place, id, given === 'none' ? undefined : given);
    const row = set === 'set' ? await gateway.store.people.get(place, id) : undefined;
    if (row === undefined) throw new AppError('not_found', { what: 'person', id });
    return show(row);
  },
});

const adminCode = operation({
  name: 'people.adminCode',
  summary: 'Shows a code by which the first person who signed in becomes an admin; at a terminal, once, for 15 minutes',
  installation: true,
  input: z.strictObject({}),
  output: z.object({ code: z.string(), use: z.string() }),
  effect: 'create',
  scope: 'admin',
  errors: ['policy_denied'],
  audit: { target: () => ({ type: 'person', id: 'first-admin' }) },
  http: { method: 'POST', path: '/v1/people/admin-code' },
  cli: { words: 'person admin-code' },
  async run(gateway, context) {
    personOnly(context, 'people.adminCode');
    const code = await (await gateway.login()).sessions.issueAdminCode();
    return { code, use: `Sign in at ${gateway.address()}/login and enter it there.` };
  },
});

function personOnly({ principal, scope }: CallContext, operationName: string): void {
  if (principal.type === 'person') return;
  const reason = 'a person at a terminal or who has signed in has to do this';
  throw new AppError('policy_denied', { operation: operationName, environment: scope.environment, reason });
}

export const PEOPLE_OPERATIONS = [list, role, adminCode];
