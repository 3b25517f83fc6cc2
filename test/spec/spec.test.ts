/** Questions in a user's words, descriptions that strangers wrote, and the doors through which both are asked. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SPECS } from '../../src/connectors/specs.generated.js';
import { CONNECTORS } from '../../src/connectors/index.js';
import { isAppError } from '../../src/core/errors.js';
import { SpecRanking } from '../../src/core/spec-ranking.js';
import { entriesOfDescription, operationNamed, runOperation } from '../../src/operations/index.js';
import { localPrincipal } from '../../src/core/local-identity.js';
import { createSetting } from '../doors/setting.js';

type Question = [provider: string, question: string, wanted: string];
const QUESTIONS = JSON.parse(readFileSync(new URL('questions.json', import.meta.url), 'utf8')) as Question[];

const bytes = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));

async function setting() {
  const { clock, gateway } = await createSetting();
  const caller = {
    scope: { tenant: 'default', environment: 'sandbox' as const },
    principal: localPrincipal('person', '*', 'cli'),
  };
  const ask = (name: string, input: unknown): Promise<unknown> =>
    clock.runUntil(runOperation(gateway, operationNamed(name), caller, input));
  return { ask };
}

describe('the index of the connectors', () => {
  it('has every action that anybody may call', () => {
    const names = CONNECTORS.flatMap(({ provider, actions }) =>
      Object.entries(actions).flatMap(([word, { handlersOnly }]) =>
        handlersOnly === true ? [] : [`${provider}.${word}`],
      ),
    );
    expect(SPECS.map(({ name }) => name)).toEqual(names);
  });

  it.each(QUESTIONS)('%s: %s', (provider, question, wanted) => {
    const ranking = new SpecRanking(SPECS.filter((entry) => entry.provider === provider));
    expect(
      ranking
        .search(question)
        .slice(0, 3)
        .map(({ entry }) => entry.name),
    ).toContain(wanted);
  });

  it('answers a question without a word with nothing', () => {
    expect(new SpecRanking(SPECS).search('the of to ???')).toEqual([]);
    expect(new SpecRanking([]).search('anything')).toEqual([]);
  });
});

const PETS = {
  openapi: '3.1.0',
  paths: {
    '/pets/{id}': {
      parameters: [{ $ref: '#/components/parameters/id' }],
      put: {
        operationId: 'feedPet',
        summary: 'Feed an animal\u001b[31m',
        tags: ['Kitchen'],
        requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Meal' } } } },
      },
      delete: { description: 'Gives it <b>away</b>.' },
    },
  },
  components: {
    parameters: { id: { name: 'id', in: 'path', required: true, schema: { type: 'string' } } },
    schemas: {
      Meal: {
        required: ['grams'],
        properties: { grams: { type: 'integer' }, next: { $ref: '#/components/schemas/Meal' } },
      },
    },
  },
};

describe('a description', () => {
  it('becomes what is searched and shown, in every door', async () => {
    const { ask } = await setting();
    expect(await ask('specs.add', { provider: 'pets', document: JSON.stringify(PETS) })).toEqual({
      provider: 'pets',
      operations: 2,
    });
    expect(await ask('specs.search', { provider: 'pets', words: ['kitchen animals'] })).toEqual({
      operations: [{ name: 'feedPet', summary: 'Feed an animal [31m', endpoint: 'PUT /pets/{id}' }],
      total: 1,
    });
    expect(await ask('specs.show', { provider: 'pets', operation: 'put /pets/{id}' })).toMatchObject({
      name: 'feedPet',
      fields: [
        { name: 'id', kind: 'string', required: true },
        { name: 'grams', kind: 'integer', required: true },
        { name: 'next', kind: 'json', required: false },
      ],
      run: 'fairlead request pets PUT /pets/{id}',
    });
  });

  it('stands beside the actions of a connector, which come first', async () => {
    const { ask } = await setting();
    await ask('specs.add', { provider: 'stripe', document: JSON.stringify(PETS) });
    expect(await ask('specs.show', { provider: 'stripe', operation: 'refundPayment' })).toMatchObject({
      run: 'fairlead action run stripe.refundPayment',
    });
    expect(await ask('specs.search', { provider: 'stripe', words: ['feed'] })).toMatchObject({ total: 1 });
  });

  it('is read from YAML, and from Swagger 2', async () => {
    const yaml =
      'swagger: "2.0"\npaths:\n  /a:\n    get:\n      summary: Reads a\n      parameters:\n        - {name: q, in: query, type: string}\n';
    expect(await entriesOfDescription('a', bytes(yaml))).toMatchObject([
      { name: 'GET /a', summary: 'Reads a', fields: [{ name: 'q', kind: 'string', required: false }] },
    ]);
  });

  const circle = { openapi: '3.0.0', paths: { '/a': { get: { parameters: [{ $ref: '#/x' }] } } }, x: { $ref: '#/x' } };
  const wide = (count: number): unknown => ({
    openapi: '3.0.0',
    paths: Object.fromEntries(
      Array.from({ length: count }, (_, at) => [`/p${at}`, { get: { summary: 'x'.repeat(400) } }]),
    ),
  });
  const bomb = `openapi: 3.0.0\na: &a [1,1,1,1,1,1,1,1,1]\n${'bcdefgh'
    .split('')
    .map((name, at) => `${name}: &${name} [${Array(9).fill(`*${'abcdefg'[at]}`).join(',')}]`)
    .join('\n')}\npaths: *h\n`;

  it('that turns in a circle ends', async () => {
    expect(await entriesOfDescription('a', bytes(circle))).toMatchObject([{ name: 'GET /a', fields: [] }]);
  });

  it('that is long is kept shorter', async () => {
    const kept = await entriesOfDescription('a', bytes(wide(4_000)));
    expect(kept).toHaveLength(4_000);
    expect(JSON.stringify(kept).length).toBeLessThanOrEqual(900_000);
  });

  it.each<[string, unknown, RegExp]>([
    ['nothing', '', /no object/],
    ['a picture', '\u0089PNG\r\n{{{', /neither JSON nor YAML|no object/],
    ['a list', [], /no object/],
    ['no version', { paths: {} }, /neither openapi/],
    ['no paths', { openapi: '3.0.0' }, /no paths/],
    ['no operations', { openapi: '3.0.0', paths: { '/a': { parameters: [] } } }, /has an operation/],
    ['too many', wide(5_001), /more than 5000/],
    ['a deep hole', '['.repeat(200_000), /nested deeper/],
    ['a bomb of aliases', bomb, /alias/i],
    ['a long YAML', `openapi: 3.0.0\n#${'x'.repeat(4_300_000)}`, /4 MiB/],
  ])('is refused in words: %s', async (_, given, problem) => {
    const thrown: unknown = await entriesOfDescription('a', bytes(given)).catch((error: unknown) => error);
    expect(isAppError(thrown) && thrown.code).toBe('invalid_argument');
    expect((thrown as Error).message).toMatch(problem);
  });

  it('has a provider that is no path', async () => {
    const { ask } = await setting();
    await expect(ask('specs.add', { provider: '../x', document: '{}' })).rejects.toThrow();
    await expect(ask('specs.search', { provider: 'nobody', words: ['x'] })).rejects.toThrow(/nobody/);
  });
});
