/**
 * Arguments before anything else sees them: no secrets, no names that do not exist, the types of the schema. What does
 * not fit is refused in words from which the next call can be made right.
 *
 * @module
 */
import { AppError } from '../../core/errors.js';
import { isObject, parseJson, valueAt } from '../../core/json.js';
import { describeIssue, type Schema, type SchemaIssue } from '../../core/schema.js';
import { redactText } from '../../core/redact.js';
import { redactShapes } from '../../core/secret-shapes.js';
import { sensitivityOf } from '../../core/sensitive-name.js';
import type { JsonSchema } from '../../operations/index.js';
import { cleanText } from './clean-text.js';
import { nearest } from './nearest.js';
import type { CorrectableError, Correction } from './tool-error.js';

const SHOWN_CHARACTERS = 100;
const NAMES_SHOWN_MAX = 20;
const DEPTH_MAX = 32;

/**
 * The first argument that looks like a secret, as a refusal. Its value is in nothing that is said. A name that the tool
 * itself declares is innocent (the place in a list that a provider calls a token); its value is looked at all the same.
 */
export function secretAmong(given: unknown, declared: readonly string[]): CorrectableError | undefined {
  const path = secretPath(given, '', 0, declared);
  if (path === undefined) return undefined;
  const argument = shown(path);
  return {
    error: new AppError('secret_in_argument', { argument }),
    correction: { field: argument, expected: 'no secret: connections hold them, and no tool takes one' },
  };
}

