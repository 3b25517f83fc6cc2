/**
 * Redaction: what every sink (log, audit line, error, CLI, MCP answer, page) passes its values through.
 * Three nets, each for what the others miss: names that announce a secret, shapes that look like one, and the very
 * values this process has handed out.
 *
 * @module
 */
import type { SecretSet } from './secret-set.js';
import { MAX_SECRET_CHARACTERS } from './secret-set.js';
import { REDACTED, isCardNumber, redactShapes } from './secret-shapes.js';
import { PLAIN_HEADERS, sensitivityOf } from './sensitive-name.js';

export { REDACTED } from './secret-shapes.js';

/** A longer text is cut here, after it was searched. */
export const MAX_TEXT_CHARACTERS = 256 * 1024;
export const MAX_DEPTH = 32;
/** Objects, lists and texts visited in one call; what lies beyond is dropped, so that no value costs without bound. */
export const MAX_NODES = 20_000;

/** Room for the longest form of the longest secret. */
const SEARCHED_BEYOND_CUT = 8 * MAX_SECRET_CHARACTERS;
const TOO_MUCH = '[too much]';
const UNREADABLE = '[unreadable]';

/**
 * A copy of `value` that holds no secret: plain objects, lists and primitives only, fit for JSON. Never throws: cycles,
 * depth, size, throwing getters and proxies end as a mark in brackets. Bytes are shown as a count, errors by name,
 * message, stack, cause and fields.
 */
export function redact(value: unknown, secrets?: SecretSet): unknown {
  return new Redaction(secrets).visit(value);
}

/** The text without secrets, cut at {@link MAX_TEXT_CHARACTERS}. Never throws. */
export function redactText(text: string, secrets?: SecretSet): string {
  if (text.length <= MAX_TEXT_CHARACTERS) return redactWhole(text, secrets);
  // A secret across the cut would leave its first half, so the search goes further than what is kept; and the end of
  // what was searched, where the same can happen, is never kept.
  const clean = redactWhole(text.slice(0, MAX_TEXT_CHARACTERS + SEARCHED_BEYOND_CUT), secrets);
  const kept = Math.min(MAX_TEXT_CHARACTERS, Math.max(0, clean.length - SEARCHED_BEYOND_CUT));
  return `${clean.slice(0, kept)}… ${TOO_MUCH}`;
}

function redactWhole(text: string, secrets: SecretSet | undefined): string {
  return redactShapes(secrets ? secrets.replaceIn(text, REDACTED) : text);
}

/** Headers by allow-list: those in {@link PLAIN_HEADERS} or `alsoPlain` (lower case) keep their value, others a mark. */
export function redactHeaders(
  headers: Readonly<Record<string, unknown>>,
  alsoPlain: Iterable<string> = [],
  secrets?: SecretSet,
): Record<string, unknown> {
  const plain = new Set(alsoPlain);
  return new Redaction(secrets).headers(headers, plain);
}

class Redaction {
  readonly #secrets: SecretSet | undefined;
  readonly #ancestors = new Set<object>();
  #nodes = 0;

  constructor(secrets: SecretSet | undefined) {
    this.#secrets = secrets;
  }

  visit(value: unknown): unknown {
    switch (typeof value) {
      case 'string':
        return this.#text(value);
      case 'number':
        return isCardNumber(value) ? REDACTED : value;
      case 'bigint':
        return isCardNumber(value) ? REDACTED : this.#text(value.toString());
      case 'function':
      case 'symbol':
        return `[${typeof value}]`;
      case 'object':
        return value === null ? null : this.#object(value);
      default:
        return value;
    }
  }

