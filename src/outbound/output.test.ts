import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { ActionDefinition } from '../core/connector.js';
import { parseJsonObject } from '../core/json.js';
import { SecretSet } from '../core/secret-set.js';
import { maskFields, readOutput } from './output.js';

const action = {
  output: z.strictObject({ id: z.string(), list: z.array(z.strictObject({ n: z.number() })).optional() }),
  parse: ({ body }: { body: Uint8Array }) => parseJsonObject(body),
} as unknown as ActionDefinition;

const answer = (body: string, truncated = false) => ({ status: 200, headers: {}, body: Buffer.from(body), truncated });
const read = (body: string, truncated = false, secrets?: SecretSet) =>
  readOutput(action, 'Acme', answer(body, truncated), {}, secrets);

describe('reading an output', () => {
  it('gives what fits', () => {
    expect(read('{"id":"t1"}')).toEqual({ ok: true, output: { id: 't1' } });
  });

  it.each([
    ['{"id":7}', 'id'],
    ['{"id":"t1","list":[{"n":1},{"n":"2"}]}', 'list.1.n'],
    ['{"id":"t1","more":1}', 'input'],
    ['<html>', 'input'],
  ])('of %s names the place: %s', (body, path) => {
    expect(read(body)).toMatchObject({ ok: false, error: { code: 'provider_contract', data: { path } } });
  });

  it('does not trust an answer that was cut, nor a reader that throws', () => {
    expect(read('{"id":"t1"}', true).ok).toBe(false);
    const throwing = { ...action, parse: () => JSON.parse('{') as unknown };
    expect(readOutput(throwing, 'Acme', answer(''), {}).ok).toBe(false);
  });

  it('keeps the raw answer without secrets, even where it is cut', () => {
    const secrets = new SecretSet();
    secrets.add('a-secret-that-was-handed-out');
    for (const lead of [0, 4_080, 4_090, 4_095]) {
      const result = read(`${' '.repeat(lead)}a-secret-that-was-handed-out`, false, secrets);
      expect(result).toMatchObject({ ok: false });
      expect(JSON.stringify(result)).not.toMatch(/a-secr|handed/);
    }
  });
});

describe('a secret in an output', () => {
  const secretive: ActionDefinition = {
    ...action,
    secretFields: ['id'],
    reveals: (input) => ((input as { shown?: boolean }).shown === true ? ['id', 'elsewhere'] : []),
  };
  const told = (input: unknown) => readOutput(secretive, 'Acme', answer('{"id":"t1"}'), input);

  it('is masked unless the input asks for it', () => {
    expect(told({})).toEqual({ ok: true, output: { id: '[redacted]' } });
    expect(told({ shown: true })).toEqual({ ok: true, output: { id: 't1' } });
  });
});

describe('masking fields', () => {
  it.each<[unknown, string[], unknown]>([
    [{ a: 's', b: 1 }, ['a'], { a: '[redacted]', b: 1 }],
    [{ a: { b: 's', c: 1 } }, ['a.b'], { a: { b: '[redacted]', c: 1 } }],
    [{ a: [{ b: 's' }, { c: 1 }] }, ['a.b'], { a: [{ b: '[redacted]' }, { c: 1 }] }],
    [{ a: null }, ['a'], { a: null }],
    [{ a: 1 }, ['b.c', '__proto__.x'], { a: 1 }],
    ['text', ['a'], 'text'],
    [{ a: 's' }, [], { a: 's' }],
  ])('of %j at %j', (value, paths, expected) => {
    const before = JSON.stringify(value);
    expect(maskFields(value, paths)).toEqual(expected);
    expect(JSON.stringify(value)).toBe(before);
  });
});
