/**
 * What a scheme signs, put together from its parts: the bytes of the body are never decoded.
 *
 * @module
 */
import { hash } from 'node:crypto';
import { crc32 } from './crc32.js';

const SLOTS = ['body', 'timestamp', 'id', 'url', 'method', 'secret', 'label', 'form', 'crc32'] as const;
export type Slot = (typeof SLOTS)[number];

/** Fixed text, or a slot. */
export type Part = string | { slot: Slot };

/** The values of one delivery; those that the scheme does not sign may be anything. */
export interface Content {
  body: Uint8Array;
  timestamp: string;
  id: string;
  url: string;
  method: string;
  secret: string;
  label: string;
  /** Sorted pairs of the form body; made when the scheme signs them. */
  form: string;
}

export function emptyContent(body: Uint8Array, timestamp: string): Content {
  return { body, timestamp, id: '', url: '', method: '', secret: '', label: '', form: '' };
}

/** Splits `{timestamp}.{body}` into its parts. An unknown slot stays text, which then matches nothing. */
export function compileTemplate(template: string): Part[] {
  const parts: Part[] = [];
  for (const piece of template.split(/(\{[a-z0-9]+\})/)) {
    const slot = SLOTS.find((name) => piece === `{${name}}`);
    if (slot !== undefined) parts.push({ slot });
    else if (piece !== '') parts.push(piece);
  }
  return parts;
}

/** Scratch for what is of a webhook's usual size. */
const PIECE = Buffer.alloc(64 * 1024);

/**
 * What is signed as one piece, behind what comes first. Good until the next call: signing and hashing are synchronous,
 * so one buffer serves them all. Hashing one piece costs less than feeding an object that hashes.
 */
export function join(parts: readonly Part[], content: Content, ...chunks: Uint8Array[]): Uint8Array {
  for (const part of parts) chunks.push(typeof part === 'string' ? Buffer.from(part) : valueOf(part.slot, content));
  let bytes = 0;
  for (const { length } of chunks) bytes += length;
  const piece = bytes > PIECE.length ? Buffer.alloc(bytes) : PIECE;
  let at = 0;
  for (const chunk of chunks) {
    piece.set(chunk, at);
    at += chunk.length;
  }
  return piece.subarray(0, bytes);
}

function valueOf(slot: Slot, content: Content): Uint8Array {
  if (slot === 'body') return content.body;
  return Buffer.from(slot === 'crc32' ? String(crc32(content.body)) : content[slot]);
}

/**
 * A form body as its sender signs it: pairs sorted by name, name and value run together, equal values of one name once.
 * `undefined` when the body is no form: a byte outside ASCII, a percent sequence that is no UTF-8.
 *
 * Names and values have no border here, so `a=bc` and `ab=c` share a signature: a weakness of the scheme itself.
 */
export function sortedForm(body: Uint8Array): string | undefined {
  const pairs = new Map<string, Set<string>>();
  for (const piece of Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1').split('&')) {
    if (!piece) continue;
    const [name, value] = /^([^=]*)=?(.*)$/s.exec(piece)!.slice(1).map(decodeForm);
    if (name === undefined || value === undefined) return undefined;
    pairs.set(name, (pairs.get(name) ?? new Set()).add(value));
  }
  return [...pairs.keys()]
    .sort()
    .flatMap((name) => [...pairs.get(name)!].sort().map((value) => name + value))
    .join('');
}

function decodeForm(text: string): string | undefined {
  if (/[^\x20-\x7e]/.test(text)) return undefined;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

const ABSOLUTE_URL = /^[a-z]+:\/\/[^/?#]/i;
const URL_PARTS = /^([a-z][a-z0-9+.-]*:\/\/)((?:[^/?#@]*@)?)([^/?#@]+)(.*)$/is;
const URL_MAX = 8192;

/**
 * The spellings of the public URL to try, the usual one first, or `undefined` when it is no absolute URL.
 *
 * `any-spelling`: without a port and with one, as given and as the URL standard writes it (`'` as `%27`).
 */
export function urlSpellings(url: string, rule: 'exact' | 'any-spelling' = 'exact'): string[] | undefined {
  if (url.length > URL_MAX || !ABSOLUTE_URL.test(url)) return undefined;
  if (rule === 'exact') return [url];
  const standard = URL.canParse(url) ? new URL(url).href : url;
  return [...new Set([...portSpellings(url), ...portSpellings(standard)])];
}

function portSpellings(url: string): string[] {
  const [, scheme, user, hostAndPort, rest] = URL_PARTS.exec(url) as unknown as [
    string,
    string,
    string,
    string,
    string,
  ];
  const portAt = hostAndPort.indexOf(':', hostAndPort.lastIndexOf(']') + 1);
  const host = portAt < 0 ? hostAndPort : hostAndPort.slice(0, portAt);
  const port = portAt < 0 ? (scheme.toLowerCase() === 'https://' ? ':443' : ':80') : hostAndPort.slice(portAt);
  return [scheme + user + host + rest, scheme + user + host + port + rest];
}

/** Whether the URL holds the SHA-256 of the body under this name; `undefined` unless the name is there exactly once. */
export function carriesBodyHash(url: string, parameter: string, body: Uint8Array): boolean | undefined {
  const name = `${parameter}=`;
  const at = url.indexOf(name, url.indexOf('?') + 1);
  if (at < 1 || !'?&'.includes(url[at - 1]!) || url.includes(name, at + 1)) return undefined;
  const value = /^[^&#]*/.exec(url.slice(at + name.length))![0];
  return value === hash('sha256', body, 'hex');
}
