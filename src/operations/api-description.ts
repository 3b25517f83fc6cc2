/**
 * An official API description (OpenAPI 3, Swagger 2; JSON or YAML) as entries of the search. Whoever wrote the file is a
 * stranger: sizes, depth and references are bounded, and only local references are followed.
 *
 * @module
 */
import { AppError } from '../core/errors.js';
import { isObject, parseJson } from '../core/json.js';
import type { SpecEntry, SpecField } from '../core/spec.js';
import { distinctWords } from './spec-entries.js';

export const DESCRIPTION_BYTES_MAX = 25 * 1024 * 1024;
/** Its parser takes far longer and far more memory for a byte. */
const YAML_BYTES_MAX = 4 * 1024 * 1024;
const DEPTH_MAX = 100;
const YAML_ALIASES_MAX = 100;

export const OPERATIONS_MAX = 5_000;
/** What is kept of all together, so that it can be sent through any door. */
const KEPT_CHARACTERS_MAX = 900_000;
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const NAME_MAX = 200;
const TEXT_MAX = 300;
const FIELDS_MAX = 60;
const REFERENCES_MAX = 10;

/** What is kept of an operation when all would be too much: shorter texts, fewer fields. */
const STEPS = [
  { text: TEXT_MAX, fields: FIELDS_MAX, described: true },
  { text: 160, fields: 40, described: false },
  { text: 100, fields: 12, described: false },
  { text: 80, fields: 0, described: false },
] as const;

type Node = Record<string, unknown>;

/** @throws AppError `invalid_argument` in words for everything that is no description, or too large to be one. */
export async function entriesOfDescription(provider: string, bytes: Uint8Array): Promise<SpecEntry[]> {
  const root = await rootOf(bytes);
  const { openapi, swagger, paths } = root;
  if (!/^(2|3)\./.test(String(openapi ?? swagger ?? '')))
    throw refused('it says neither openapi: 3.x nor swagger: 2.x');
  if (!isObject(paths)) throw refused('it has no paths');
  const found = operationsIn(root, paths);
  if (found.length === 0) throw refused('none of its paths has an operation');
  for (const step of STEPS) {
    const entries = found.map((one) => entryOf(provider, root, one, step));
    if (JSON.stringify(entries).length <= KEPT_CHARACTERS_MAX) return entries;
  }
  throw refused(`its ${found.length} operations are too long to be kept`);
}

async function rootOf(bytes: Uint8Array): Promise<Node> {
  if (bytes.byteLength > DESCRIPTION_BYTES_MAX) throw refused('it is larger than 25 MiB');
  const json = parseJson(bytes, { maxBytes: DESCRIPTION_BYTES_MAX, maxDepth: DEPTH_MAX });
  if (json.ok && isObject(json.value)) return json.value;
  if (json.ok) throw refused('it is no object');
  if (json.reason !== 'not_json') throw refused(UNREADABLE[json.reason]);
  if (bytes.byteLength > YAML_BYTES_MAX)
    throw refused('it is no JSON, and larger than the 4 MiB that are read of YAML');
  const { parse } = await import('yaml');
  let value: unknown;
  try {
    value = parse(new TextDecoder().decode(bytes), { maxAliasCount: YAML_ALIASES_MAX, logLevel: 'silent' });
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n', 1)[0]!.slice(0, NAME_MAX) : 'unreadable';
    throw refused(`it is neither JSON nor YAML: ${why}`);
  }
  if (isObject(value)) return value;
  throw refused('it is no object');
}

const UNREADABLE = {
  too_large: 'it is larger than 25 MiB',
  too_deep: `it is nested deeper than ${DEPTH_MAX}`,
  not_utf8: 'it is no UTF-8 text',
} as const;

interface Found {
  method: string;
  path: string;
  operation: Node;
  /** Of the path, for all its operations. */
  ofPath: unknown;
}

function operationsIn(root: Node, paths: Node): Found[] {
  const found: Found[] = [];
  for (const [path, given] of Object.entries(paths)) {
    const item = resolved(root, given);
    if (item === undefined || !path.startsWith('/')) continue;
    for (const method of METHODS) {
      const operation = Object.hasOwn(item, method) ? item[method] : undefined;
      if (!isObject(operation)) continue;
      if (found.length === OPERATIONS_MAX) throw refused(`it has more than ${OPERATIONS_MAX} operations`);
      found.push({ method: method.toUpperCase(), path, operation, ofPath: item['parameters'] });
    }
  }
  return found;
}