function secretPath(value: unknown, path: string, depth: number, declared: readonly string[] = []): string | undefined {
  if (depth > DEPTH_MAX) return undefined;
  if (typeof value === 'string') return hasSecret(value) ? path : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, part] of Object.entries(value)) {
    const at = path === '' ? name : `${path}.${name}`;
    if (hasSecret(name)) return path === '' ? 'a name' : path;
    const isNamed = sensitivityOf(name) === 'value' && !declared.includes(name);
    if (typeof part === 'string' && part !== '' && isNamed) return at;
    const found = secretPath(part, at, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Also one that invisible characters part. */
function hasSecret(text: string): boolean {
  const clean = cleanText(text);
  return redactShapes(text) !== text || (clean !== text && redactShapes(clean) !== clean);
}

/** The input with JSON text read where the schema has an object or a list: some clients send them as text. */
export function readNested(
  schema: JsonSchema,
  given: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const read = Object.entries(given).map(([name, value]) => {
    const wanted = ownProperty(schema, name)?.type;
    if (typeof value !== 'string' || (wanted !== 'object' && wanted !== 'array')) return [name, value];
    const parsed = parseJson(new TextEncoder().encode(value), { maxDepth: DEPTH_MAX });
    const fits = parsed.ok && (wanted === 'array' ? Array.isArray(parsed.value) : isObject(parsed.value));
    return [name, fits ? parsed.value : value];
  });
  return Object.fromEntries(read) as Record<string, unknown>;
}

/**
 * The refusal of a name that the schema does not have, at the top or inside.
 *
 * @param missing a name that has to be there and is not: what was meant, where no name is like the one that is there
 */
export function unknownName(path: string, name: string, names: readonly string[], missing?: string): CorrectableError {
  const field = shown(path === '' ? name : `${path}.${name}`);
  const near = nearest(name, names, 1);
  const meant = near.length > 0 || missing === undefined ? near : [missing];
  const hint = meant.length > 0 ? `; did you mean "${meant[0]}"? ` : '. ';
  const known = names.slice(0, NAMES_SHOWN_MAX).join(', ');
  const problem = `there is no such argument${hint}${known === '' ? 'It takes none.' : `There are: ${known}.`}`;
  const at = path === '' ? '' : `${path}.`;
  return {
    error: new AppError('invalid_argument', { argument: field, problem }),
    correction: { field, suggestions: meant.map((one) => `${at}${one}`), expected: names.slice(0, NAMES_SHOWN_MAX) },
  };
}

/** Why `given` does not fit, or `undefined` when it does. */
export function misfit(
  schema: Schema<unknown>,
  json: JsonSchema,
  given: Readonly<Record<string, unknown>>,
): CorrectableError | undefined {
  const names = Object.keys(json.properties ?? {});
  const stranger = Object.keys(given).find((name) => !names.includes(name));
  if (stranger !== undefined) return unknownName('', stranger, names);
  const parsed = schema.safeParse(given);
  return parsed.success ? undefined : misfitOf(parsed.error.issues, json, given);
}

function misfitOf(
  issues: readonly SchemaIssue[],
  json: JsonSchema,
  given: Readonly<Record<string, unknown>>,
): CorrectableError {
  const first = issues[0];
  const steps = (first?.path ?? []).map(String);
  const at = schemaAt(json, steps);
  const keys = (first as { keys?: readonly string[] } | undefined)?.keys;
  if (first?.code === 'unrecognized_keys' && keys?.[0] !== undefined) {
    return unknownName(steps.join('.'), keys[0], Object.keys(at?.properties ?? {}));
  }
  const { path, message } = describeIssue(issues, given);
  const received = path === 'input' ? undefined : valueAt(given, path);
  return {
    error: new AppError('invalid_argument', { argument: shown(path), problem: message }),
    correction: { field: shown(path), ...receivedOf(received), ...expectation(at, received) },
  };
}

function receivedOf(value: unknown): Pick<Correction, 'received'> {
  if (value === undefined) return {};
  return { received: typeof value === 'object' ? (Array.isArray(value) ? '(a list)' : '(an object)') : cut(value) };
}

function cut(value: unknown): unknown {
  return typeof value === 'string' ? shown(value) : value;
}

function expectation(at: JsonSchema | undefined, received: unknown): Correction {
  if (at === undefined) return {};
  const values = at.enum ?? at.anyOf?.flatMap((one) => (one.const === undefined ? [] : [one.const]));
  if (values !== undefined && values.length > 0) {
    const texts = values.map(String);
    const meant = nearest(String(received ?? ''), texts, 3);
    return { expected: texts.slice(0, NAMES_SHOWN_MAX), suggestions: meant.length > 0 ? meant : texts.slice(0, 3) };
  }
  const { description: _words, properties, ...expected } = at;
  const suggestion = converted(at.type, received) ?? nearestNumber(at, received);
  return {
    expected: properties === undefined ? expected : { type: 'object', fields: Object.keys(properties) },
    ...(suggestion === undefined ? {} : { suggestions: [suggestion] }),
  };
}

/** The same value in the type that is wanted, where that is plain. */
function converted(type: JsonSchema['type'], received: unknown): unknown {
  if (type === 'array' && received !== undefined && !Array.isArray(received)) return [cut(received)];
  if (type === 'string' && (typeof received === 'number' || typeof received === 'boolean')) return String(received);
  if (type === 'string' && Array.isArray(received) && typeof received[0] === 'string') return cut(received[0]);
  if (typeof received !== 'string') return undefined;
  if ((type === 'integer' || type === 'number') && /^-?\d{1,15}(\.\d+)?$/.test(received)) return Number(received);
  return type === 'boolean' && /^(true|false)$/i.test(received) ? received.toLowerCase() === 'true' : undefined;
}

/** The end of the range that was left. */
function nearestNumber({ minimum, maximum }: JsonSchema, received: unknown): unknown {
  if (typeof received !== 'number') return undefined;
  if (typeof maximum === 'number' && received > maximum) return maximum;
  return typeof minimum === 'number' && received < minimum ? minimum : undefined;
}

/** What would fit at an argument that was refused later on, by one of the tools or an operation. */
export function correctionAt(json: JsonSchema, given: Readonly<Record<string, unknown>>, argument: string): Correction {
  const at = schemaAt(json, argument.split('.'));
  if (at === undefined) return { field: shown(argument) };
  const received = valueAt(given, argument);
  return { field: shown(argument), ...receivedOf(received), ...expectation(at, received) };
}

function schemaAt(schema: JsonSchema | undefined, steps: readonly string[]): JsonSchema | undefined {
  return steps.reduce<JsonSchema | undefined>((at, step) => {
    if (at === undefined) return undefined;
    return /^\d+$/.test(step) && at.items !== undefined ? at.items : ownProperty(at, step);
  }, schema);
}

function ownProperty({ properties }: JsonSchema, name: string): JsonSchema | undefined {
  return properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined;
}

function shown(text: string): string {
  return redactText(text.slice(0, SHOWN_CHARACTERS));
}
