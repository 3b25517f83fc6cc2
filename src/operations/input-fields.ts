/**
 * The input of an operation as a flat list of fields, read from its schema: what the flags of a command, the query of a
 * request and the parameters of an API description are made from.
 *
 * @module
 */
import { z } from 'zod';
import { AppError } from '../core/errors.js';
import { parseJson } from '../core/json.js';
import type { Operation } from './gateway.js';

export type FieldKind = 'text' | 'number' | 'boolean' | 'list' | 'json';

export interface InputField {
  name: string;
  /** `list` is a list of scalars; `json` is everything that one line of text cannot say. */
  kind: FieldKind;
  /** Of a list: what its items are. */
  items?: 'text' | 'number' | 'boolean';
  required: boolean;
  description?: string;
  /** The values there are, where they are a closed set. */
  choices?: readonly string[];
  defaultValue?: unknown;
}

/** A JSON Schema (draft 2020-12), as far as anybody here looks into it. */
export interface JsonSchema {
  type?: string | string[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  description?: string;
  [keyword: string]: unknown;
}

/** What is accepted (`input`) or answered (`output`). A schema of another library says nothing about itself: `{}`. */
export function jsonSchemaOf(schema: unknown, io: 'input' | 'output'): JsonSchema {
  if (typeof schema !== 'object' || schema === null || !('_zod' in schema)) return {};
  const { $schema: _dialect, ...json } = z.toJSONSchema(schema as z.ZodType, { io, unrepresentable: 'any' });
  return json as JsonSchema;
}

/** The fields in the order of the schema; empty when the schema does not say. */
export function inputFields(operation: Operation): InputField[] {
  return schemaFields(jsonSchemaOf(operation.input, 'input'));
}

/** The properties of an object as fields. */
export function schemaFields(schema: JsonSchema): InputField[] {
  return Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const kind = kindOf(property);
    return {
      name,
      kind,
      required: (schema.required ?? []).includes(name) && property.default === undefined,
      ...(kind === 'list' ? { items: kindOf(property.items ?? {}) as 'text' } : {}),
      ...(property.description === undefined ? {} : { description: property.description }),
      ...(property.enum === undefined ? {} : { choices: property.enum.map(String) }),
      ...(property.default === undefined ? {} : { defaultValue: property.default }),
    };
  });
}

const KINDS: Readonly<Record<string, FieldKind>> = {
  string: 'text',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
  object: 'json',
  null: 'json',
};

function kindOf({ type, items, anyOf, enum: values, const: value }: JsonSchema): FieldKind {
  if (type === 'array') return ['text', 'number', 'boolean'].includes(kindOf(items ?? {})) ? 'list' : 'json';
  if (typeof type === 'string') return KINDS[type] ?? 'json';
  // A choice that takes a text takes what was typed; the schema does the rest.
  const kinds = type === undefined ? (anyOf ?? []).map(kindOf) : type.map((one) => KINDS[one] ?? 'json');
  if (kinds.includes('text') || values !== undefined || typeof value === 'string') return 'text';
  return kinds.length > 0 && kinds.every((kind) => kind === kinds[0]) ? kinds[0]! : 'json';
}

/**
 * One typed text as a value of a field: `'5'` as 5 where a number belongs.
 *
 * @throws AppError `invalid_argument` for a text that is no number, no boolean or no JSON where one belongs.
 */
export function valueOfText(field: Pick<InputField, 'name' | 'kind' | 'items'>, text: string): unknown {
  switch (field.kind === 'list' ? (field.items ?? 'text') : field.kind) {
    case 'number':
      if (text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
      throw unfit(field.name, text, 'a number');
    case 'boolean':
      if (text === 'true' || text === 'false') return text === 'true';
      throw unfit(field.name, text, 'true or false');
    case 'json':
      return jsonOf(field.name, text);
    default:
      return text;
  }
}

const SHOWN_CHARACTERS = 40;

function unfit(argument: string, text: string, wanted: string): AppError {
  const problem = `"${text.slice(0, SHOWN_CHARACTERS)}" is not ${wanted}`;
  return new AppError('invalid_argument', { argument, problem });
}

function jsonOf(name: string, text: string): unknown {
  const result = parseJson(new TextEncoder().encode(text));
  if (!result.ok) throw unfit(name, text, 'JSON');
  return result.value;
}
