/** Operations on approvals and on the people who decide. No tool of an agent decides. @module */
import { z } from 'zod';
import { APPROVAL_STATES, type ApprovalRow } from '../core/approval.js';
import { AppError, type ErrorCode } from '../core/errors.js';
import type { CallContext } from '../core/operation.js';
import { approvalDigest, type StoredCall } from '../outbound/index.js';
import { decideApproval, decisionOf } from './approval-desk.js';
import { cursor, iso, limit, present } from './fields.js';
import { operation, type Gateway, type Operation } from './gateway.js';
import { isSignedLink } from '../auth/index.js';

const lookedUp = z.object({ what: z.string(), name: z.string(), id: z.string().optional() });

const brief = z.object({
  id: z.string(),
  state: z.enum(APPROVAL_STATES),
  action: z.string(),
  environment: z.string(),
  by: z.string().describe('who asked'),
  target: z.string().optional(),
  requestedAt: z.string(),
  expiresAt: z.string(),
  call: z.string(),
});

const whole = brief.extend({
  effect: z.string(),
  onBehalfOf: z.string().optional(),
  agent: z.looseObject({}).optional(),
  connection: z.string(),
  account: z.string().optional(),
  lookups: z.array(lookedUp).describe('names that were looked up, with the ids that are sent'),
  request: z.looseObject({}).describe('exactly what is sent, without its secret'),
  requestHash: z.string(),
  digest: z.string().describe('of everything a yes is a yes to'),
  policy: z.looseObject({}),
  decided: z.object({ by: z.string(), at: z.string(), note: z.string().optional() }).optional(),
  outcome: z.looseObject({}).optional(),
});

function briefOf(row: ApprovalRow): z.input<typeof brief> {
  const stored = JSON.parse(row.request) as StoredCall;
  const { principal, target } = stored;
  return {
    id: row.id,
    state: row.state,
    action: row.operation,
    environment: row.environment,
    by: `${principal.type} ${principal.id}`,
    requestedAt: iso(row.requestedAtMs),
    expiresAt: iso(row.expiresAtMs),
    call: row.callId,
    ...present({ target: target && `${target.type} ${target.id}` }),
  };
}

function wholeOf(row: ApprovalRow): z.input<typeof whole> {
  const stored = JSON.parse(row.request) as StoredCall;
  const { principal, connection, lookups, preview, requestHash, policy, effect } = stored;
  const decision = decisionOf(row);
  return {
    ...briefOf(row),
    effect,
    connection: connection.id,
    lookups: lookups.map((one) => ({ ...one })),
    request: { ...preview },
    requestHash,
    digest: approvalDigest(row),
    policy,
    ...present({ account: connection.account, onBehalfOf: principal.onBehalfOf?.id, agent: principal.agent }),
    ...present({ decided: decision && { by: decision.by, at: decision.at, ...present({ note: decision.note }) } }),
    ...present({
      outcome: row.outcome === undefined ? undefined : (JSON.parse(row.outcome) as Record<string, unknown>),
    }),
  };
}

/** Found in either environment, so that nobody has to know which; a key of one environment sees that one. */
async function find(gateway: Gateway, { scope, principal }: CallContext, id: string): Promise<ApprovalRow> {
  const row = await gateway.store.system.approval(id);
  const isKey = principal.id.startsWith('key_');
  const isTheirs = row?.tenant === scope.tenant && (!isKey || row.environment === scope.environment);
  if (row === undefined || !isTheirs) throw new AppError('not_found', { what: 'approval', id: id.slice(0, 100) });
  return row;
}

const list = operation({
  name: 'approvals.list',
  summary: 'Lists calls that a person has to agree to, newest first',
  input: z.strictObject({ state: z.enum(APPROVAL_STATES).optional(), limit, cursor }),
  output: z.object({ approvals: z.array(brief), cursor: z.string().optional() }),
  effect: 'read',
  scope: 'read',
  errors: [],
  audit: { target: () => ({ type: 'approval', id: '*' }) },
  http: { method: 'GET', path: '/v1/approvals' },
  cli: {
    words: 'approval list',
    table: { rows: 'approvals', columns: ['id', 'state', 'action', 'by', 'target', 'expiresAt'] },
    examples: ['fairlead approval list --env live --state pending'],
  },
  async run({ store }, { scope }, { state, limit: most, cursor: from }) {
    const page = await store.approvals.list(scope, present({ state }), { limit: most, ...present({ cursor: from }) });
    return { approvals: page.rows.map(briefOf), ...present({ cursor: page.cursor }) };
  },
});