function entryOf(provider: string, root: Node, found: Found, step: (typeof STEPS)[number]): SpecEntry {
  const { method, path, operation, ofPath } = found;
  const endpoint = `${method} ${clean(path, NAME_MAX)}`;
  const description = clean(operation['description'], step.text);
  const tags = Array.isArray(operation['tags']) ? operation['tags'].filter((tag) => typeof tag === 'string') : [];
  return {
    provider,
    name: clean(operation['operationId'], NAME_MAX) || endpoint,
    summary: clean(operation['summary'], step.text) || description || endpoint,
    endpoint,
    fields: fieldsOf(root, operation, ofPath)
      .slice(0, step.fields)
      .map(({ description: words, ...field }) =>
        step.described && words !== undefined ? { ...field, description: words } : field,
      ),
    words: distinctWords(clean(`${tags.join(' ')} ${description}`, 2 * step.text)),
  };
}

function fieldsOf(root: Node, operation: Node, ofPath: unknown): SpecField[] {
  const fields = new Map<string, SpecField>();
  const given = [ofPath, operation['parameters']].flatMap((list) => (Array.isArray(list) ? (list as unknown[]) : []));
  for (const one of given.slice(0, 2 * FIELDS_MAX)) {
    const parameter = resolved(root, one);
    if (parameter === undefined) continue;
    if (parameter['in'] === 'body') addProperties(root, parameter['schema'], fields);
    else if (parameter['in'] !== 'header') {
      const kind = resolved(root, parameter['schema'])?.['type'] ?? parameter['type'];
      addField(fields, parameter['name'], { ...parameter, type: kind }, parameter['required'] === true);
    }
  }
  const content = resolved(root, operation['requestBody'])?.['content'];
  if (isObject(content)) {
    for (const media of Object.values(content)) addProperties(root, resolved(root, media)?.['schema'], fields);
  }
  return [...fields.values()];
}

function addProperties(root: Node, given: unknown, fields: Map<string, SpecField>, depth = 0): void {
  const schema = resolved(root, given);
  if (schema === undefined || depth > REFERENCES_MAX) return;
  for (const part of [schema['allOf'], schema['anyOf'], schema['oneOf']].flat().slice(0, FIELDS_MAX)) {
    if (fields.size < FIELDS_MAX) addProperties(root, part, fields, depth + 1);
  }
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  if (!isObject(schema['properties'])) return;
  for (const [name, property] of Object.entries(schema['properties'])) {
    if (fields.size >= FIELDS_MAX) return;
    addField(fields, name, resolved(root, property) ?? {}, required.includes(name));
  }
}

function addField(fields: Map<string, SpecField>, given: unknown, about: Node, required: boolean): void {
  const name = clean(given, NAME_MAX);
  if (name === '' || fields.has(name) || fields.size >= FIELDS_MAX) return;
  const kind = typeof about['type'] === 'string' ? clean(about['type'], 20) : 'json';
  const description = clean(about['description'], TEXT_MAX);
  fields.set(name, { name, kind, required, ...(description !== '' && { description }) });
}

/** The object itself, or what its local reference leads to. A circle ends. */
function resolved(root: Node, given: unknown): Node | undefined {
  let at = given;
  for (let steps = 0; steps < REFERENCES_MAX; steps++) {
    if (!isObject(at)) return undefined;
    const reference = at['$ref'];
    if (typeof reference !== 'string') return at;
    at = reference.startsWith('#/') ? pointed(root, reference.slice(2)) : undefined;
  }
  return undefined;
}

/** @source RFC 6901 */
function pointed(root: Node, pointer: string): unknown {
  let at: unknown = root;
  for (const part of pointer.slice(0, 1_000).split('/')) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as Node)[name];
  }
  return at;
}

/** One line without markup and without what a terminal would obey. */
function clean(given: unknown, charactersMax: number): string {
  if (typeof given !== 'string') return '';
  const text = given.slice(0, 4 * charactersMax).replace(/<[^<>]*>/g, ' ');
  return text
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, charactersMax);
}

function refused(problem: string): AppError {
  return new AppError('invalid_argument', { argument: 'description', problem });
}
