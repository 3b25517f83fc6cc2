/** Operations on the list of actions: what there is, which one does a thing, and what one takes and gives. @module */
import { z } from 'zod';
import type { ConnectorDefinition } from '../core/connector.js';
import { AppError } from '../core/errors.js';
import { publicActions } from './actions.js';
import { describedAction } from './described-action.js';
import { operation, type Gateway } from './gateway.js';
import { jsonSchemaOf } from './input-fields.js';

const NAME_CHARACTERS_MAX = 100;

const listed = z.object({ name: z.string(), effect: z.string(), summary: z.string() });
type Listed = z.output<typeof listed>;

const TABLE = { rows: 'actions', columns: ['name', 'effect', 'summary'] } as const;

interface Found {
  connector: ConnectorDefinition;
  word: string;
  action: ConnectorDefinition['actions'][string];
}

async function everyAction(gateway: Gateway): Promise<Found[]> {
  const connectors = await gateway.connectors();
  return connectors.flatMap((connector) =>
    publicActions(connector).map(([word, action]) => ({ connector, word, action })),
  );
}

const nameOf = ({ connector, word }: Found): string => `${connector.provider}.${word}`;
const show = (found: Found): Listed => ({
  name: nameOf(found),
  effect: found.action.effect,
  summary: found.action.summary,
});

const list = operation({
  name: 'actions.list',
  summary: 'Lists the actions of the connectors',
  input: z.strictObject({ provider: z.string().max(100).optional().describe('only its actions') }),
  output: z.object({ actions: z.array(listed) }),
  effect: 'read',
  scope: 'read',
  errors: ['not_found'],
  audit: 'none',
  http: { method: 'GET', path: '/v1/actions' },
  cli: { words: 'action list', positional: ['provider'], table: TABLE, examples: ['fairlead action list slack'] },
  async run(gateway, _context, { provider }) {
    const connectors = await gateway.connectors();
    if (provider !== undefined && !connectors.some((one) => one.provider === provider)) {
      throw new AppError('not_found', { what: 'connector', id: provider });
    }
    const all = await everyAction(gateway);
    const fitting = all.filter(({ connector }) => provider === undefined || connector.provider === provider);
    return { actions: fitting.map(show) };
  },
});

const search = operation({
  name: 'actions.search',
  summary: 'Finds actions by words',
  input: z.strictObject({
    words: z.array(z.string().min(1).max(200)).min(1).max(20).describe('what it shall do, e.g. create issue'),
    limit: z.coerce.number().int().min(1).max(100).default(10).describe('actions at most'),
  }),
  output: z.object({ actions: z.array(listed), total: z.number() }),
  effect: 'read',
  scope: 'read',
  errors: [],
  audit: 'none',
  http: { method: 'GET', path: '/v1/actions/search' },
  cli: {
    words: 'action search',
    positional: ['words'],
    table: TABLE,
    examples: ['fairlead action search create issue', 'fairlead action search refund --json'],
  },
  async run(gateway, _context, { words, limit }) {
    const wanted = words.flatMap(stemsOf);
    const scored = (await everyAction(gateway))
      .map((found) => ({ found, score: scoreOf(found, wanted) }))
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score);
    return { actions: scored.slice(0, limit).map(({ found }) => show(found)), total: scored.length };
  },
});

/** Words without what number and time add to them: `Creates issues` and `create issue` are the same. */
function stemsOf(text: string): string[] {
  const words = text.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  return (words.match(/[a-z0-9]+/g) ?? []).map((word) => (word.length > 3 ? word.replace(/(es|s|e)$/, '') : word));
}

const IN_NAME = 4;
const IN_SUMMARY = 2;
const IN_ENDPOINT = 1;

/** Where each word occurs, the best place counting; a word that occurs as a part of another counts less. */
function scoreOf(found: Found, wanted: readonly string[]): number {
  const places = [
    [stemsOf(nameOf(found)), IN_NAME],
    [stemsOf(found.action.summary), IN_SUMMARY],
    [stemsOf(found.action.endpoint ?? ''), IN_ENDPOINT],
  ] as const;
  const scores = wanted.map((word) =>
    Math.max(
      ...places.map(([stems, weight]) => {
        if (stems.includes(word)) return weight;
        return stems.some((stem) => stem.startsWith(word)) ? weight / 2 : 0;
      }),
    ),
  );
  return scores.reduce((sum, score) => sum + score, 0);
}

const fields = z.array(
  z.object({
    name: z.string(),
    kind: z.string(),
    required: z.boolean(),
    description: z.string().optional(),
    choices: z.array(z.string()).optional(),
    defaultValue: z.unknown().optional(),
    secret: z.literal(true).optional(),
  }),
);

const limits = z.array(
  z.object({
    bucket: z.string(),
    covers: z.string(),
    cost: z.number(),
    unitsPerSecond: z.union([z.number(), z.object({ sandbox: z.number(), live: z.number() })]).optional(),
    burst: z.number().optional(),
    source: z.string(),
  }),
);

const schema = z.record(z.string(), z.unknown());

const described = z.object({
  name: z.string(),
  provider: z.string(),
  summary: z.string(),
  effect: z.string(),
  endpoint: z.string().optional(),
  scope: z.string().describe('what a credential of Fairlead needs'),
  permissions: z.array(z.string()).describe("what the provider's credential needs, in the provider's words"),
  input: fields,
  output: fields,
  repeats: z.string().describe('what happens when the same call is sent twice'),
  lookUp: z.string().describe('what happens after a lost answer'),
  pages: z.string().optional(),
  limits,
  example: z.unknown().optional(),
  schemas: z.object({ input: schema, output: schema }).optional(),
});

const describe = operation({
  name: 'actions.describe',
  summary: 'Describes one action: fields, permissions, what a repeat does, limits, an example',
  input: z.strictObject({
    name: z.string().max(200).describe('e.g. slack.sendMessage'),
    schemas: z.boolean().optional().describe('with the whole JSON Schemas'),
  }),
  output: described,
  effect: 'read',
  scope: 'read',
  errors: ['not_found'],
  audit: 'none',
  http: { method: 'GET', path: '/v1/actions/{name}' },
  cli: {
    words: 'action describe',
    positional: ['name'],
    examples: ['fairlead action describe slack.sendMessage', 'fairlead action describe stripe.createRefund --json'],
  },
  async run(gateway, _context, { name, schemas = false }) {
    const found = (await everyAction(gateway)).find((one) => nameOf(one) === name);
    if (found === undefined) {
      throw new AppError('not_found', { what: 'action', id: name.slice(0, NAME_CHARACTERS_MAX) });
    }
    const { connector, word, action } = found;
    const whole = { input: jsonSchemaOf(action.input, 'input'), output: jsonSchemaOf(action.output, 'output') };
    const facts = describedAction(connector, word, action) as z.input<typeof described>;
    return { ...facts, ...(schemas && { schemas: whole }) };
  },
});

export const CATALOGUE_OPERATIONS = [list, search, describe];
