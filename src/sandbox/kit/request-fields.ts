/** What a request carries: JSON, a form with brackets, parts; read once for all simulated providers. @module */
import { parseJson, isObject } from '../../core/json.js';
import { multipartParts, type Part } from './multipart.js';
import type { SandboxRequest } from './request.js';

export type Fields = Record<string, unknown>;

export interface ReadBody {
  ok: true;
  /** An object; empty when there is no body, or one that is no object. */
  fields: Fields;
  /** The body as it was read: an object, a list, text; `undefined` when there is none. */
  value: unknown;
  /** Of a multipart body, in order. */
  parts: readonly Part[];
}

/** Reads a body by its content type. Without one, a body that is JSON is read as such. */
export function readBody({ headers, body }: SandboxRequest): ReadBody | { ok: false; problem: string } {
  const contentType = headers['content-type'] ?? '';
  const type = contentType.split(';')[0]!.trim().toLowerCase();
  if (body.byteLength === 0) return { ok: true, fields: {}, value: undefined, parts: [] };
  if (type === 'application/x-www-form-urlencoded') {
    const fields = formFields(Buffer.from(body).toString('utf8'));
    return { ok: true, fields, value: fields, parts: [] };
  }
  if (type.startsWith('multipart/')) return readParts(contentType, body);
  if (type !== '' && type !== 'application/json' && !type.endsWith('+json')) {
    return { ok: true, fields: {}, value: body, parts: [] };
  }
  const parsed = parseJson(body);
  if (!parsed.ok) return { ok: false, problem: parsed.reason };
  return { ok: true, fields: isObject(parsed.value) ? parsed.value : {}, value: parsed.value, parts: [] };
}

function readParts(contentType: string, body: Uint8Array): ReadBody | { ok: false; problem: string } {
  const parts = multipartParts(contentType, body);
  if (parts === undefined) return { ok: false, problem: 'not_multipart' };
  const plain = parts.filter(({ name, filename }) => name !== undefined && filename === undefined);
  const fields = Object.fromEntries(plain.map(({ name, body }) => [name!, Buffer.from(body).toString('utf8')]));
  return { ok: true, fields, value: fields, parts };
}

const NEVER_KEYS = new Set(['__proto__', 'constructor', 'prototype']);
const DEPTH_MAX = 12;

/** `a=1&b[c]=2&d[]=3&e[0][f]=4` -> `{a: '1', b: {c: '2'}, d: ['3'], e: [{f: '4'}]}`. Values stay text. */
export function formFields(text: string): Fields {
  const root: Fields = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const path = keyPath(name);
    if (path !== undefined) put(root, path, value);
  }
  return listsOf(root) as Fields;
}

/** `b[c][]` -> `b`, `c`, and an empty key. Names that no form sends are dropped. */
function keyPath(name: string): string[] | undefined {
  const open = name.indexOf('[');
  if (open <= 0 || !name.endsWith(']')) return NEVER_KEYS.has(name) ? undefined : [name];
  const keys = [name.slice(0, open), ...name.slice(open + 1, -1).split('][')];
  return keys.length > DEPTH_MAX || keys.some((key) => NEVER_KEYS.has(key)) ? undefined : keys;
}

function put(root: Fields, path: readonly string[], value: string): void {
  let at = root;
  for (const [index, key] of path.entries()) {
    const own = key === '' ? String(Object.keys(at).length) : key;
    if (index === path.length - 1) at[own] = value;
    else at = (isObject(at[own]) ? at[own] : (at[own] = {})) as Fields;
  }
}

/** Objects whose keys are 0, 1, ... become lists. */
function listsOf(value: unknown): unknown {
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, one]) => [key, listsOf(one)] as const);
  const isList = entries.length > 0 && entries.every(([key]) => /^\d{1,4}$/.test(key));
  return isList ? entries.map(([, one]) => one) : Object.fromEntries(entries);
}
