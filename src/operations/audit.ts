/** Operations on the audit log: find, follow, export, check, prove, explain, add to it. @module */
import { z } from 'zod';
import {
  explain,
  exportAudit,
  externalEntry,
  openPersonal,
  parseAuditQuery,
  proveEntry,
  recordText,
  searchAudit,
  tailAudit,
  verifyAudit,
  type AuditQuery,
  type ExplainNode,
} from '../audit/index.js';
import { AUDIT_STATUSES } from '../core/audit.js';
import { checkpointOrigin } from '../core/checkpoint.js';
import { AppError, isAppError } from '../core/errors.js';
import type { TextStream } from '../core/operation.js';
import { DEFAULT_TENANT, type Scope } from '../core/scope.js';
import { redact } from '../core/redact.js';
import { cursorOf } from '../core/page-cursor.js';
import { cursor, limit, present } from './fields.js';
import { followCursor, jsonLines, placeOf } from './following.js';
import { operation, type Gateway } from './gateway.js';

const entry = z.looseObject({
  seq: z.number().optional().describe('place in the tree; absent until it is sequenced'),
  ts: z.string(),
  action: z.string(),
  status: z.enum(AUDIT_STATUSES),
});

const query = z
  .string()
  .max(2_000)
  .optional()
  .describe('terms such as provider=slack status!=succeeded actor=cli since=24h, or an id');

const TARGET = { target: () => ({ type: 'audit', id: '*' }) };

function queryOf(gateway: Gateway, text: string | undefined): AuditQuery {
  return parseAuditQuery(text ?? '', gateway.clock.nowMs());
}

const text = z.custom<TextStream>();

const search = operation({
  name: 'audit.search',
  summary: 'Finds entries of the audit log, newest first',
  input: z.strictObject({ query, limit, cursor }),
  output: z.object({ entries: z.array(entry), cursor: z.string().optional() }),
  effect: 'read',
  scope: 'read',
  errors: ['invalid_argument'],
  audit: TARGET,
  http: { method: 'GET', path: '/v1/audit' },
  cli: {
    words: 'audit search',
    positional: ['query'],
    table: { rows: 'entries', columns: ['ts', 'action', 'status', 'actor.id', 'target.id', 'callId'] },
    examples: ['fairlead audit search "provider=slack since=24h"', 'fairlead audit search status=denied'],
  },
  async run(gateway, context, input) {
    const page = { limit: input.limit, ...present({ cursor: input.cursor }) };
    const found = await searchAudit(gateway.store.audit, context.scope, queryOf(gateway, input.query), page);
    return { ...found, entries: found.entries.map((view) => ({ ...view })) };
  },
});

const tail = operation({
  name: 'audit.tail',
  summary: 'Shows the last entries of the audit log, and with follow each new one as it is sequenced',
  input: z.strictObject({
    query,
    last: z.coerce.number().int().min(0).max(1_000).default(20),
    follow: z.boolean().default(false).describe('wait for more'),
    cursor: followCursor,
  }),
  output: text,
  effect: 'read',
  scope: 'read',
  errors: ['invalid_argument'],
  audit: TARGET,
  streams: () => 'application/x-ndjson',
  resumes: ({ seq }) => cursorOf(Number(seq)),
  http: { method: 'GET', path: '/v1/audit/tail' },
  cli: {
    words: 'audit tail',
    positional: ['query'],
    examples: ['fairlead audit tail --follow', 'fairlead audit tail status=denied'],
  },
  async run(gateway, context, { query: terms, last, follow, cursor: place }) {
    await gateway.sequenceAudit();
    const { audit, system } = gateway.store;
    const { size } = await system.auditTree(context.scope.environment);
    // With nothing of what was before, it begins here, too.
    const behind = placeOf(place, size) ?? (last === 0 && size > 0 ? size - 1 : undefined);
    const options = { last, follow, ...present({ signal: context.signal, behind }) };
    const views = tailAudit({ audit, system, clock: gateway.clock }, context.scope, queryOf(gateway, terms), options);
    return jsonLines(views, behind);
  },
});

const get = operation({
  name: 'audit.get',
  summary: 'Shows one entry of the audit log, its personal values opened',
  input: z.strictObject({ id: z.string() }),
  output: entry.extend({ personal: z.record(z.string(), z.string()).optional(), leaf: z.string() }),
  effect: 'read',
  scope: 'read',
  errors: ['not_found'],
  audit: { target: (input) => ({ type: 'audit', id: input.id }) },
  http: { method: 'GET', path: '/v1/audit/{id}' },
  cli: { words: 'audit get', positional: ['id'] },
  async run(gateway, context, input) {
    const row = await gateway.store.audit.get(context.scope, input.id);
    const record = row === undefined ? undefined : recordText(row);
    if (row === undefined || record === undefined)
      throw new AppError('not_found', { what: 'audit entry', id: input.id });
    const personal =
      row.personal === undefined ? undefined : openPersonal(gateway.sealer, row.personal, context.scope, record);
    return {
      ...(JSON.parse(record) as z.output<typeof entry>),
      leaf: Buffer.from(row.leaf).toString('hex'),
      ...present({ seq: row.index, personal }),
    };
  },
});

