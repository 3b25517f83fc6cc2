/**
 * What a body may have been before a parser, proxy or editor changed it: the usual changes, undone.
 *
 * @module
 */
import { parseJson } from '../json.js';
import type { DiagnosisCode } from './diagnoses.js';

export interface BodyVariant {
  code: DiagnosisCode;
  /** What the original has and the present body has not. */
  detail: string;
  body: Uint8Array;
}

/** Undoing changes of larger bodies costs more than it explains. */
const BODY_MAX = 2 * 1024 * 1024;
const MARK = Buffer.from([0xef, 0xbb, 0xbf]);

export function* bodyVariants(body: Uint8Array): Generator<BodyVariant> {
  if (body.length > BODY_MAX) return;
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  yield* endVariants(bytes);
  yield* lineVariants(bytes);
  yield* jsonVariants(bytes);
  yield* formVariants(bytes);
  yield* charsetVariants(bytes);
}

function* endVariants(bytes: Buffer): Generator<BodyVariant> {
  const text = bytes.toString('latin1');
  const code = 'body_trailing';
  const bare = text.replace(/[\r\n\t ]+$/, '');
  if (bare !== text) {
    yield { code, detail: 'no line end or space at its end', body: Buffer.from(bare, 'latin1') };
    const lines = text.replace(/\r?\n$/, '');
    yield { code, detail: 'one line end less', body: Buffer.from(lines, 'latin1') };
  }
  yield { code, detail: 'a line feed at its end', body: Buffer.from(`${bare}\n`, 'latin1') };
  yield { code, detail: 'a CR LF at its end', body: Buffer.from(`${bare}\r\n`, 'latin1') };
  const marked = bytes.subarray(0, 3).equals(MARK);
  yield marked
    ? { code: 'body_mark', detail: 'no', body: bytes.subarray(3) }
    : { code: 'body_mark', detail: 'a', body: Buffer.concat([MARK, bytes]) };
}

function* lineVariants(bytes: Buffer): Generator<BodyVariant> {
  const text = bytes.toString('latin1');
  const plain = text.replaceAll('\r\n', '\n');
  const code = 'body_line_ends';
  if (plain !== text) yield { code, detail: 'LF', body: Buffer.from(plain, 'latin1') };
  if (plain.includes('\n'))
    yield { code, detail: 'CR LF', body: Buffer.from(plain.replaceAll('\n', '\r\n'), 'latin1') };
}

type Writer = readonly [string, (value: unknown) => string];

const WRITERS: readonly Writer[] = [
  ['compact', (value) => JSON.stringify(value)],
  ['indented by two spaces', (value) => JSON.stringify(value, null, 2)],
  ['indented by four spaces', (value) => JSON.stringify(value, null, 4)],
  ['indented by tabs', (value) => JSON.stringify(value, null, '\t')],
  ['spaced after commas and colons', spaced],
];

const ESCAPES: readonly (readonly [string, (text: string) => string])[] = [
  ['', (text) => text],
  [', with escaped slashes', (text) => text.replaceAll('/', '\\/')],
  [', with escaped non-ASCII letters', escapeLetters],
  [', with escaped slashes and letters', (text) => escapeLetters(text.replaceAll('/', '\\/'))],
  [', with escaped angle brackets and ampersands', escapeMarkup],
];

function* jsonVariants(bytes: Buffer): Generator<BodyVariant> {
  const parsed = parseJson(bytes);
  if (!parsed.ok) return;
  const seen = new Set([bytes.toString()]);
  for (const [style, write] of WRITERS) {
    for (const [escaping, escape] of ESCAPES) {
      const text = escape(write(parsed.value));
      if (seen.has(text)) continue;
      seen.add(text);
      const detail = style + escaping;
      yield { code: 'body_reserialised', detail, body: Buffer.from(text) };
      yield {
        code: 'body_reserialised',
        detail: `${detail}, with a line feed at its end`,
        body: Buffer.from(`${text}\n`),
      };
    }
  }
  // A receiver that took the JSON out of a form field shows only the field.
  const value = encodeURIComponent(bytes.toString());
  yield { code: 'body_form', detail: 'the JSON in a field `payload`', body: Buffer.from(`payload=${value}`) };
  const plus = new URLSearchParams({ payload: bytes.toString() }).toString();
  yield { code: 'body_form', detail: 'the JSON in a field `payload`', body: Buffer.from(plus) };
}

/** The way of Python's json and some others: a space after each comma and colon. */
function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([name, part]) => `${JSON.stringify(name)}: ${spaced(part)}`)
    .join(', ')}}`;
}

function escapeLetters(text: string): string {
  return text.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function escapeMarkup(text: string): string {
  return text.replace(/[<>&]/g, (mark) => `\\u00${mark.charCodeAt(0).toString(16)}`);
}

function* formVariants(bytes: Buffer): Generator<BodyVariant> {
  const text = bytes.toString('latin1');
  if (!/^[\x21-\x7e]*=[\x20-\x7e]*$/.test(text)) return;
  const code = 'body_form';
  const spelled = (from: string): Buffer => Buffer.from(from, 'latin1');
  yield { code, detail: 'spaces as %20', body: spelled(text.replaceAll('+', '%20')) };
  yield { code, detail: 'spaces as +', body: spelled(text.replaceAll('%20', '+').replaceAll(' ', '+')) };
  yield { code, detail: 'escapes in lower case', body: spelled(recase(text, (code) => code.toLowerCase())) };
  yield { code, detail: 'escapes in upper case', body: spelled(recase(text, (code) => code.toUpperCase())) };
  yield { code, detail: 'more characters escaped', body: spelled(new URLSearchParams(text).toString()) };
  const fewer = [...new URLSearchParams(text)].map((pair) => pair.map(encodeURIComponent).join('=')).join('&');
  yield { code, detail: 'other characters escaped', body: spelled(fewer) };
}

function recase(text: string, change: (escape: string) => string): string {
  return text.replace(/%[0-9a-fA-F]{2}/g, change);
}

function* charsetVariants(bytes: Buffer): Generator<BodyVariant> {
  const text = bytes.toString('utf8');
  const code = 'body_charset';
  // Bytes that were taken for Latin-1 and written as UTF-8, or the reverse.
  yield { code, detail: 'UTF-8 was taken for Latin-1', body: Buffer.from(text, 'latin1') };
  yield { code, detail: 'UTF-8 was written as Latin-1', body: Buffer.from(bytes.toString('latin1'), 'utf8') };
  yield { code, detail: 'the signed one is UTF-16', body: Buffer.from(text, 'utf16le') };
}
