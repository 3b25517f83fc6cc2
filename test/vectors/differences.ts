/**
 * Where we and a provider's own verifier disagree on purpose. Everything that is not here is an agreement, and the test
 * finds out when one of these ceases to be a difference.
 *
 * @module
 */
import { createHmac } from 'node:crypto';
import { stringify } from 'node:querystring';
import { sign } from '../../src/verify.js';
import { subjectOf, type Genuine } from './subject.js';

export interface Difference {
  what: string;
  /** Why ours is right. */
  reason: string;
  ours: 'accepts' | 'refuses';
  /** `provider scheme` of those whose official verifier says the opposite. */
  names: readonly string[];
  /** Whether this explains a disagreement over this delivery. */
  explains(input: Genuine): boolean;
  /** Turns a genuine delivery into one we disagree about. */
  example(from: Genuine, name: string): Genuine;
}

const STRIPE = 'stripe stripe-v1';
const SLACK = 'slack slack-v0';
const PADDLE = 'paddle paddle-h1';
const HUBSPOT = 'hubspot hubspot-v3';
const DISCORD = 'discord discord-ed25519';
const NOTION = 'notion notion-hmac-sha256';
const STANDARD = ['standard-webhooks standard-webhooks-v1', 'svix svix-v1', 'resend svix-v1'];
const YEAR_MS = 365 * 86_400_000;

const SIGNATURE_HEADERS =
  /^(?:stripe-signature|paddle-signature|x-slack-signature|x-signature-ed25519|x-notion-signature|x-hub-signature-256|(?:svix|webhook)-signature)$/;
const TIME_HEADERS = /timestamp$/;

function headerNamed(input: Genuine, pattern: RegExp): [name: string, value: string] {
  return Object.entries(input.headers).find(([name]) => pattern.test(name)) ?? ['', ''];
}

function withHeader(input: Genuine, pattern: RegExp, change: (value: string) => string): Genuine {
  const [name, value] = headerNamed(input, pattern);
  return { ...input, headers: { ...input.headers, [name]: change(value) } };
}

const signatureOf = (input: Genuine): string => headerNamed(input, SIGNATURE_HEADERS)[1];
/** The time as written, in its own header or in the list. */
const timeOf = (input: Genuine): string =>
  /(?:^|[,;])ts?=([^,;]*)/.exec(signatureOf(input))?.[1] ?? headerNamed(input, TIME_HEADERS)[1];
const timeMs = (input: Genuine): number => Number.parseInt(timeOf(input), 10) * (timeOf(input).length > 11 ? 1 : 1000);

const isAscii = (body: Buffer): boolean => body.every((byte) => byte < 0x80);

/** The same delivery with another body, signed for that body. */
function resigned(from: Genuine, name: string, body: Buffer | string, headers = from.headers): Genuine {
  const [provider, scheme] = name.split(' ') as [string, string];
  const { signingSecret } = subjectOf(provider, scheme);
  const signed = sign(provider, { ...from, body, headers, secret: signingSecret, scheme });
  if (!signed.ok) throw new TypeError(`${name}: ${signed.reason}`);
  return { ...from, headers: { ...headers, ...signed.headers }, body: Buffer.from(signed.body) };
}