const show = operation({
  name: 'approvals.get',
  summary: 'Shows one approval in full: who asks, whose account, and exactly what would be sent',
  input: z.strictObject({ id: z.string() }),
  output: whole,
  effect: 'read',
  scope: 'read',
  errors: ['not_found'],
  audit: { target: ({ id }) => ({ type: 'approval', id }) },
  http: { method: 'GET', path: '/v1/approvals/{id}' },
  cli: { words: 'approval show', positional: ['id'], examples: ['fairlead approval show apr_01...'] },
  run: async (gateway, context, { id }) => wholeOf(await find(gateway, context, id)),
});

const verdict = z.strictObject({
  id: z.string(),
  approver: z.string().min(1).max(100).optional().describe('who decides (default: the only one there is)'),
  passphrase: z.string().min(1).max(1_000).describe('of the approver; typed, and kept nowhere'),
  note: z.string().max(500).optional(),
});

const decided = z.object({ id: z.string(), state: z.string(), by: z.string(), call: z.looseObject({}).optional() });

const decide = (verb: 'approve' | 'reject', summary: string): Operation =>
  operation({
    name: `approvals.${verb}`,
    summary,
    input: verdict,
    output: decided,
    effect: 'update',
    scope: 'approve',
    provenBy: 'approver',
    errors: ['not_found', 'not_an_approver', 'conflict', 'too_many_attempts'],
    audit: { target: ({ id }: z.output<typeof verdict>) => ({ type: 'approval', id }) },
    http: { method: 'POST', path: `/v1/approvals/{id}/${verb}` },
    cli: { words: `approval ${verb}`, positional: ['id'], secretInput: 'passphrase' },
    async run(gateway: Gateway, context: CallContext, { id, approver, ...rest }: z.output<typeof verdict>) {
      const row = await find(gateway, context, id);
      const by = approver ?? (await onlyApprover(gateway, context));
      const state = verb === 'approve' ? 'approved' : 'rejected';
      const { passphrase, note } = rest;
      const call = await decideApproval(gateway, context, row, {
        state,
        by: { approver: by, passphrase },
        ...present({ note }),
      });
      return { id, state, by, ...present({ call: call && { ...call } }) };
    },
  });

/** As above, by somebody who has signed in: for the page that knows whose session it is, and in no list. */
const decideSignedIn = (verb: 'approve' | 'reject'): Operation =>
  operation({
    name: `approvals.${verb}`,
    summary: 'Decides as somebody who has signed in',
    input: z.strictObject({ id: z.string(), session: z.string() }),
    output: decided,
    effect: 'update',
    scope: 'approve',
    errors: ['not_found', 'not_an_approver', 'conflict'],
    audit: { target: ({ id }) => ({ type: 'approval', id }) },
    http: { method: 'POST', path: '/approvals/{id}' },
    cli: { words: `approval ${verb}` },
    async run(gateway, context, { id, session }) {
      const row = await find(gateway, context, id);
      const state = verb === 'approve' ? 'approved' : 'rejected';
      const by = { person: context.principal.id, session };
      const call = await decideApproval(gateway, context, row, { state, by });
      return { id, state, by: by.person, ...present({ call: call && { ...call } }) };
    },
  });

export const SIGNED_IN_VERDICTS = { approve: decideSignedIn('approve'), reject: decideSignedIn('reject') } as const;

async function onlyApprover({ approvers }: Gateway, { scope }: CallContext): Promise<string> {
  const names = await approvers.names(scope);
  if (names.length === 1) return names[0]!;
  if (names.length === 0) {
    throw new AppError('not_an_approver', {
      problem: 'Nobody is enrolled as an approver yet: fairlead approver add NAME.',
    });
  }
  throw new AppError('invalid_argument', { argument: 'approver', problem: `there are ${names.join(', ')}` });
}

const people = operation({
  name: 'approvers.list',
  summary: 'Lists the people who may approve',
  installation: true,
  input: z.strictObject({}),
  output: z.object({ approvers: z.array(z.object({ name: z.string() })) }),
  effect: 'read',
  scope: 'read',
  errors: ['policy_denied'],
  audit: { target: () => ({ type: 'approver', id: '*' }) },
  http: { method: 'GET', path: '/v1/approvers' },
  cli: { words: 'approver list', table: { rows: 'approvers', columns: ['name'] } },
  async run({ approvers }, { scope }) {
    return { approvers: (await approvers.names(scope)).map((name) => ({ name })) };
  },
});

