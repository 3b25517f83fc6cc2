/** Operations on what can be asked of a provider: found by words, shown with its fields, and added from a description. @module */
import { z } from 'zod';
import { AppError } from '../core/errors.js';
import { isObject, parseJson } from '../core/json.js';
import type { SpecEntry } from '../core/spec.js';
import { SpecRanking } from '../core/spec-ranking.js';
import { entriesOfDescription, OPERATIONS_MAX } from './api-description.js';
import { operation, type Gateway } from './gateway.js';

const NAME_MAX = 200;
const DOCUMENT_CHARACTERS_MAX = 900_000;
/** Beside the connectors: a file a provider. */
const FOLDER = 'specs';
const FILE_BYTES_MAX = 4 * 1024 * 1024;

const provider = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,40}$/, 'a lower-case word')
  .describe('whose API it is, e.g. github');

const field = z.strictObject({
  name: z.string().max(NAME_MAX),
  kind: z.string().max(20),
  required: z.boolean(),
  description: z.string().max(500).optional(),
});

const described = z.strictObject({
  name: z.string().min(1).max(NAME_MAX),
  summary: z.string().max(500),
  endpoint: z.string().max(300).optional(),
  fields: z.array(field).max(100),
  words: z.string().max(2_000),
});

const fileName = (name: string): string => `${FOLDER}/${name}.json`;

/** Of a connector and of what was added, the connector's first. @throws AppError `not_found` where there is neither */
async function entriesOf(gateway: Gateway, name: string): Promise<readonly SpecEntry[]> {
  const own = (await gateway.specs()).filter((entry) => entry.provider === name);
  const added = await addedOf(gateway, name);
  if (own.length + added.length > 0) return [...own, ...added];
  throw new AppError('not_found', { what: 'provider', id: name });
}

async function addedOf({ files }: Gateway, name: string): Promise<readonly SpecEntry[]> {
  const bytes = await files.read(fileName(name));
  const result = bytes && parseJson(bytes, { maxBytes: FILE_BYTES_MAX, maxDepth: 6 });
  const listed = result?.ok === true && isObject(result.value) ? result.value['operations'] : undefined;
  const checked = z.array(described).max(OPERATIONS_MAX).safeParse(listed);
  if (!checked.success) return [];
  return checked.data.map((one) => ({ ...one, provider: name }) as SpecEntry);
}

const found = z.object({ name: z.string(), summary: z.string(), endpoint: z.string().optional() });

const search = operation({
  name: 'specs.search',
  summary: 'Finds what a provider can be asked for, by words',
  input: z.strictObject({
    provider,
    words: z.array(z.string().min(1).max(400)).min(1).max(40).describe('what you want to do, e.g. give money back'),
    limit: z.coerce.number().int().min(1).max(100).default(10).describe('operations at most'),
  }),
  output: z.object({ operations: z.array(found), total: z.number() }),
  effect: 'read',
  scope: 'read',
  errors: ['not_found'],
  audit: 'none',
  http: { method: 'GET', path: '/v1/specs/{provider}/search' },
  cli: {
    words: 'spec search',
    positional: ['provider', 'words'],
    table: { rows: 'operations', columns: ['name', 'endpoint', 'summary'] },
    examples: ['fairlead spec search stripe "give money back"', 'fairlead spec search github file a bug --json'],
  },
  async run(gateway, _context, { provider: name, words, limit }) {
    const matches = new SpecRanking(await entriesOf(gateway, name)).search(words.join(' '));
    const operations = matches.slice(0, limit).map(({ entry }) => ({
      name: entry.name,
      summary: entry.summary,
      ...(entry.endpoint !== undefined && { endpoint: entry.endpoint }),
    }));
    return { operations, total: matches.length };
  },
});

const show = operation({
  name: 'specs.show',
  summary: 'Shows one thing a provider can be asked for: endpoint, fields, and the command that asks for it',
  input: z.strictObject({
    provider,
    operation: z.string().min(1).max(NAME_MAX).describe('its name or endpoint, as the search gave it'),
  }),
  output: z.object({
    provider: z.string(),
    name: z.string(),
    summary: z.string(),
    endpoint: z.string().optional(),
    effect: z.string().optional(),
    fields: z.array(field),
    run: z.string().describe('the command'),
  }),
  effect: 'read',
  scope: 'read',
  errors: ['not_found'],
  audit: 'none',
  http: { method: 'GET', path: '/v1/specs/{provider}/operations/{operation}' },
  cli: {
    words: 'spec show',
    positional: ['provider', 'operation'],
    table: { rows: 'fields', columns: ['name', 'kind', 'required', 'description'] },
    examples: [
      'fairlead spec show stripe refundPayment',
      'fairlead spec show github "POST /repos/{owner}/{repo}/issues"',
    ],
  },
  async run(gateway, _context, { provider: name, operation: wanted }) {
    const entries = await entriesOf(gateway, name);
    const match =
      entries.find((entry) => entry.name === wanted || entry.name === `${name}.${wanted}`) ??
      entries.find(({ endpoint }) => endpoint?.toLowerCase() === wanted.toLowerCase());
    if (match === undefined) throw new AppError('not_found', { what: 'operation', id: wanted.slice(0, 100) });
    const { words: _words, ...shown } = match;
    return { ...shown, fields: [...shown.fields], run: commandFor(match) };
  },
});

function commandFor({ provider, name, endpoint, effect }: SpecEntry): string {
  return effect === undefined ? `fairlead request ${provider} ${endpoint ?? 'GET /'}` : `fairlead action run ${name}`;
}

const add = operation({
  name: 'specs.add',
  summary: "Keeps a provider's official API description for the search, in place of the one it had",
  installation: true,
  input: z
    .strictObject({
      provider,
      document: z.string().max(DOCUMENT_CHARACTERS_MAX).optional().describe('OpenAPI or Swagger, JSON or YAML'),
      operations: z.array(described).min(1).max(OPERATIONS_MAX).optional().describe('what was read from a longer one'),
    })
    .refine(({ document, operations }) => (document === undefined) !== (operations === undefined), {
      error: 'give the document, or the operations that were read from it',
      path: ['document'],
    }),
  output: z.object({ provider: z.string(), operations: z.number() }),
  effect: 'update',
  scope: 'admin',
  errors: ['invalid_argument', 'io_failure', 'policy_denied'],
  audit: { target: ({ provider: id }) => ({ type: 'description', id }) },
  http: { method: 'POST', path: '/v1/specs/{provider}' },
  cli: { words: 'spec add', positional: ['provider', 'document'] },
  async run({ files }, _context, { provider: name, document = '', operations }) {
    const entries = operations ?? (await entriesOfDescription(name, new TextEncoder().encode(document)));
    const kept = entries.map(({ name: id, summary, endpoint, fields, words }) => ({
      name: id,
      summary,
      endpoint,
      fields,
      words,
    }));
    await files.write(fileName(name), new TextEncoder().encode(JSON.stringify({ operations: kept })));
    return { provider: name, operations: kept.length };
  },
});

export const SPEC_OPERATIONS = [search, show, add];
