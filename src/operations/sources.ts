/** Operations on sources: the addresses that receive webhooks. @module */
import { z } from 'zod';
import { AppError } from '../core/errors.js';
import { newId, newUnguessableId } from '../core/ids.js';
import type { CallContext } from '../core/operation.js';
import type { SourceRow, SourceSecret } from '../core/source.js';
import { BODY_LIMIT_MAX } from '../receive/index.js';
import { iso, present } from './fields.js';
import { operation, type Gateway } from './gateway.js';

const DAY_MS = 86_400_000;
const OVERLAP_DAYS_MAX = 30;
const PAIRING_MS = 10 * 60_000;
const RESERVED = /^\/(v1|mcp|docs|auth|connect|login|livez|readyz|startupz|metrics)(\/|$)/;

const shown = z.object({
  id: z.string(),
  provider: z.string(),
  environment: z.string(),
  address: z.string(),
  path: z.string(),
  scheme: z.string(),
  verification: z.string(),
  secrets: z.array(
    z.object({ id: z.string(), createdAt: z.string(), createdBy: z.string(), expiresAt: z.string().optional() }),
  ),
  createdAt: z.string(),
  readonly: z.boolean(),
});

function show(gateway: Gateway, row: SourceRow): z.input<typeof shown> {
  const webhooks = gateway.webhooks[row.provider];
  return {
    id: row.id,
    provider: row.provider,
    environment: row.environment,
    address: row.publicUrl ?? gateway.address() + row.path,
    path: row.path,
    scheme: row.scheme ?? Object.keys(webhooks?.schemes ?? {})[0] ?? 'none',
    verification: row.unsignedReason === undefined ? 'signed' : `UNSIGNED: ${row.unsignedReason}`,
    secrets: row.secrets.map((secret) => ({
      id: secret.id,
      createdAt: iso(secret.createdAtMs),
      createdBy: secret.createdBy,
      ...(secret.expiresAtMs === undefined ? {} : { expiresAt: iso(secret.expiresAtMs) }),
    })),
    createdAt: iso(row.createdAtMs),
    readonly: row.readonly === true,
  };
}

const secretText = z
  .string()
  .min(1)
  .max(20_000)
  .describe('the signing secret, or a reference: env:NAME, file:PATH, exec:COMMAND, vault:NAME');

function newSecret(gateway: Gateway, context: CallContext, sourceId: string, text: string): SourceSecret {
  const id = newId('secret', gateway.clock, gateway.random);
  const base = { id, createdAtMs: gateway.clock.nowMs(), createdBy: context.principal.id };
  if (/^(env|file|exec|vault):/.test(text)) return { ...base, reference: text };
  return { ...base, sealed: gateway.sealSecret(context.scope, sourceId, id, text) };
}

/** 32 random bytes in the form that Standard Webhooks gives secrets; every provider that takes a chosen text takes it. */
function inventSecret(gateway: Gateway): string {
  return `whsec_${Buffer.from(gateway.random.bytes(32)).toString('base64')}`;
}

async function requireSource(gateway: Gateway, context: CallContext, id: string): Promise<SourceRow> {
  const declared = gateway.sources.list().find((row) => row.id === id && row.readonly === true);
  const row = declared ?? (await gateway.store.sources.get(context.scope, id));
  if (row === undefined || row.tenant !== context.scope.tenant || row.environment !== context.scope.environment) {
    throw new AppError('not_found', { what: 'source', id });
  }
  return row;
}

function refuseReadonly(row: SourceRow): void {
  if (row.readonly !== true) return;
  const problem = 'it is declared by a variable of the environment; change or unset the variable and restart';
  throw new AppError('conflict', { what: `source ${row.id}`, problem });
}

