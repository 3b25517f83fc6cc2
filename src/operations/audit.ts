/** Operations on the audit log: find, export, check, prove, explain, add to it. @module */
import { z } from 'zod';
import { openPersonal, recordText, verifyAudit } from '../audit/index.js';
import { AUDIT_STATUSES, type AuditFilter, type AuditRow } from '../core/audit.js';
import { AppError } from '../core/errors.js';
import type { CallContext } from '../core/operation.js';
import { checkpointOrigin } from '../core/checkpoint.js';
import { cursor, limit, present, when, whenMs } from './fields.js';
import { operation, type Services } from './services.js';

const shown = z.looseObject({
  seq: z.number().optional().describe('place in the tree; absent until it is sequenced'),
  leaf: z.string(),
});

/** The record as it is in the tree, with its place; personal values are opened for readers of this tenant. */
function show(services: Services, context: CallContext, row: AuditRow): z.input<typeof shown> {
  const text = recordText(row);
  const record = text === undefined ? { pruned: true } : (JSON.parse(text) as Record<string, unknown>);
  const personal =
    row.personal === undefined || text === undefined
      ? undefined
      : openPersonal(services.sealer, row.personal, context.scope, text);
  return {
    ...present({ seq: row.index }),
    ...record,
    ...present({ personal }),
    leaf: Buffer.from(row.leaf).toString('hex'),
  };
}

const filterFields = {
  action: z.string().optional(),
  status: z.enum(AUDIT_STATUSES).optional(),
  actor: z.string().optional(),
  provider: z.string().optional(),
  target: z.string().optional(),
  call: z.string().optional(),
  event: z.string().optional(),
  since: when.optional(),
  until: when.optional(),
};

function filterOf(services: Services, input: z.output<z.ZodObject<typeof filterFields>>): AuditFilter {
  const nowMs = services.clock.nowMs();
  const { call, event, since, until, ...rest } = input;
  return present({
    ...rest,
    callId: call,
    eventId: event,
    sinceMs: whenMs(since, nowMs),
    untilMs: whenMs(until, nowMs),
  });
}

const search = operation({
  name: 'audit.search',
  summary: 'Finds entries of the audit log, newest first',
  input: z.strictObject({ ...filterFields, limit, cursor }),
  output: z.object({ entries: z.array(shown), cursor: z.string().optional() }),
  effect: 'read',
  scope: 'read',
  errors: ['invalid_argument'],
  audit: { target: () => ({ type: 'audit', id: '*' }) },
  http: { method: 'GET', path: '/v1/audit' },
  cli: {
    words: 'audit search',
    table: { rows: 'entries', columns: ['ts', 'action', 'status', 'target', 'callId'] },
    examples: ['fairlead audit search --provider slack --since 24h', 'fairlead audit search --status denied'],
  },
  async run(services, context, { limit: rows, cursor: from, ...input }) {
    const page = { limit: rows, ...present({ cursor: from }) };
    const found = await services.store.audit.search(context.scope, filterOf(services, input), page);
    return { entries: found.rows.map((row) => show(services, context, row)), ...present({ cursor: found.cursor }) };
  },
});

const get = operation({
  name: 'audit.get',
  summary: 'Shows one entry of the audit log',
  input: z.strictObject({ id: z.string() }),
  output: shown,
  effect: 'read',
  scope: 'read',
  errors: ['not_found'],
  audit: { target: (input) => ({ type: 'audit', id: input.id }) },
  http: { method: 'GET', path: '/v1/audit/{id}' },
  cli: { words: 'audit get', positional: ['id'] },
  async run(services, context, input) {
    const row = await services.store.audit.get(context.scope, input.id);
    if (row === undefined) throw new AppError('not_found', { what: 'audit entry', id: input.id });
    return show(services, context, row);
  },
});

const verify = operation({
  name: 'audit.verify',
  summary: 'Recomputes every leaf and root of this environment and checks the signatures',
  input: z.strictObject({
    checkpoint: z.string().max(10_000).optional().describe('a checkpoint you kept elsewhere'),
    publicKey: z.string().max(2_000).optional().describe('PEM; the key of this installation when absent'),
  }),
  output: z.looseObject({ ok: z.boolean(), entries: z.number(), covered: z.number() }),
  effect: 'read',
  scope: 'read',
  errors: ['verification_failed'],
  audit: { target: () => ({ type: 'audit', id: '*' }) },
  http: { method: 'POST', path: '/v1/audit/verify' },
  cli: { words: 'audit verify' },
  async run(services, context, input) {
    await services.sequenceAudit();
    const { environment } = context.scope;
    const report = await verifyAudit(services.store.system, {
      environment,
      origin: checkpointOrigin(services.installationId, environment),
      publicKeys: [input.publicKey ?? services.auditPublicKey(environment)],
      ...(input.checkpoint === undefined ? {} : { held: [input.checkpoint] }),
      ...present({ signal: context.signal }),
    });
    return { ...report };
  },
});

export const AUDIT_OPERATIONS = [search, get, verify];