  headers(headers: object, plain: ReadonlySet<string>): Record<string, unknown> {
    const shown = this.#entries(headers).map(([name, value]): [string, unknown] => {
      const kept = PLAIN_HEADERS.has(name.toLowerCase()) || plain.has(name.toLowerCase());
      return [this.#text(name), kept ? this.visit(value) : this.#mask(value)];
    });
    return Object.fromEntries(shown);
  }

  #text(text: string): string {
    return this.#nodes++ >= MAX_NODES ? TOO_MUCH : redactText(text, this.#secrets);
  }

  #object(value: object): unknown {
    if (this.#ancestors.has(value)) return '[circular]';
    if (this.#ancestors.size >= MAX_DEPTH || this.#nodes++ >= MAX_NODES) return TOO_MUCH;
    this.#ancestors.add(value);
    try {
      return this.#copy(value);
    } catch {
      // A proxy or an exotic object that refuses even to be looked at.
      return UNREADABLE;
    } finally {
      this.#ancestors.delete(value);
    }
  }

  #copy(value: object): unknown {
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
    if (Array.isArray(value)) return this.#list(value);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? '[no date]' : value.toISOString();
    if (value instanceof URL || value instanceof RegExp) return this.#text(String(value));
    if (value instanceof Map) return this.#fields([...value].map(([key, part]) => [String(key), part]));
    if (value instanceof Set) return this.#list([...value]);
    if (value instanceof Error) return this.#fields([...errorEntries(value), ...this.#entries(value)]);
    return this.#fields(this.#entries(value));
  }

  /** A list of two that begins with a sensitive name is a header or a parameter in the form of a pair. */
  #list(list: readonly unknown[]): unknown[] {
    const [name, value] = list;
    if (list.length === 2 && typeof name === 'string' && sensitivityOf(name) === 'value') {
      return [this.visit(name), this.#mask(value)];
    }
    const shown: unknown[] = [];
    for (let i = 0; i < list.length; i++) {
      if (this.#nodes >= MAX_NODES) return [...shown, TOO_MUCH];
      shown.push(this.visit(read(list, i)));
      // Numbers count as well, or a list of them would have no bound.
      this.#nodes++;
    }
    return shown;
  }

  #fields(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
    const named = entries.find(([key]) => key === 'name' || key === 'key' || key === 'header')?.[1];
    const isPair = typeof named === 'string' && sensitivityOf(named) === 'value';
    const isBytes = entries.some(([key, value]) => key === 'type' && value === 'Buffer');
    const shown = entries.map(([key, value]): [string, unknown] => {
      if (isPair && key === 'value') return [key, this.#mask(value)];
      if (isBytes && key === 'data' && Array.isArray(value)) return [key, `[${value.length} bytes]`];
      return [this.#text(key), this.#field(key, value)];
    });
    // Unlike assignment this makes `__proto__` an ordinary field.
    return Object.fromEntries(shown);
  }

  #field(key: string, value: unknown): unknown {
    const sensitivity = sensitivityOf(key);
    if (sensitivity === 'value') return this.#mask(value);
    if (sensitivity === 'texts') return this.#maskTexts(value);
    const isHeaders = /headers$/i.test(key) && typeof value === 'object' && value !== null && !Array.isArray(value);
    if (isHeaders && !this.#ancestors.has(value)) return this.headers(value, new Set());
    return this.visit(value);
  }

  /** Whether something is there may be seen. */
  #mask(value: unknown): unknown {
    return value === undefined || value === null || typeof value === 'boolean' || value === '' ? value : REDACTED;
  }

  #maskTexts(value: unknown): unknown {
    if (typeof value === 'string') return this.#mask(value);
    if (!Array.isArray(value)) return this.visit(value);
    return this.#list(value.map((part: unknown) => (typeof part === 'string' ? this.#mask(part) : part)));
  }

  #entries(value: object): [string, unknown][] {
    const keys = Object.keys(value);
    const room = Math.max(0, MAX_NODES - this.#nodes);
    const entries = keys.slice(0, room).map((key): [string, unknown] => [key, read(value, key)]);
    if (keys.length > room) entries.push(['…', TOO_MUCH]);
    return entries;
  }
}

function errorEntries(error: Error): [string, unknown][] {
  const parts = ['name', 'message', 'stack', 'cause'] as const;
  const present = parts.filter((part) => Object.hasOwn(error, part) || part === 'name' || part === 'message');
  return present.map((part): [string, unknown] => [part, read(error, part)]);
}

function read(from: object, key: PropertyKey): unknown {
  try {
    return Reflect.get(from, key);
  } catch {
    return UNREADABLE;
  }
}
