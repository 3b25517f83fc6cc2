/**
 * The written forms that are taken, and no others: a value has one spelling, so a changed spelling is a changed value.
 *
 * @module
 */
import type { Algorithm, Encoding, TimestampPlace } from './row.js';

/** Longest signature header that is looked at. */
export const HEADER_MAX = 8192;

const SIGNATURE_BYTES: Partial<Record<Algorithm, number>> = {
  'hmac-sha256': 32,
  sha256: 32,
  'hmac-sha1': 20,
  ed25519: 64,
};

/** Of no fixed length: the beginning tells text from nonsense, the rest is judged when it is decoded. */
const ANY_BASE64 = /^[A-Za-z0-9+/]{8}/;
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const ANY_TEXT = /^[^]{1,8192}$/;

/** The form of one signature: lower-case hex or padded base64 of exactly the length the algorithm makes. */
export function signatureGrammar(algorithm: Algorithm, encoding: Encoding): RegExp {
  if (encoding === 'jwt') return JWT;
  const bytes = SIGNATURE_BYTES[algorithm];
  if (encoding === 'text' || algorithm === 'equal') return ANY_TEXT;
  if (bytes === undefined) return ANY_BASE64;
  return encoding === 'hex' ? new RegExp(`^[0-9a-f]{${bytes * 2}}$`) : base64Of(bytes);
}

/** Base64 (RFC 4648, section 4) of `bytes` bytes, padded, with the unused bits zero. */
function base64Of(bytes: number): RegExp {
  const whole = Math.floor(bytes / 3) * 4;
  const rest = ['', '[A-Za-z0-9+/][AQgw]==', '[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]='][bytes % 3]!;
  return new RegExp(`^[A-Za-z0-9+/]{${whole}}${rest}$`);
}

/** Digits, no sign, no leading zero; 15 of them stay exact in a double. */
const DIGITS = /^[1-9][0-9]{0,14}$/;
const ISO_UTC = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?Z$/;

/** The instant in Unix milliseconds, or `undefined` when the text is not of the scheme's form. */
export function parseTimestamp(text: string, unit: TimestampPlace['unit']): number | undefined {
  if (unit === 'iso') return ISO_UTC.test(text) ? isoInstant(text) : undefined;
  if (!DIGITS.test(text)) return undefined;
  return unit === 's' ? Number(text) * 1000 : Number(text);
}

/** By its digits, because `Date.parse` takes longer than the rest of the reading. Fractions of a second are dropped. */
function isoInstant(text: string): number {
  const two = (at: number): number => text.charCodeAt(at) * 10 + text.charCodeAt(at + 1) - 528;
  return Date.UTC(two(0) * 100 + two(2), two(5) - 1, two(8), two(11), two(14), two(17));
}

/** How a sender writes the instant. */
export function formatTimestamp(atMs: number, unit: TimestampPlace['unit']): string {
  if (unit === 'ms') return String(Math.floor(atMs));
  if (unit === 's') return String(Math.floor(atMs / 1000));
  return new Date(atMs).toISOString().replace(/\.\d+Z$/, 'Z');
}

/**
 * A signed id: visible ASCII without `.` and `|`, which separate it from its neighbours in what is signed; otherwise
 * the border could be moved and the same signature would fit another id and body (Standard Webhooks, "id" rule).
 */
const ID = /^[!-\-/-{}~]{1,256}$/;

export function isSignedId(text: string): boolean {
  return ID.test(text);
}

const METHOD = /^[A-Z]{1,32}$/;

export function isMethod(text: unknown): boolean {
  return typeof text === 'string' && METHOD.test(text);
}
