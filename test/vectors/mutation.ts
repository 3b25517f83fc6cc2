/**
 * Changes to a genuine delivery. Each one says whether the delivery must be refused afterwards; those that may leave a
 * genuine delivery (a doubled signature, a changed header that nobody signs) only must not make the verifier throw.
 *
 * @module
 */
import { parseJson, valueAt } from '../../src/core/json.js';
import type { SchemeRow } from '../../src/core/signature/index.js';
import type { SeededRandom } from '../../src/core/seeded-random.js';
import type { VerifyInput } from '../../src/verify.js';
import { genuine, SUBJECTS, type Genuine, type Subject } from './subject.js';

export interface Mutant {
  name: string;
  input: VerifyInput;
  /** Whether accepting it would be wrong. */
  forged: boolean;
}

/** Schemes that prove the sender and leave the body uncovered. */
const UNCOVERED = new Set([
  'figma-passcode',
  'gitlab-token',
  'google-channel-token',
  'google-oidc-jwt',
  'mailgun-body',
  'postmark-basic',
]);

type Change = (subject: Subject, from: Genuine, random: SeededRandom) => Mutant;

/** One random mutant of a genuine delivery. */
export function mutate(subject: Subject, from: Genuine, random: SeededRandom): Mutant {
  const changes = [
    changeValue,
    changeValue,
    changeBody,
    changeBody,
    changeCircumstance,
    changeSecret,
    swapParts,
    garble,
  ];
  return random.pick(changes as [Change, ...Change[]])(subject, from, random);
}

// --- the signed values ------------------------------------------------------------------------------------------------

/** Headers and body fields that carry the signature, the time and the id. */
function placesOf({ signature, timestamp, id }: SchemeRow): { header?: string; field?: string }[] {
  const places: { header?: string; field?: string }[] = (signature.fields ?? [])
    .slice(0, 1)
    .map((field) => ({ field }));
  if (signature.header !== undefined) places.push({ header: signature.header });
  if (timestamp !== undefined && !('item' in timestamp)) places.push(timestamp);
  if (id !== undefined) places.push(id);
  return places;
}

const changeValue: Change = (subject, from, random) => {
  const places = placesOf(subject.row);
  const place = places[random.int(places.length)]!;
  if (place.header !== undefined) return changeHeader(subject, from, place.header, random);
  return changeField(from, place.field!, random);
};

function changeHeader(subject: Subject, from: Genuine, name: string, random: SeededRandom): Mutant {
  const before = from.headers[name]!;
  const { [name]: _gone, ...others } = from.headers;
  if (random.int(12) === 0) return { name: `without ${name}`, input: { ...from, headers: others }, forged: true };
  const after = changeText(before, random);
  const forged = after !== before && !sameList(subject.row, name, before, after);
  return {
    name: `${name}: ${JSON.stringify(after)}`,
    input: { ...from, headers: { ...others, [name]: after } },
    forged,
  };
}

/** A list may gain empty and unknown items and lose nothing: then it still says the same. */
function sameList({ signature, timestamp }: SchemeRow, name: string, before: string, after: string): boolean {
  const { list } = signature;
  if (list === undefined || signature.header !== name) return false;
  const item = timestamp !== undefined && 'item' in timestamp ? timestamp.item : undefined;
  const known = (text: string): string[] =>
    text
      .split(list.separator)
      .filter((part) => part.startsWith(`${list.key}${list.assign}`) || part.startsWith(`${item}${list.assign}`));
  return (
    known(before).every((part) => known(after).includes(part)) &&
    known(after).filter((part) => part.startsWith(`${item}`)).length <= 1
  );
}

const OTHERS = [...'0123456789abcdefABCDEFzZ+/=-_., ;:|\t"\'%\u0000\u00e9\u0661\uffff'];