const exporting = operation({
  name: 'audit.export',
  summary: 'Exports the audit log as NDJSON or CSV, with the checkpoint that covers it',
  input: z.strictObject({
    query,
    format: z.enum(['ndjson', 'csv']).default('ndjson'),
    whole: z.boolean().default(false).describe('every entry of the environment, so that the root can be recomputed'),
    proofs: z.boolean().default(false).describe('an inclusion proof in every line (NDJSON)'),
  }),
  output: text,
  effect: 'read',
  scope: 'read',
  errors: ['invalid_argument'],
  audit: TARGET,
  streams: ({ format }) => (format === 'csv' ? 'text/csv' : 'application/x-ndjson'),
  http: { method: 'GET', path: '/v1/audit/export' },
  cli: {
    words: 'audit export',
    positional: ['query'],
    examples: [
      'fairlead audit export --whole --output audit.ndjson',
      'fairlead audit export "since=7d" --format csv --output week.csv',
    ],
  },
  async run(gateway, context, input) {
    await gateway.sequenceAudit();
    // Other tenants' records are theirs; the whole log is for whoever administers the installation.
    const isOwner = context.scope.tenant === DEFAULT_TENANT && context.principal.scopes.includes('admin');
    if (input.whole && !isOwner) {
      throw new AppError('insufficient_scope', { scope: 'admin', operation: 'audit.export' });
    }
    const made = await exportAudit(gateway.store, context.scope, {
      format: input.format,
      query: queryOf(gateway, input.query),
      whole: input.whole,
      proofs: input.proofs,
      ...present({ signal: context.signal }),
    });
    if (made.checkpoint === undefined) return made.text;
    return Object.assign(made.text, { companion: { name: 'checkpoint' as const, text: made.checkpoint } });
  },
});

const checkpoint = operation({
  name: 'audit.checkpoint',
  summary: 'Gives the newest signed checkpoint and the key that checks it, to be kept elsewhere',
  input: z.strictObject({}),
  output: z.object({ checkpoint: z.string().optional(), size: z.number(), publicKey: z.string(), origin: z.string() }),
  effect: 'read',
  scope: 'read',
  errors: [],
  audit: TARGET,
  http: { method: 'GET', path: '/v1/audit/checkpoint' },
  cli: { words: 'audit checkpoint', examples: ['fairlead audit checkpoint --json=checkpoint > checkpoint.json'] },
  async run(gateway, context) {
    await gateway.sequenceAudit();
    const { environment } = context.scope;
    const { size, checkpoint: stored } = await gateway.store.system.auditTree(environment);
    return {
      size,
      publicKey: gateway.auditPublicKey(environment),
      origin: checkpointOrigin(gateway.installationId(), environment),
      ...present({ checkpoint: stored?.note }),
    };
  },
});

const report = z.object({
  ok: z.boolean(),
  entries: z.number(),
  covered: z.number().describe('the first so many are proven by a checkpoint'),
  checkpoints: z.number(),
  receipts: z.number(),
  bodies: z.number(),
  pruned: z.number(),
  problems: z.array(z.looseObject({ kind: z.string(), index: z.number(), says: z.string() })),
});

const verify = operation({
  name: 'audit.verify',
  summary: 'Recomputes every leaf and root of this environment and checks the signatures',
  input: z.strictObject({
    checkpoint: z.string().max(10_000).optional().describe('a checkpoint that you kept elsewhere'),
    publicKey: z.string().max(2_000).optional().describe('PEM; the key of this installation when absent'),
  }),
  output: report,
  effect: 'read',
  scope: 'read',
  errors: ['invalid_argument', 'config_invalid'],
  audit: TARGET,
  http: { method: 'POST', path: '/v1/audit/verify' },
  cli: { words: 'audit verify' },
  async run(gateway, context, input) {
    await gateway.sequenceAudit();
    const { environment } = context.scope;
    const found = await verifyAudit(gateway.store.system, {
      environment,
      origin: checkpointOrigin(gateway.installationId(), environment),
      publicKeys: [input.publicKey ?? gateway.auditPublicKey(environment)],
      bodyOf: async (receipt) => {
        const scope = { tenant: receipt.tenant, environment };
        const event = await gateway.store.events.get(scope, receipt.eventId);
        if (event?.body === undefined) return undefined;
        return event.sealed ? gateway.openBody(scope, event.id, event.body) : event.body;
      },
      ...(input.checkpoint === undefined ? {} : { held: [input.checkpoint] }),
      ...present({ signal: context.signal }),
    }).catch((error: unknown) => {
      // A key of the caller is no configuration of ours.
      if (input.publicKey === undefined || !isAppError(error, 'config_invalid')) throw error;
      throw new AppError('invalid_argument', { argument: 'publicKey', problem: 'it is not an Ed25519 key in PEM' });
    });
    return { ...found, problems: found.problems.map((problem) => ({ ...problem })) };
  },
});