export const vouched = {
  by: z.string().min(1).max(100).optional().describe('an approver who vouches for it'),
  byPassphrase: z.string().min(1).max(1_000).optional().describe('of the approver who vouches'),
};

/** What the proof of an approver is refused with. */
export const VOUCHED_ERRORS: readonly ErrorCode[] = ['not_an_approver', 'too_many_attempts'];

const enrolment = z.strictObject({
  name: z.string().min(1).max(100),
  passphrase: z.string().min(1).max(1_000).describe('at least 12 characters; kept nowhere'),
  ...vouched,
});

const add = operation({
  name: 'approvers.add',
  summary: 'Enrols a person who may approve; after the first, an approver has to vouch',
  installation: true,
  input: enrolment,
  output: z.object({ name: z.string() }),
  effect: 'create',
  scope: 'admin',
  errors: ['conflict', 'policy_denied', ...VOUCHED_ERRORS],
  audit: { target: ({ name }) => ({ type: 'approver', id: name }) },
  http: { method: 'POST', path: '/v1/approvers' },
  cli: { words: 'approver add', positional: ['name'], secretInput: 'passphrase' },
  async run(gateway, context, { name, passphrase, ...voucher }) {
    personOnly(context, 'approvers.add');
    if ((await gateway.approvers.names(context.scope)).length > 0)
      await vouch(gateway, context, `add ${name}`, voucher);
    await gateway.approvers.enrol(context.scope, name, passphrase, voucher.by ?? context.principal.id);
    return { name };
  },
});

const remove = operation({
  name: 'approvers.remove',
  summary: 'Ends that a person may approve; an approver has to vouch for it',
  installation: true,
  input: z.strictObject({ name: z.string().min(1).max(100), ...vouched }),
  output: z.object({ name: z.string() }),
  effect: 'delete',
  scope: 'admin',
  errors: ['not_found', 'policy_denied', ...VOUCHED_ERRORS],
  audit: { target: ({ name }) => ({ type: 'approver', id: name }) },
  http: { method: 'POST', path: '/v1/approvers/{name}/remove' },
  cli: { words: 'approver remove', positional: ['name'] },
  async run(gateway, context, { name, ...voucher }) {
    personOnly(context, 'approvers.remove');
    await vouch(gateway, context, `remove ${name}`, voucher);
    await gateway.approvers.remove(context.scope, name);
    return { name };
  },
});

function personOnly({ principal, scope }: CallContext, name: string): void {
  if (principal.type === 'person') return;
  const reason = 'a person at a terminal has to do this';
  throw new AppError('policy_denied', { operation: name, environment: scope.environment, reason });
}

/**
 * A key for live writes without being asked about: where approvers are enrolled, one of them vouches for it.
 *
 * @throws AppError `not_an_approver`
 */
export async function vouchInLive(
  gateway: Gateway,
  context: CallContext,
  what: string,
  voucher: { by?: string | undefined; byPassphrase?: string | undefined },
): Promise<void> {
  const { scope } = context;
  if (scope.environment !== 'live' || (await gateway.approvers.names(scope)).length === 0) return;
  await vouch(gateway, context, what, voucher);
}

async function vouch(
  { approvers }: Gateway,
  { scope }: CallContext,
  what: string,
  { by, byPassphrase }: { by?: string | undefined; byPassphrase?: string | undefined },
): Promise<void> {
  if (by === undefined || byPassphrase === undefined) {
    throw new AppError('not_an_approver', { problem: 'An approver has to vouch for this, by name and passphrase.' });
  }
  await approvers.sign(scope, by, byPassphrase, `fairlead approvers v1\n${what}`);
}

/** Whether an address of an approval is one that we have written. */
export function isApprovalLink({ keys }: Gateway, { id, environment }: ApprovalRow, signature: string): boolean {
  return isSignedLink(id, signature, keys.auditKeyPem(environment));
}

export const APPROVAL_OPERATIONS: readonly Operation[] = [
  list,
  show,
  decide('approve', 'Agrees to a call, which is then sent at once, exactly as it is shown'),
  decide('reject', 'Says no to a call: it is never sent'),
  people,
  add,
  remove,
];