function changeText(text: string, random: SeededRandom): string {
  const at = random.int(text.length + 1);
  const other = OTHERS[random.int(OTHERS.length)]!;
  switch (random.int(16)) {
    case 0:
      return '';
    case 1:
      return text.slice(0, at);
    case 2:
      return text.slice(at);
    case 3:
      return text + other;
    case 4:
      return other + text;
    case 5:
      return text.toUpperCase();
    case 6:
      return text.toLowerCase();
    case 7:
      return `${text}, ${text}`;
    case 8:
      return text.replace(/[0-9]+/, (digits) => odd(digits, random));
    case 9:
      return ` ${text}`;
    case 10:
      return [...text].reverse().join('');
    case 11:
      return Buffer.from(random.bytes(random.int(100))).toString('latin1');
    case 12:
      return '\u0161'.repeat(text.length);
    case 13:
      return text.slice(0, at) + other + text.slice(at);
    case 14:
      return text.slice(0, at) + text.slice(at + 1);
    default:
      return text.slice(0, at) + other + text.slice(at + 1);
  }
}

/** Numbers as lenient parsers take them. */
function odd(digits: string, random: SeededRandom): string {
  const forms = [
    `+${digits}`,
    `-${digits}`,
    `0${digits}`,
    `${digits}.0`,
    `${digits}e0`,
    `0x${digits}`,
    ` ${digits}`,
    `${digits}junk`,
  ];
  return random.pick([
    ...forms,
    'NaN',
    'Infinity',
    '1e9',
    digits.repeat(3),
    '\u0661\u0662',
    String(Number(digits) + 1),
  ] as unknown as [string]);
}

function changeField(from: Genuine, field: string, random: SeededRandom): Mutant {
  const parsed = parseJson(from.body);
  const root = (parsed.ok ? parsed.value : {}) as Record<string, unknown>;
  const before = valueAt(root, field);
  const values = [changeText(String(before), random), [before], { toString: before }, null, true, 0, undefined];
  const after = values[random.int(4) === 0 ? random.int(values.length) : 0];
  const names = field.split('.');
  const parent = names.length === 1 ? root : (valueAt(root, names.slice(0, -1).join('.')) as Record<string, unknown>);
  parent[names.at(-1)!] = after;
  const body = Buffer.from(JSON.stringify(root));
  return { name: `${field}: ${JSON.stringify(after)}`, input: { ...from, body }, forged: after !== before };
}

// --- the body ---------------------------------------------------------------------------------------------------------

const changeBody: Change = (subject, from, random) => {
  const body = changeBytes(from.body, random);
  const same = body.equals(from.body) || (subject.scheme === 'twilio-sha1' && sameForm(body, from.body));
  const forged = !same && !UNCOVERED.has(subject.scheme);
  return { name: `body of ${body.length} for ${from.body.length} bytes`, input: { ...from, body }, forged };
};

function changeBytes(bytes: Buffer, random: SeededRandom): Buffer {
  const at = random.int(bytes.length + 1);
  const other = Buffer.from(random.bytes(1));
  switch (random.int(11)) {
    case 0:
      return Buffer.alloc(0);
    case 1:
      return bytes.subarray(0, at);
    case 2:
      return Buffer.concat([bytes, random.pick([Buffer.from('\n'), Buffer.from('\r\n'), Buffer.from(' '), other])]);
    case 3:
      return Buffer.concat([Buffer.from('\ufeff'), bytes]);
    case 4:
      return Buffer.concat([bytes, bytes]);
    case 5:
      return Buffer.concat([bytes.subarray(0, at), other, bytes.subarray(at)]);
    case 6:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
    case 7:
      return rewritten(bytes);
    case 8:
      return Buffer.from(bytes.toString('latin1'), 'utf8');
    default: {
      const flipped = Buffer.from(bytes);
      if (at < flipped.length) flipped[at]! ^= 1 << random.int(8);
      return flipped;
    }
  }
}