const prove = operation({
  name: 'audit.prove',
  summary: 'Makes a proof file that one entry is in the log, to be checked offline',
  input: z.strictObject({ id: z.string() }),
  output: z.object({ proof: z.string(), publicKey: z.string() }),
  effect: 'read',
  scope: 'read',
  errors: ['not_found', 'conflict'],
  audit: { target: (input) => ({ type: 'audit', id: input.id }) },
  http: { method: 'GET', path: '/v1/audit/{id}/proof' },
  cli: { words: 'audit prove', positional: ['id'] },
  async run(gateway, context, input) {
    await gateway.sequenceAudit();
    return {
      proof: await proveEntry(gateway.store, context.scope, input.id),
      publicKey: gateway.auditPublicKey(context.scope.environment),
    };
  },
});

const node: z.ZodType<ExplainNode> = z.lazy(() =>
  z.object({
    kind: z.enum(['actor', 'call', 'request', 'event', 'job', 'entry']),
    id: z.string(),
    at: z.string().optional(),
    status: z.string().optional(),
    says: z.string(),
    children: z.array(node),
  }),
) as z.ZodType<ExplainNode>;

const explaining = operation({
  name: 'audit.explain',
  summary: 'Tells how it came about: from person or agent to the call, the request, and the webhook that came back',
  input: z.strictObject({
    id: z.string().describe('of an audit entry, a call, an event or a job; last is the newest call or event'),
  }),
  output: node,
  effect: 'read',
  scope: 'read',
  errors: ['not_found'],
  audit: { target: (input) => ({ type: 'audit', id: input.id }) },
  http: { method: 'GET', path: '/v1/audit/{id}/explain' },
  cli: {
    words: 'audit explain',
    positional: ['id'],
    examples: ['fairlead audit explain last', 'fairlead audit explain evt_01...'],
  },
  async run(gateway, context, { id }) {
    return await explain(gateway.store, context.scope, id === 'last' ? await newestDeed(gateway, context.scope) : id);
  },
});

const NEWEST_ENTRIES = 200;

/** The newest event or call of an action: looking at the log is in it, too, and is not what anybody asks about. */
async function newestDeed(gateway: Gateway, scope: Scope): Promise<string> {
  await gateway.sequenceAudit();
  const page = { limit: NEWEST_ENTRIES };
  const { entries } = await searchAudit(gateway.store.audit, scope, queryOf(gateway, undefined), page);
  const deed = entries.find(({ eventId, idempotencyKey }) => eventId !== undefined || idempotencyKey !== undefined);
  const id = deed?.eventId ?? deed?.callId;
  if (typeof id === 'string') return id;
  throw new AppError('not_found', { what: 'call or event', id: 'last' });
}

const write = operation({
  name: 'audit.write',
  summary: 'Adds an entry about something that was done elsewhere; who says so is the credential, not the text',
  input: z.strictObject({
    action: z.string().min(1).max(200).describe('noun.verb, e.g. crm.deleteContact'),
    status: z.enum(AUDIT_STATUSES).default('succeeded'),
    provider: z.string().max(100).optional(),
    target: z
      .strictObject({ type: z.string().max(100), id: z.string().max(300), name: z.string().max(300).optional() })
      .optional(),
    targetId: z.string().max(300).optional().describe('short for a target of type "thing"'),
    idempotencyKey: z.string().max(300).optional(),
    callId: z.string().max(100).optional(),
    eventId: z.string().max(100).optional(),
    durationMs: z.coerce.number().int().nonnegative().optional(),
    cause: z.string().max(100).optional(),
    details: z.record(z.string().max(100), z.union([z.string().max(1_000), z.number(), z.boolean()])).optional(),
  }),
  output: z.object({ id: z.string() }),
  effect: 'create',
  scope: 'write',
  errors: ['invalid_argument'],
  // The entry is the record of itself.
  audit: 'none',
  http: { method: 'POST', path: '/v1/audit' },
  cli: {
    words: 'audit write',
    positional: ['action'],
    examples: ['fairlead audit write crm.deleteContact --target-id 4711 --status succeeded'],
  },
  async run(gateway, context, { targetId, target, ...rest }) {
    const named = target ?? (targetId === undefined ? undefined : { type: 'thing', id: targetId });
    const made = externalEntry(gateway.recorder, context.scope, context.principal, {
      ...present({ ...rest, target: named }),
      action: rest.action,
      status: rest.status,
      details: redact(rest.details ?? {}) as Record<string, string | number | boolean>,
    });
    await gateway.store.audit.append(context.scope, [made]);
    return { id: made.id };
  },
});

export const AUDIT_OPERATIONS = [search, tail, exporting, checkpoint, verify, prove, explaining, get, write];
