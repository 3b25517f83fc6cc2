import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { inputFields, jsonSchemaOf, valueOfText } from './input-fields.js';
import type { Operation } from './gateway.js';

const fieldsOf = (input: unknown) => inputFields({ input } as unknown as Operation);

describe('the fields of an input', () => {
  it('are read from its schema', () => {
    const fields = fieldsOf(
      z.strictObject({
        id: z.string().describe('which one'),
        limit: z.coerce.number().int().default(5),
        again: z.boolean().default(false),
        state: z.enum(['a', 'b']).optional(),
        ids: z.array(z.string()).optional(),
        sizes: z.array(z.number()).optional(),
        when: z.union([z.number(), z.string()]).optional(),
        blocks: z.array(z.object({ type: z.string() })).optional(),
        target: z.strictObject({ type: z.string() }).optional(),
        maybe: z.number().nullable().optional(),
      }),
    );
    expect(fields.map(({ name, kind, items }) => [name, kind, items].filter(Boolean).join(' '))).toEqual([
      'id text',
      'limit number',
      'again boolean',
      'state text',
      'ids list text',
      'sizes list number',
      'when text',
      'blocks json',
      'target json',
      'maybe json',
    ]);
    expect(fields[0]).toEqual({ name: 'id', kind: 'text', required: true, description: 'which one' });
    expect(fields[1]).toMatchObject({ required: false, defaultValue: 5 });
    expect(fields[3]).toMatchObject({ choices: ['a', 'b'] });
  });

  it('of a schema that says nothing of itself are none', () => {
    const other = { safeParse: (data: unknown) => ({ success: true, data }) };
    expect([fieldsOf(other), jsonSchemaOf(other, 'input'), jsonSchemaOf(undefined, 'output')]).toEqual([[], {}, {}]);
  });
});

describe('a typed text', () => {
  it.each([
    [{ kind: 'number' }, '5', 5],
    [{ kind: 'number' }, '-1.5', -1.5],
    [{ kind: 'boolean' }, 'true', true],
    [{ kind: 'boolean' }, 'false', false],
    [{ kind: 'text' }, '5', '5'],
    [{ kind: 'list', items: 'number' }, '5', 5],
    [{ kind: 'list' }, '5', '5'],
    [{ kind: 'json' }, '{"a":[1]}', { a: [1] }],
  ] as const)('%j %s', (field, text, value) => {
    expect(valueOfText({ name: 'x', ...field }, text)).toEqual(value);
  });

  it.each([
    ['number', 'many'],
    ['number', ''],
    ['number', 'Infinity'],
    ['boolean', 'yes'],
    ['json', '{'],
    ['json', '['.repeat(1_000_000)],
  ] as const)('that is no %s is refused: %.20s', (kind, text) => {
    expect(() => valueOfText({ name: 'x', kind }, text)).toThrow(expect.objectContaining({ code: 'invalid_argument' }));
  });
});