const create = operation({
  name: 'sources.create',
  summary: 'Opens a webhook address for one provider',
  input: z.strictObject({
    provider: z.string().describe('whose deliveries, e.g. github'),
    path: z
      .string()
      .regex(/^\/[A-Za-z0-9/_.-]{1,200}$/)
      .optional()
      .describe('default /in/<source id>'),
    scheme: z.string().optional().describe('signature scheme, where the provider has several'),
    secret: secretText.optional(),
    unsigned: z.string().min(5).max(300).optional().describe('take deliveries without verification, and why'),
    refusalStatus: z.coerce.number().int().min(400).max(499).optional(),
    bodyLimit: z.coerce.number().int().min(1_024).max(BODY_LIMIT_MAX).optional().describe('bytes'),
    tolerance: z.coerce.number().int().min(1).max(3_600).optional().describe('seconds'),
    publicUrl: z.url().optional().describe('the address as the provider knows it'),
    pair: z.boolean().optional().describe('let the provider set the secret in its handshake, for 10 minutes'),
  }),
  output: z.object({ source: shown, secret: z.string().optional(), note: z.string() }),
  effect: 'create',
  scope: 'admin',
  errors: ['invalid_argument', 'conflict'],
  audit: { target: (input) => ({ type: 'provider', id: input.provider }) },
  http: { method: 'POST', path: '/v1/sources' },
  cli: {
    words: 'source create',
    positional: ['provider'],
    secretInput: 'secret',
    examples: [
      'fairlead source create github',
      'fairlead source create stripe --path /webhooks/stripe --secret-file secret.txt',
    ],
  },
  async run(gateway, context, input) {
    const webhooks = gateway.webhooks[input.provider];
    if (webhooks === undefined) {
      const known = Object.keys(gateway.webhooks).join(', ');
      throw new AppError('invalid_argument', {
        argument: 'provider',
        problem: `nobody knows "${input.provider}"; there are ${known}`,
      });
    }
    if (input.scheme !== undefined && webhooks.schemes[input.scheme] === undefined) {
      const known = Object.keys(webhooks.schemes).join(', ');
      throw new AppError('invalid_argument', { argument: 'scheme', problem: `${input.provider} has ${known}` });
    }
    if (input.path !== undefined && RESERVED.test(input.path)) {
      throw new AppError('invalid_argument', {
        argument: 'path',
        problem: `${input.path} is taken by Fairlead itself`,
      });
    }
    const id = newUnguessableId('source', gateway.random);
    const invented = input.secret === undefined && input.unsigned === undefined && input.pair !== true;
    const text = input.secret ?? (invented ? inventSecret(gateway) : undefined);
    const nowMs = gateway.clock.nowMs();
    const row: SourceRow = {
      ...context.scope,
      id,
      provider: input.provider,
      path: input.path ?? `/in/${id}`,
      secrets: text === undefined ? [] : [newSecret(gateway, context, id, text)],
      createdAtMs: nowMs,
      createdBy: context.principal.id,
      ...present({
        scheme: input.scheme,
        unsignedReason: input.unsigned,
        refusalStatus: input.refusalStatus,
        bodyLimitBytes: input.bodyLimit,
        toleranceSeconds: input.tolerance,
        publicUrl: input.publicUrl,
        pairingUntilMs: input.pair === true ? nowMs + PAIRING_MS : undefined,
      }),
    };
    if (gateway.sources.has(row.path)) throw pathTaken(row.path);
    if ((await gateway.store.sources.create(context.scope, row)) === 'path_taken') throw pathTaken(row.path);
    await gateway.sources.refresh();
    return {
      source: show(gateway, row),
      ...(invented && text !== undefined ? { secret: text } : {}),
      note: noteFor(input.provider, invented, input.unsigned),
    };
  },
});

function pathTaken(path: string): AppError {
  return new AppError('conflict', { what: `path ${path}`, problem: 'another source listens there' });
}

function noteFor(provider: string, invented: boolean, unsigned: string | undefined): string {
  if (unsigned !== undefined) return 'Anyone who knows the address can send events. Prefer a source that verifies.';
  if (invented) return `Enter the address and this secret at ${provider}. The secret is shown this once.`;
  return `Enter the address at ${provider}.`;
}

const list = operation({
  name: 'sources.list',
  summary: 'Lists the webhook addresses',
  input: z.strictObject({}),
  output: z.object({ sources: z.array(shown) }),
  effect: 'read',
  scope: 'read',
  errors: [],
  audit: { target: () => ({ type: 'source', id: '*' }) },
  http: { method: 'GET', path: '/v1/sources' },
  cli: { words: 'source list', table: { rows: 'sources', columns: ['id', 'provider', 'address', 'verification'] } },
  async run(gateway, context) {
    const declared = gateway.sources
      .list()
      .filter(
        (row) => row.readonly && row.tenant === context.scope.tenant && row.environment === context.scope.environment,
      );
    const stored = await gateway.store.sources.list(context.scope);
    return { sources: [...declared, ...stored].map((row) => show(gateway, row)) };
  },
});

const rotateSecret = operation({
  name: 'sources.rotateSecret',
  summary: 'Gives a source a new secret; the old ones stay valid for an overlap',
  input: z.strictObject({
    id: z.string(),
    secret: secretText.optional(),
    overlapHours: z.coerce
      .number()
      .min(0)
      .max(OVERLAP_DAYS_MAX * 24)
      .default(24),
  }),
  output: z.object({ source: shown, secret: z.string().optional() }),
  effect: 'update',
  scope: 'admin',
  errors: ['not_found', 'conflict'],
  audit: { target: (input) => ({ type: 'source', id: input.id }) },
  http: { method: 'POST', path: '/v1/sources/{id}/rotate-secret' },
  cli: { words: 'source rotate-secret', positional: ['id'], secretInput: 'secret' },
  async run(gateway, context, input) {
    const row = await requireSource(gateway, context, input.id);
    refuseReadonly(row);
    const text = input.secret ?? inventSecret(gateway);
    const secret = newSecret(gateway, context, row.id, text);
    const overlapMs = Math.round((input.overlapHours * DAY_MS) / 24);
    await gateway.store.sources.rotateSecret(context.scope, row.id, secret, overlapMs);
    await gateway.sources.refresh();
    const changed = await requireSource(gateway, context, row.id);
    return { source: show(gateway, changed), ...(input.secret === undefined ? { secret: text } : {}) };
  },
});

const remove = operation({
  name: 'sources.delete',
  summary: 'Closes a webhook address; its events stay',
  input: z.strictObject({ id: z.string() }),
  output: z.object({ deleted: z.literal(true) }),
  effect: 'delete',
  scope: 'admin',
  errors: ['not_found', 'conflict'],
  audit: { target: (input) => ({ type: 'source', id: input.id }) },
  http: { method: 'DELETE', path: '/v1/sources/{id}' },
  cli: { words: 'source delete', positional: ['id'] },
  async run(gateway, context, input) {
    refuseReadonly(await requireSource(gateway, context, input.id));
    await gateway.store.sources.delete(context.scope, input.id);
    await gateway.sources.refresh();
    return { deleted: true as const };
  },
});

export const SOURCE_OPERATIONS = [create, list, rotateSecret, remove];
