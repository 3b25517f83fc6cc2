/** Operations on secrets that Fairlead keeps under a name. Values come in and never go out. @module */
import { z } from 'zod';
import { factsOf, SECRET_NAME } from '../auth/index.js';
import { AppError } from '../core/errors.js';
import type { SecretSummary } from '../core/secret.js';
import { cursor, iso, limit, present } from './fields.js';
import { operation } from './gateway.js';

const DAY_MS = 86_400_000;
const VALUE_CHARACTERS_MAX = 20_000;

const PURPOSES = ['api_key', 'client_secret', 'webhook_secret', 'other'] as const;

const name = z.string().regex(SECRET_NAME, 'use letters, digits, dots, dashes and underscores').describe('its name');

/** Read from stdin, a file, a prompt or through a reference; in REST from the body alone. */
const value = z
  .string()
  .min(1)
  .max(VALUE_CHARACTERS_MAX)
  .describe('the secret, or a reference: env:NAME, file:PATH, exec:COMMAND');

const dueInDays = z.coerce.number().int().min(1).max(3_650).optional().describe('days until it should be replaced');
const owner = z.string().min(1).max(200).optional().describe('who answers for it');

const shown = z.object({
  name: z.string(),
  purpose: z.string(),
  version: z.number(),
  owner: z.string().optional(),
  setBy: z.string(),
  setAt: z.string(),
  createdAt: z.string(),
  dueAt: z.string().optional(),
  overdue: z.boolean(),
  reference: z.string().optional(),
});

const textOf = (fact: unknown): string | undefined => (typeof fact === 'string' ? fact : undefined);
const numberOf = (fact: unknown): number | undefined => (typeof fact === 'number' ? fact : undefined);

function show(row: SecretSummary, nowMs: number): z.input<typeof shown> {
  const facts = factsOf(row);
  const dueAtMs = numberOf(facts['dueAtMs']);
  return {
    name: row.name,
    purpose: textOf(facts['purpose']) ?? 'other',
    version: row.version,
    setBy: textOf(facts['setBy']) ?? 'unknown',
    setAt: iso(row.updatedAtMs),
    createdAt: iso(row.createdAtMs),
    overdue: dueAtMs !== undefined && dueAtMs <= nowMs,
    ...present({
      owner: textOf(facts['owner']),
      dueAt: dueAtMs === undefined ? undefined : iso(dueAtMs),
      reference: facts.reference,
    }),
  };
}

/** When it falls due again, if it does. */
function dueFacts(days: number | undefined, nowMs: number): { dueEveryDays?: number; dueAtMs?: number } {
  return days === undefined ? {} : { dueEveryDays: days, dueAtMs: nowMs + days * DAY_MS };
}

const set = operation({
  name: 'secrets.set',
  summary: 'Keeps a secret in the vault under a name; use it as vault:NAME',
  input: z.strictObject({
    name,
    value,
    purpose: z.enum(PURPOSES).default('other').describe('what it is'),
    owner,
    dueInDays,
  }),
  output: z.object({ secret: shown }),
  effect: 'create',
  scope: 'admin',
  errors: ['invalid_argument', 'conflict', 'vault_sealed'],
  audit: { target: (input) => ({ type: 'secret', id: input.name }) },
  http: { method: 'POST', path: '/v1/secrets' },
  cli: {
    words: 'secret set',
    positional: ['name'],
    secretInput: 'value',
    examples: [
      'fairlead secret set stripe-live --value-file key.txt --owner billing --due-in-days 90',
      'pass show linear | fairlead secret set linear --value-stdin --purpose api_key',
    ],
  },
  async run(gateway, context, input) {
    const nowMs = gateway.clock.nowMs();
    const facts = {
      purpose: input.purpose,
      setBy: context.principal.id,
      ...present({ owner: input.owner }),
      ...dueFacts(input.dueInDays, nowMs),
    };
    await gateway.secrets.create(context.scope, 'named', input.name, input.value, facts);
    return { secret: show(await gateway.secrets.row(context.scope, 'named', input.name), nowMs) };
  },
});

const list = operation({
  name: 'secrets.list',
  summary: 'Lists the secrets by name, with who set them and when they are due; never a value',
  input: z.strictObject({ limit, cursor }),
  output: z.object({ secrets: z.array(shown), cursor: z.string().optional() }),
  effect: 'read',
  scope: 'admin',
  errors: [],
  audit: { target: () => ({ type: 'secret', id: '*' }) },
  http: { method: 'GET', path: '/v1/secrets' },
  cli: {
    words: 'secret list',
    table: { rows: 'secrets', columns: ['name', 'purpose', 'version', 'owner', 'setBy', 'setAt', 'dueAt', 'overdue'] },
  },
  async run(gateway, context, input) {
    const page = { limit: input.limit, ...present({ cursor: input.cursor }) };
    const found = await gateway.secrets.list(context.scope, 'named', page);
    const nowMs = gateway.clock.nowMs();
    return { secrets: found.rows.map((row) => show(row, nowMs)), ...present({ cursor: found.cursor }) };
  },
});

const rotate = operation({
  name: 'secrets.rotate',
  summary: 'Puts a new value in the place of a secret; whoever reads it next gets that',
  input: z.strictObject({ name, value, owner, dueInDays }),
  output: z.object({ secret: shown }),
  effect: 'update',
  scope: 'admin',
  errors: ['invalid_argument', 'not_found', 'conflict', 'secret_destroyed', 'vault_sealed', 'vault_tampered'],
  audit: { target: (input) => ({ type: 'secret', id: input.name }) },
  http: { method: 'POST', path: '/v1/secrets/{name}/rotate' },
  cli: {
    words: 'secret rotate',
    positional: ['name'],
    secretInput: 'value',
    examples: ['fairlead secret rotate stripe-live --value-file new-key.txt'],
  },
  async run(gateway, context, input) {
    const nowMs = gateway.clock.nowMs();
    const row = await gateway.secrets.row(context.scope, 'named', input.name);
    const before = factsOf(row);
    const days = input.dueInDays ?? numberOf(before['dueEveryDays']);
    const facts = {
      ...before,
      setBy: context.principal.id,
      ...present({ owner: input.owner }),
      ...dueFacts(days, nowMs),
    };
    if ((await gateway.secrets.replace(context.scope, row, input.value, facts)) === 'conflict') {
      const problem = 'somebody else replaced it at the same time; look at it and try again';
      throw new AppError('conflict', { what: `secret ${input.name}`, problem });
    }
    return { secret: show(await gateway.secrets.row(context.scope, 'named', input.name), nowMs) };
  },
});

const remove = operation({
  name: 'secrets.delete',
  summary: 'Destroys a secret: no copy of it opens any more, not from a backup either',
  input: z.strictObject({ name }),
  output: z.object({ deleted: z.literal(true) }),
  effect: 'delete',
  scope: 'admin',
  errors: ['not_found'],
  audit: { target: (input) => ({ type: 'secret', id: input.name }) },
  http: { method: 'DELETE', path: '/v1/secrets/{name}' },
  cli: { words: 'secret delete', positional: ['name'] },
  async run(gateway, context, input) {
    await gateway.secrets.delete(context.scope, 'named', input.name);
    return { deleted: true as const };
  },
});

export const SECRET_OPERATIONS = [set, list, rotate, remove];