function rewritten(bytes: Buffer): Buffer {
  const parsed = parseJson(bytes);
  return parsed.ok ? Buffer.from(JSON.stringify(parsed.value, null, 1)) : bytes;
}

/** Twilio signs what the form means, so another spelling of it is the same message. */
function sameForm(a: Buffer, b: Buffer): boolean {
  const pairs = (body: Buffer): string =>
    [...new URLSearchParams(body.toString('latin1'))]
      .map((pair) => pair.join(''))
      .sort()
      .filter((pair, at, all) => pair !== all[at - 1])
      .join('');
  return pairs(a) === pairs(b);
}

// --- clock, URL, method, secret ---------------------------------------------------------------------------------------

const changeCircumstance: Change = (subject, from, random) => {
  const { row } = subject;
  const timed = row.timestamp !== undefined;
  const signsUrl = row.signs.includes('{url}') || row.claims?.audience === 'url';
  const signsMethod = row.signs.includes('{method}');
  const past = (row.toleranceSeconds ?? 300) + 1;
  const future = Math.min(row.futureSeconds ?? 300, row.toleranceSeconds ?? 300) + 1;
  const choices: [string, Partial<VerifyInput>, boolean][] = [
    ['too late', { nowMs: from.nowMs + past * 1000 }, timed],
    ['too early', { nowMs: from.nowMs - future * 1000 }, timed],
    ['ten years late', { nowMs: from.nowMs + 10 * 365 * 86_400_000 }, timed],
    ['ten years early', { nowMs: from.nowMs - 10 * 365 * 86_400_000 }, timed],
    ['clock NaN', { nowMs: NaN }, true],
    ['clock infinite', { nowMs: Infinity }, true],
    ['clock in seconds', { nowMs: from.nowMs / 1000 }, timed],
    ['tolerance negative', { toleranceSeconds: -1 }, true],
    ['tolerance NaN', { toleranceSeconds: NaN }, true],
    ['tolerance infinite', { toleranceSeconds: Infinity, nowMs: from.nowMs + 1e12 }, true],
    ['tolerance zero, a second later', { toleranceSeconds: 0, nowMs: from.nowMs + 1000 }, timed],
    ['another path', { url: from.url.replace('/in/', '/out/') }, signsUrl],
    ['another host', { url: from.url.replace('hooks.', 'hook.') }, signsUrl],
    ['another query', { url: `${from.url}&x=1` }, signsUrl],
    ['plain http', { url: from.url.replace('https:', 'http:') }, signsUrl],
    ['a relative URL', { url: from.url.replace('https://hooks.example.test', '') }, signsUrl],
    ['no URL', { url: undefined }, signsUrl],
    ['a URL of another type', { url: 7 as never }, signsUrl],
    ['another method', { method: 'PUT' }, signsMethod],
    ['a method in lower case', { method: 'post' }, signsMethod],
    ['a method of another type', { method: {} as never }, signsMethod],
    ['an unknown scheme', { scheme: '__proto__' }, true],
    ['a scheme of another type', { scheme: Symbol('x') as never }, true],
  ];
  const [name, change, forged] = choices[random.int(choices.length)]!;
  return { name, input: { ...from, ...change }, forged };
};

const changeSecret: Change = (_subject, from, random) => {
  const [secret] = from.secrets as [string];
  const choices: [string, unknown, boolean][] = [
    ['no secret', [], true],
    ['an empty secret', [''], true],
    ['a blank secret', [' \n'], true],
    ['a missing list', undefined, true],
    ['secrets of other types', [null, 7, {}, [secret], Symbol.iterator], true],
    ['the secret, reversed', [[...secret].reverse().join('')], true],
    ['another secret of the same form', [swapLetters(secret)], true],
    ['a public key', ['whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4='], true],
    ['the right one among wrong ones', ['wrong', secret, 'whsec_d3Jvbmc='], false],
    ['the right one twice', [secret, secret], false],
  ];
  const [name, secrets, forged] = choices[random.int(choices.length)]!;
  return { name, input: { ...from, secrets: secrets as string[] }, forged };
};

