/**
 * What a secret looks like: replaces in a text whatever has the shape of a credential, whoever issued it.
 * Shapes are listed by their published prefixes; nothing here knows a provider. Every pattern is bounded, so that the
 * time taken stays linear in the text.
 *
 * @module
 */
import { isSensitiveQueryName, sensitivityOf } from './sensitive-name.js';

/** What stands where a secret stood. */
export const REDACTED = '[redacted]';

/** Prefix, then enough random characters that no ordinary identifier is meant. */
const PREFIXED = [
  '[sr]k_(?:live|test)_\\w{8,}',
  'sk-[\\w-]{20,}',
  'whsec_[\\w+/=-]{8,}',
  'xox[a-z](?:\\.xox[a-z])?-[\\w-]{8,}',
  'xapp-[\\w-]{8,}',
  'gh[opsur]_[A-Za-z0-9]{16,}',
  '[a-z]{3,12}_pat_\\w{20,}',
  'gl[a-z]{1,6}-[\\w-]{20,}',
  'SG\\.[\\w-]{16,}\\.[\\w-]{16,}',
  // Keys have a second underscore; refunds of a payment provider share the prefix and must stay readable.
  're_[A-Za-z0-9]{6,12}_[A-Za-z0-9]{16,}',
  'lin_[a-z]{2,6}_\\w{16,}',
  'ntn_[A-Za-z0-9]{16,}',
  'secret_[A-Za-z0-9]{20,}',
  'fig[a-z]{1,2}_[\\w-]{16,}',
  'ya29\\.[\\w-]{16,}',
  '1//0[\\w-]{20,}',
  'AIza[\\w-]{30,}',
  'GOCSPX-[\\w-]{16,}',
  'A[KS]IA[A-Z0-9]{16}',
  'npm_[A-Za-z0-9]{30,}',
  'shp[a-z]{2}_[0-9a-fA-F]{32}',
  'sq0[a-z]{3}-[\\w-]{22,}',
  'do[a-z]_v1_[0-9a-f]{32,}',
  'key-[0-9a-f]{32}',
  'SK[0-9a-f]{32}',
  'pat-[a-z]{2}\\d-[0-9a-f-]{36}',
  'pdl_\\w{4,8}_apikey_\\w{16,}',
  'fl[kl]_[\\w-]{40,}',
  'xkeysib-[\\w-]{32,}',
  'eyJ[\\w-]{8,}\\.[\\w-]{4,}(?:\\.[\\w-]*){0,3}',
].join('|');

const TOKEN = new RegExp(`(?<![A-Za-z0-9])(?:${PREFIXED})`, 'g');

/** A private key in PEM, to its end or to the end of the text when it was cut. */
const PRIVATE_KEY = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----[^]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|$)/g;

/** `Bearer x`, `Basic x`: a digit or capital in the rest tells a credential from prose. */
const AUTH_SCHEME = /\b([Bb]earer|BEARER|Basic|BASIC)(\s{1,4})(?=[\w.~+/=-]{0,256}[0-9A-Z])[\w.~+/=-]{6,}/g;

