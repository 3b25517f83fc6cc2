/**
 * Reading JSON that a stranger wrote: bounded in size and depth, strict UTF-8, without keys that reach for prototypes.
 *
 * @module
 */

export const JSON_MAX_DEPTH = 100;
export const JSON_MAX_BYTES = 25 * 1024 * 1024;

export type JsonProblem = 'too_large' | 'too_deep' | 'not_utf8' | 'not_json';
export type JsonResult = { ok: true; value: unknown } | { ok: false; reason: JsonProblem };

export interface JsonLimits {
  /** Deepest nesting of arrays and objects; a scalar has depth 0. Default {@link JSON_MAX_DEPTH}. */
  maxDepth?: number;
  /** Default {@link JSON_MAX_BYTES}. */
  maxBytes?: number;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * The value of one JSON text, or why there is none. Total: never throws.
 *
 * The depth is counted before the parser runs, because `JSON.parse` takes a million nested arrays (after 0.3 s) and
 * whatever touches the result next overflows the stack. Own keys `__proto__`, and `constructor` where it holds a
 * `prototype`, are left out: inert here, they would come alive in a careless merge. A byte order mark is skipped.
 */
export function parseJson(bytes: Uint8Array, limits: JsonLimits = {}): JsonResult {
  const text = boundedText(bytes, limits);
  if (typeof text !== 'string') return text;
  const result = parseText(text);
  if (result.ok && isSuspect(text)) dropPrototypeKeys(result.value);
  return result;
}

/** Like {@link parseJson}, for looking at named fields only: keys that would come alive in a merge stay. */
export function parseJsonToLookAt(bytes: Uint8Array, limits: JsonLimits = {}): JsonResult {
  const text = boundedText(bytes, limits);
  return typeof text === 'string' ? parseText(text) : text;
}

/** Like {@link parseJson}, for callers who only care about objects: anything else is `undefined`. */
export function parseJsonObject(bytes: Uint8Array, limits?: JsonLimits): Record<string, unknown> | undefined {
  const result = parseJson(bytes, limits);
  return result.ok && isObject(result.value) ? result.value : undefined;
}

/** An object that is neither null nor an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a dotted path of own properties (`a.b.0`), or `undefined`. */
export function valueAt(value: unknown, path: string): unknown {
  let at = value;
  for (const name of namesIn(path)) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as Record<string, unknown>)[name];
  }
  return at;
}

const PATHS_KEPT = 1_000;
const PATHS = new Map<string, readonly string[]>();

/** Paths are mostly those of connectors, a few hundred in all. */
function namesIn(path: string): readonly string[] {
  const known = PATHS.get(path);
  if (known !== undefined) return known;
  const names = path.split('.');
  if (PATHS.size < PATHS_KEPT) PATHS.set(path, names);
  return names;
}

/** Everything that a JSON text cannot hold as it is, and surrogates, which it holds in pairs alone. */
// oxlint-disable-next-line no-control-regex -- control characters are the subject
const NEEDS_CARE = /["\\\u0000-\u001f\ud800-\udfff]/;

/** As `JSON.stringify`, which costs three times as much, of a text that is seldom special. */
export function jsonText(text: string): string {
  return NEEDS_CARE.test(text) ? JSON.stringify(text) : `"${text}"`;
}

function boundedText(bytes: Uint8Array, limits: JsonLimits): string | { ok: false; reason: JsonProblem } {
  if (bytes.length > (limits.maxBytes ?? JSON_MAX_BYTES)) return { ok: false, reason: 'too_large' };
  if (isDeeper(bytes, limits.maxDepth ?? JSON_MAX_DEPTH)) return { ok: false, reason: 'too_deep' };
  return decodeUtf8(bytes) ?? { ok: false, reason: 'not_utf8' };
}

function parseText(text: string): JsonResult {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return { ok: false, reason: 'not_json' };
  }
}

/** Decoding leniently and looking for replacement characters costs a tenth of decoding strictly. */
function decodeUtf8(bytes: Uint8Array): string | undefined {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = buffer.toString();
  if (!text.includes('\ufffd')) return withoutMark(text);
  try {
    return withoutMark(UTF8.decode(bytes));
  } catch {
    return undefined;
  }
}

function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

/** What a text must contain before {@link dropPrototypeKeys} can find anything; `\u00` because names can be escaped. */
function isSuspect(text: string): boolean {
  return text.includes('proto') || text.includes('\\u00');
}

/**
 * Whether brackets outside of strings nest deeper than `maxDepth`. One pass, no stack; stops at the first excess. Each
 * level takes two bytes of a text that parses, so short texts need no counting.
 */
function isDeeper(bytes: Uint8Array, maxDepth: number): boolean {
  if (bytes.length < 2 * maxDepth) return false;
  let depth = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte === QUOTE) {
      i = endOfString(bytes, i);
      // `[` is 0x5b and `{` is 0x7b, `]` is 0x5d and `}` is 0x7d: one bit apart.
    } else if ((byte | 0x20) === 0x7b) {
      if (++depth > maxDepth) return true;
    } else if ((byte | 0x20) === 0x7d) depth--;
  }
  return false;
}

/** Index of the quote that closes the string opened at `start`, or the last index. */
function endOfString(bytes: Uint8Array, start: number): number {
  let i = start + 1;
  while (i < bytes.length && bytes[i] !== QUOTE) i += bytes[i] === BACKSLASH ? 2 : 1;
  return i;
}

/** Recursion is safe here: the depth was bounded before. */
function dropPrototypeKeys(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) {
    const object = value as Record<string, unknown>;
    if (Object.hasOwn(object, '__proto__')) delete object['__proto__'];
    if (Object.hasOwn(object, 'constructor') && holdsPrototype(object['constructor'])) delete object['constructor'];
  }
  for (const part of Object.values(value)) dropPrototypeKeys(part);
}

function holdsPrototype(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype');
}