/** Swaps two different letters in the middle: the form stays, the value does not. */
function swapLetters(secret: string): string {
  const middle = Math.floor(secret.length / 2);
  const at = [...secret].findIndex((letter, index) => index >= middle && /\w/.test(letter));
  return secret.slice(0, at) + (secret[at] === 'A' ? 'B' : 'A') + secret.slice(at + 1);
}

// --- parts of other deliveries ----------------------------------------------------------------------------------------

const swapParts: Change = (subject, from, random) => {
  const other = genuine(subject, random);
  const covers = !UNCOVERED.has(subject.scheme);
  if (random.int(2) === 0) {
    const forged = covers && !other.body.equals(from.body);
    return { name: 'the body of another delivery', input: { ...from, body: other.body }, forged };
  }
  const stranger = SUBJECTS[random.int(SUBJECTS.length)]!;
  const foreign = genuine(stranger, random);
  // Without this delivery's own headers there is nothing left to accept, unless the stranger is the same scheme.
  const forged = stranger.secret !== subject.secret && subject.row.signature.header !== undefined;
  return { name: `the headers of ${stranger.provider}`, input: { ...from, headers: foreign.headers }, forged };
};

// --- nonsense ---------------------------------------------------------------------------------------------------------

const thrower = (): never => {
  throw new RangeError('hostile');
};

const garble: Change = (subject, from, random) => {
  const trap = new Proxy({}, { get: thrower, has: thrower, ownKeys: thrower, getPrototypeOf: thrower });
  const getter = Object.defineProperty({}, subject.row.signature.header ?? 'x', { get: thrower, enumerable: true });
  const junk = Object.fromEntries(
    Array.from({ length: 20 }, () => [
      Buffer.from(random.bytes(6)).toString('latin1'),
      Buffer.from(random.bytes(40)).toString('latin1'),
    ]),
  );
  const values = [
    null,
    undefined,
    0,
    'text',
    [],
    [[]],
    [['a']],
    [[1, 2]],
    [null],
    Symbol('x'),
    () => 1,
    trap,
    getter,
    junk,
    new Map([['a', 1]]),
  ];
  const choices: [string, unknown][] = [
    ['headers', { ...from, headers: values[random.int(values.length)] }],
    [
      'body',
      {
        ...from,
        body: [null, undefined, 5, {}, [], new Date(0), new ArrayBuffer(8), new Float64Array(2), trap][random.int(9)],
      },
    ],
    ['body of random bytes', { ...from, body: random.bytes(random.int(300)) }],
    ['a deep body', { ...from, body: Buffer.from('['.repeat(200_000)) }],
    ['input', values[random.int(values.length)]],
    ['secrets', { ...from, secrets: values[random.int(values.length)] }],
    ['input that throws', new Proxy(from, { get: thrower })],
    ['a very long header', { ...from, headers: { ...from.headers, ...longHeaders(subject) } }],
    [
      'headers as lists',
      { ...from, headers: Object.fromEntries(Object.keys(from.headers).map((name) => [name, [null, 1, {}]])) },
    ],
  ];
  const [name, input] = choices[random.int(choices.length)]!;
  // A body or header that nobody signs may be nonsense and the delivery still genuine.
  const free = UNCOVERED.has(subject.scheme) && name.includes('body') && subject.row.signature.fields === undefined;
  const fieldsOnly = subject.row.signature.header === undefined && name.includes('header');
  return { name: `nonsense: ${name}`, input: input as VerifyInput, forged: !free && !fieldsOnly };
};

function longHeaders(subject: Subject): Record<string, string> {
  return Object.fromEntries(
    placesOf(subject.row).flatMap(({ header }) => (header === undefined ? [] : [[header, 'v1=a,'.repeat(20_000)]])),
  );
}
