/** Values that a JSON Schema describes, and values that it does not, as arbitraries of fast-check. */
import fc from 'fast-check';

export interface Schema {
  $ref?: string;
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  enum?: unknown[];
  const?: unknown;
  pattern?: string;
  format?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
}

type Any = fc.Arbitrary<unknown>;

const DEPTH_MAX = 4;
const LENGTH_MAX = 40;
const JSON_VALUE = fc.jsonValue({ maxDepth: 2 });
/** Made once: the tables behind it are large. */
const STRANGE = fc.oneof(
  fc.string({ minLength: 1, maxLength: LENGTH_MAX }),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: LENGTH_MAX / 4 }),
);
const FORMATS: Readonly<Record<string, Any>> = {
  uri: fc.constantFrom('https://a.example/x', 'http://127.0.0.1:1/', 'https://b.example'),
  email: fc.constantFrom('a@example.com', 'b@example.org'),
  'date-time': fc.constantFrom('2026-01-31T12:00:00Z', '2026-02-28T23:59:59.999Z'),
};

/** @param texts what a text may be, besides a random one: ids of things that are there */
export function valueOf(schema: Schema, at: (ref: string) => Schema, texts: readonly string[], depth = 0): Any {
  const inner = (one: Schema): Any => valueOf(one, at, texts, depth + 1);
  if (schema.$ref !== undefined) return depth > DEPTH_MAX ? fc.constant(null) : inner(at(schema.$ref));
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return fc.oneof(...choices.map(inner));
  if (Array.isArray(schema.type)) return fc.oneof(...schema.type.map((type) => inner({ ...schema, type })));
  switch (schema.type) {
    case 'string':
      return textOf(schema, texts);
    case 'integer':
    case 'number':
      return numberOf(schema);
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(inner(schema.items ?? {}), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 3, Math.max(3, schema.minItems ?? 0)),
      });
    case 'object':
      return objectOf(schema, inner);
    default:
      return JSON_VALUE;
  }
}

function textOf({ pattern, format, minLength = 0, maxLength = LENGTH_MAX }: Schema, texts: readonly string[]): Any {
  if (format !== undefined && FORMATS[format] !== undefined) return FORMATS[format];
  if (pattern !== undefined) return matching(pattern, maxLength);
  const edges = [minLength, Math.min(maxLength, 4_000)].map((length) => 'x'.repeat(length));
  const known = ['', 'env:NOTHING', ...texts].filter(({ length }) => length >= minLength && length <= maxLength);
  const strange = STRANGE.filter(({ length }) => length >= minLength && length <= maxLength);
  return fc.oneof(fc.constantFrom(...edges, ...known), ...(minLength > LENGTH_MAX / 4 ? [] : [strange]));
}

const matched = new Map<string, Any>();

/** Texts are made without the looks ahead of the pattern, and those are kept that pass it whole. */
function matching(pattern: string, maxLength: number): Any {
  const known = matched.get(pattern);
  if (known !== undefined) return known;
  const whole = new RegExp(pattern, 'u');
  const parts = new RegExp(pattern.replace(/\(\?[=!<][^()]*\)/g, ''), 'u');
  const size = { maxLength: Math.max(maxLength, LENGTH_MAX) };
  // Made beforehand: to make one takes as long as to send it.
  const made = fc.sample(
    fc.stringMatching(parts, size).filter((text) => whole.test(text)),
    { numRuns: 20, seed: 1 },
  );
  const arbitrary = fc.constantFrom(...made);
  matched.set(pattern, arbitrary);
  return arbitrary;
}

function numberOf({ type, minimum = -1_000, maximum = 1_000_000 }: Schema): Any {
  const [min, max] = [Math.max(minimum, -1e9), Math.min(maximum, 1e9)];
  const whole = fc.integer({ min: Math.ceil(min), max: Math.floor(max) });
  return fc.oneof(fc.constantFrom(min, max), type === 'integer' ? whole : fc.double({ min, max, noNaN: true }));
}

function objectOf({ properties = {}, required = [], additionalProperties }: Schema, inner: (one: Schema) => Any): Any {
  const fields = Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, inner(one)]));
  const record = fc.record(fields, { requiredKeys: required.filter((name) => name in fields) });
  if (typeof additionalProperties !== 'object') return record;
  const more = fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), inner(additionalProperties), { maxKeys: 3 });
  return fc.tuple(more, record).map(([others, own]) => ({ ...others, ...own }));
}

/** What somebody sends who has not read the schema. */
export const WRONG: Any = fc.oneof(
  fc.constantFrom<unknown>(null, true, -1, 1e308, '', '\u0000', '\ud800', [], {}, [[]], 'x'.repeat(5_000), '__proto__'),
  JSON_VALUE,
);