const URL_CREDENTIALS = /\b([A-Za-z][A-Za-z0-9+.-]{1,20}:\/\/)[^\s/?#"'<>@]{1,512}(?:@[^\s/?#"'<>@]{1,512}){0,3}@/g;

/** Addresses that are a password themselves: whoever knows one may post there. */
const SECRET_PATHS = new RegExp(
  [
    '(/(?:services|triggers|workflows)/)[TE][A-Z0-9]{2,}/\\w{3,}/[\\w/]{8,}',
    '(/api/webhooks/)\\d{5,}/[\\w-]{20,}',
    '(/bot)\\d{5,}:[\\w-]{20,}',
    '(/hooks/catch/)\\d+/\\w+',
  ].join('|'),
  'g',
);

const CARD_NUMBER = /(?<![\w.])[2-6](?:[ -]?\d){12,18}(?!\w)/g;

/** No shape without one of `:`, `=`, `@` is shorter. */
const SHORTEST_SHAPE = 12;
const NAME_CHARACTERS = 64;
/** A shorter block holds no key: somebody writes about one. */
const PRIVATE_KEY_CHARACTERS_MIN = 120;

/** The text without anything that looks like a secret. Idempotent; never throws. */
export function redactShapes(text: string): string {
  if (text.length < SHORTEST_SHAPE && !/[:=@]/.test(text)) return text;
  let shaped = text;
  if (text.includes('-----BEGIN')) shaped = shaped.replace(PRIVATE_KEY, REDACTED);
  if (text.includes('@')) shaped = shaped.replace(URL_CREDENTIALS, `$1${REDACTED}@`);
  if (text.includes('/') && occurs(SECRET_PATHS, shaped)) {
    shaped = shaped.replace(
      SECRET_PATHS,
      (_all, ...kept) => `${kept.slice(0, 4).find((part) => part !== undefined)}${REDACTED}`,
    );
  }
  if (occurs(AUTH_SCHEME, shaped)) shaped = shaped.replace(AUTH_SCHEME, `$1$2${REDACTED}`);
  if (occurs(TOKEN, shaped)) shaped = shaped.replace(TOKEN, REDACTED);
  if (/\d[ -]?\d/.test(text) && occurs(CARD_NUMBER, shaped)) shaped = shaped.replace(CARD_NUMBER, redactCardNumber);
  return redactAssignments(shaped);
}

/** Most texts hold nothing of it, and a look costs a fifth of a replacement that finds nothing. */
function occurs(shape: RegExp, text: string): boolean {
  shape.lastIndex = 0;
  const isThere = shape.test(text);
  shape.lastIndex = 0;
  return isThere;
}

/**
 * How many texts with the shape of an issued credential there are, private keys among them. Examples in documentation
 * (`sk_test_xxxxxxxx`, `ghp_example`) are none: a real one has digits and many different characters.
 */
export function leakedTokens(text: string): number {
  const tokens = [...text.matchAll(TOKEN)].filter(([token]) => /\d/.test(token) && new Set(token).size >= 12);
  const keys = [...text.matchAll(PRIVATE_KEY)].filter(([key]) => key.length > PRIVATE_KEY_CHARACTERS_MIN);
  return tokens.length + keys.length;
}

/** Whether a number is a card number: 14 to 19 digits (13 are a time in milliseconds), issuer digit, Luhn. */
export function isCardNumber(number: number | bigint): boolean {
  return number >= 20_000_000_000_000 && /^[2-6]\d{13,18}$/.test(String(number)) && passesLuhn(String(number));
}

/** Groups after the number (an expiry date, a check code) are not part of it, so ends at each gap are tried as well. */
function redactCardNumber(found: string): string {
  for (let end = found.length; end >= 13; end--) {
    if (end < found.length && !/[ -]/.test(found[end]!)) continue;
    const digits = found.slice(0, end).replace(/[ -]/g, '');
    const longEnough = digits.length >= 14 || (digits.length === 13 && digits.startsWith('4'));
    if (longEnough && passesLuhn(digits)) return REDACTED + found.slice(end);
  }
  return found;
}

/** ISO/IEC 7812-1, annex B. */
function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48;
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/**
 * `password=x`, `"api_key": "x"`, `Authorization: x`, `?code=x`: finds each `=` or `:` and reads the name backwards,
 * because a pattern that begins with the name would retry at every character of a long word.
 */
function redactAssignments(text: string): string {
  const separators = /[:=]/g;
  let out = '';
  let copiedTo = 0;
  for (let sign = separators.exec(text); sign !== null; sign = separators.exec(text)) {
    const name = nameBefore(text, sign.index, copiedTo);
    if (name === undefined || !isSensitiveAssignment(name)) continue;
    const value = valueAfter(text, sign.index + 1, name.name);
    if (value.end <= value.start || /^(?:null|true|false)$/.test(text.slice(value.start, value.end))) continue;
    out += text.slice(copiedTo, value.start) + REDACTED;
    copiedTo = value.end;
    separators.lastIndex = value.end;
  }
  return copiedTo === 0 ? text : out + text.slice(copiedTo);
}

interface AssignedName {
  name: string;
  /** The character in front of the name. */
  before: string;
}

function isSensitiveAssignment({ name, before }: AssignedName): boolean {
  if (before === '?' || before === '&') return isSensitiveQueryName(name);
  return sensitivityOf(name) === 'value';
}

/** The name that ends before `at`, past blanks and a (perhaps escaped) quote. */
function nameBefore(text: string, at: number, from: number): AssignedName | undefined {
  let end = at;
  while (end > from && at - end < 3 && text[end - 1] === ' ') end--;
  if (end > from && /["']/.test(text[end - 1]!)) end--;
  while (end > from && at - end < 8 && text[end - 1] === '\\') end--;
  let start = end;
  while (start > from && end - start < NAME_CHARACTERS && /[\w.-]/.test(text[start - 1]!)) start--;
  return start === end ? undefined : { name: text.slice(start, end), before: text[start - 1] ?? '' };
}

/** Where the value lies: inside its quotes, or up to the next delimiter, for some headers up to the end of the line. */
function valueAfter(text: string, at: number, name: string): { start: number; end: number } {
  const opening = /[ \t]{0,4}(\\{0,7}["'])?/y;
  opening.lastIndex = at;
  const [blank, quote] = opening.exec(text)!;
  const start = at + blank.length;
  if (quote !== undefined) return { start, end: closingQuote(text, start, quote) };
  const stop = /(?:authorization|cookie)$/i.test(name) ? /[\r\n]|$/g : /[\s&,;"'<>()[\]{}]|$/g;
  // The mark has brackets itself; what is left behind it belongs to the value.
  stop.lastIndex = text.startsWith(REDACTED, start) ? start + REDACTED.length : start;
  return { start, end: stop.exec(text)!.index };
}

/** The closing quote is the same one with the same number of backslashes in front, not more. */
function closingQuote(text: string, start: number, quote: string): number {
  for (let at = text.indexOf(quote, start); at !== -1; at = text.indexOf(quote, at + 1)) {
    if (text[at - 1] !== '\\' || at === start) return at;
  }
  return text.length;
}
