/** JSON Schemas as short as they can be without saying anything else: clients put them before the model. @module */
import type { JsonSchema } from '../../operations/index.js';

/** What a library writes for "any whole number" says nothing. */
const EDGES = new Set([Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]);
/** Of an answer a model needs the names and types; the rest we check ourselves. */
const LEFT_OUT_OF_ANSWERS = new Set([
  'description',
  'pattern',
  'format',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'minItems',
  'maxItems',
  'propertyNames',
  'default',
]);

/** What is taken: all keywords but those without content. */
export function compactInput(schema: JsonSchema): JsonSchema {
  return walk(schema, (keyword, value) => {
    if (keyword === '$schema') return false;
    if (typeof value === 'number' && EDGES.has(value)) return false;
    return !(keyword === 'maxLength' || keyword === 'maxItems' || keyword === 'minLength');
  }) as JsonSchema;
}

/** What is answered: names and types down to `levels`; below that anything. It stays true, it only says less. */
export function compactOutput(schema: JsonSchema, levels: number): JsonSchema {
  if (schema['$defs'] !== undefined || schema['$ref'] !== undefined) return { type: 'object' };
  const short = walk(schema, (keyword) => keyword !== '$schema' && !LEFT_OUT_OF_ANSWERS.has(keyword)) as JsonSchema;
  return cut(short, levels);
}

type Keep = (keyword: string, value: unknown) => boolean;

function walk(schema: unknown, keep: Keep): unknown {
  if (Array.isArray(schema)) return schema.map((one) => walk(one, keep));
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).flatMap(([keyword, value]): [string, unknown][] => {
    if (!keep(keyword, value)) return [];
    // The names under `properties` are no keywords.
    if (keyword === 'properties') return [[keyword, mapValues(value as object, (one) => walk(one, keep))]];
    if (keyword === 'enum' || keyword === 'const' || keyword === 'default' || keyword === 'required') {
      return [[keyword, value]];
    }
    return [[keyword, walk(value, keep)]];
  });
  return Object.fromEntries(entries);
}

function cut(schema: JsonSchema, levels: number): JsonSchema {
  if (levels === 0) return typeof schema.type === 'string' ? { type: schema.type } : {};
  const { properties, items, additionalProperties: _open, required, anyOf, oneOf, ...rest } = schema;
  if (anyOf !== undefined || oneOf !== undefined) return {};
  return {
    ...rest,
    ...(properties && { properties: mapValues(properties, (one) => cut(one as JsonSchema, levels - 1)) }),
    ...(items && { items: cut(items, levels) }),
    ...(required && required.length > 0 && levels > 1 ? { required } : {}),
  };
}

function mapValues(object: object, map: (value: unknown) => unknown): Record<string, never> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value)])) as never;
}