export const DIFFERENCES: readonly Difference[] = [
  {
    what: 'a time of signing in the future',
    reason: 'A delivery dated ahead would stay good for as long as its author likes.',
    ours: 'refuses',
    names: [STRIPE, SLACK, PADDLE, HUBSPOT],
    explains: (input) => timeMs(input) > input.nowMs,
    example: (from) => ({ ...from, nowMs: from.nowMs - 10 * YEAR_MS }),
  },
  {
    what: 'any time of signing',
    reason: 'Without a window a captured delivery is good for ever.',
    ours: 'refuses',
    names: [DISCORD],
    explains: (input) => Math.abs(timeMs(input) - input.nowMs) > 300_000,
    example: (from) => ({ ...from, nowMs: from.nowMs + YEAR_MS }),
  },
  {
    what: 'a number with something before or after it as time',
    reason: 'The text is signed as read and judged as parsed: what differs between the two is room for an attacker.',
    ours: 'refuses',
    names: [STRIPE, PADDLE, ...STANDARD],
    explains: (input) => !/^[1-9][0-9]*$/.test(timeOf(input)),
    example: (from, name) =>
      STANDARD.includes(name)
        ? withHeader(from, TIME_HEADERS, (value) => `${value}junk`)
        : withHeader(from, SIGNATURE_HEADERS, (value) => value.replace(/(ts?=\d+)/, '$1junk')),
  },
  {
    what: 'two times in one header',
    reason: 'Which one counts depends on the reader.',
    ours: 'refuses',
    names: [STRIPE, PADDLE],
    explains: (input) => (signatureOf(input).match(/(?:^|[,;])ts?=/g)?.length ?? 0) > 1,
    example: (from) =>
      withHeader(from, SIGNATURE_HEADERS, (value) => value.replace(/^(ts?)=(\d+)(.)/, '$1=1$3$1=$2$3')),
  },
  {
    what: 'text after a second equals sign or comma',
    reason: 'A signature has one spelling.',
    ours: 'refuses',
    names: [STRIPE, SLACK, PADDLE, ...STANDARD],
    explains: (input) => /[0-9a-f]{64}=|[A-Za-z0-9+/]{43}=,/.test(signatureOf(input)),
    example: (from, name) =>
      withHeader(from, SIGNATURE_HEADERS, (value) => value + (STANDARD.includes(name) ? ',junk' : '=junk')),
  },
  {
    what: 'hexadecimal digits in capitals, or read leniently',
    reason: 'A signature has one spelling, and no sender uses another.',
    ours: 'refuses',
    names: [DISCORD, NOTION],
    explains: (input) => !/^(?:sha256=)?(?:[0-9a-f]{64}){1,2}$/.test(signatureOf(input)),
    example: (from) =>
      withHeader(from, SIGNATURE_HEADERS, (value) => value.replace(/[0-9a-f]{64,}/, (hex) => hex.toUpperCase())),
  },
  {
    what: 'a byte order mark that was not signed',
    reason: 'The SDK decodes the body before it signs, which drops the mark; we sign what came.',
    ours: 'refuses',
    names: [STRIPE],
    explains: (input) => input.body.subarray(0, 3).equals(Buffer.from('\ufeff')),
    example: (from) => ({ ...from, body: Buffer.concat([Buffer.from('\ufeff'), from.body]) }),
  },
  {
    what: 'bytes that are no UTF-8 in the place of a replacement character',
    reason: 'Decoding makes one text of many bodies: a signature for one of them must not fit the others.',
    ours: 'refuses',
    names: [STRIPE, SLACK, PADDLE, 'github github-hmac-sha256', 'square square-hmac-sha256', ...STANDARD],
    explains: (input) => !isAscii(input.body) && input.body.toString().includes('\ufffd'),
    example: (from, name) => ({
      ...resigned(from, name, '{"a":"\ufffd"}'),
      body: Buffer.from('{"a":"\xff"}', 'latin1'),
    }),
  },
  {
    what: 'an empty body that is signed',
    reason: 'No bytes are bytes, too.',
    ours: 'accepts',
    names: [STRIPE, 'github github-hmac-sha256'],
    explains: (input) => input.body.length === 0,
    example: (from, name) => resigned(from, name, ''),
  },
  {
    what: 'the right signature before another one',
    reason: 'While a secret is rotated there are two, in an order that nobody promises; the PHP SDK tries each.',
    ours: 'accepts',
    names: [PADDLE],
    explains: (input) => (signatureOf(input).match(/h1=/g)?.length ?? 0) > 1,
    example: (from) => withHeader(from, SIGNATURE_HEADERS, (value) => `${value};h1=${'0'.repeat(64)}`),
  },
  {
    what: 'a dot in the message id',
    reason: 'The dot separates id, time and body in what is signed; with one inside, the border can be moved.',
    ours: 'refuses',
    names: STANDARD,
    explains: (input) => /[.|]/.test(headerNamed(input, /-id$/)[1]),
    example: (from, name) => dotted(from, name),
  },
  {
    what: 'a URL whose query is written anew by a legacy encoder',
    reason: 'The sender signs what it calls; this spelling comes from Node\u2019s querystring module alone.',
    ours: 'refuses',
    names: ['twilio twilio-sha1'],
    explains: () => false,
    example: (from) => legacyQuery(from),
  },
];

/** Signed by hand, because our signer refuses such an id as our verifier does. */
function dotted(from: Genuine, name: string): Genuine {
  const family = name.startsWith('standard') ? 'webhook' : 'svix';
  const headers = { ...from.headers, [`${family}-id`]: 'msg.1' };
  const key = Buffer.from(from.secrets[0]!.slice('whsec_'.length), 'base64');
  const signed = `msg.1.${headers[`${family}-timestamp`]}.${from.body.toString()}`;
  const signature = createHmac('sha256', key).update(signed).digest('base64');
  return { ...from, headers: { ...headers, [`${family}-signature`]: `v1,${signature}` } };
}

function legacyQuery(from: Genuine): Genuine {
  const [path] = from.url.split('?', 1) as [string];
  const url = `${path}?Body=It's+fine`;
  const signed = `${path}?${stringify({ Body: "It's fine" })}`;
  const signature = createHmac('sha1', from.secrets[0]!).update(signed).digest('base64');
  return { ...from, url, body: Buffer.alloc(0), headers: { ...from.headers, 'x-twilio-signature': signature } };
}
