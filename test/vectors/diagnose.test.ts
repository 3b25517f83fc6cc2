/** Broken deliveries get the right diagnosis, and no diagnosis gives away what a correct signature would be. */
import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DIAGNOSES, type DiagnosisCode } from '../../src/core/signature/index.js';
import { SeededRandom } from '../../src/core/seeded-random.js';
import { diagnose, sign, verify, type DiagnoseInput } from '../../src/verify.js';
import { genuine, NOW_MS, SUBJECTS, subjectOf, type Genuine } from './subject.js';

const HOUR_MS = 3_600_000;
const LETTERS = '{"id":"evt_1","type":"x","note":"h\u00e9llo / w\u00f6rld <&>","n":[1,2,{"a":null}]}';

/** A body signed by the provider, ready to be broken. */
function delivery(provider: string, body: string | Buffer = LETTERS, scheme?: string): Genuine {
  const subject = subjectOf(provider, scheme);
  const url = `https://hooks.example.test/in/${provider}`;
  const headers = { 'content-type': 'application/json' };
  const signed = sign(provider, {
    body,
    secret: subject.signingSecret,
    nowMs: NOW_MS,
    scheme: subject.scheme,
    url,
    headers,
  });
  if (!signed.ok) throw new TypeError(signed.reason);
  const input = {
    headers: { ...headers, ...signed.headers },
    body: Buffer.from(signed.body),
    secrets: [subject.secret],
  };
  return { ...input, nowMs: NOW_MS, scheme: subject.scheme, url, method: 'POST' };
}

type Break = (input: Genuine) => Partial<DiagnoseInput>;

/** Gives the header under another value, or takes it away. */
const header =
  (name: string, change: (value: string) => string | undefined): Break =>
  ({ headers }) => {
    const { [name]: value, ...others } = headers;
    const changed = change(value!);
    return { headers: changed === undefined ? others : { ...others, [name]: changed } };
  };
const body =
  (change: (text: string) => string | Buffer): Break =>
  (input) => ({ body: change(input.body.toString()) });
const secret =
  (change: (text: string) => string): Break =>
  ({ secrets }) => ({ secrets: [change(secrets[0]!)] });

const pretty = (indent: number | string) => (text: string) => JSON.stringify(JSON.parse(text), null, indent);

type Case = [what: string, expected: DiagnosisCode, input: Genuine, broken: Break, detail?: RegExp];

const PRETTY = pretty(2)(LETTERS);
const PYTHON = LETTERS.replaceAll('":', '": ')
  .replaceAll(',', ', ')
  .replaceAll('\u00e9', '\\u00e9')
  .replaceAll('\u00f6', '\\u00f6');
const PHP = LETTERS.replaceAll('/', '\\/').replaceAll('\u00e9', '\\u00e9').replaceAll('\u00f6', '\\u00f6');
const FORM = 'payload=%7b%22a%22%3a%22b+c%22%7d&x=1%2f2';
const SLACK_FORM = 'token=t&command=%2Fdeploy&text=hello+world';

const CASES: Case[] = [
  // What proxies and parsers do to bodies.
  ['a body parsed and written anew', 'body_reserialised', delivery('stripe', PRETTY), body(pretty('')), /two spaces/],
  ['a body parsed and written with indent', 'body_reserialised', delivery('github'), body(pretty(2)), /compact/],
  ['a body of Python, rewritten', 'body_reserialised', delivery('github', PYTHON), body(pretty('')), /spaced/],
  ['a body of PHP, rewritten', 'body_reserialised', delivery('notion', PHP), body(pretty('')), /slashes/],
  [
    'a line feed at the end, lost',
    'body_trailing',
    delivery('slack', `${LETTERS}\n`),
    body((text) => text.trimEnd()),
    /a line feed/,
  ],
  [
    'CR LF at the end, lost',
    'body_trailing',
    delivery('sendgrid', `[${LETTERS}]\r\n`),
    body((text) => text.trim()),
    /CR LF/,
  ],
  ['a line feed added', 'body_trailing', delivery('github'), body((text) => `${text}\n`), /no line end/],
  [
    'line ends changed to CR LF',
    'body_line_ends',
    delivery('github', PRETTY),
    body((text) => text.replaceAll('\n', '\r\n')),
    /has LF/,
  ],
  [
    'line ends changed to LF',
    'body_line_ends',
    delivery('github', 'a\r\nb'),
    body((text) => text.replaceAll('\r\n', '\n')),
    /CR LF/,
  ],
  ['a byte order mark added', 'body_mark', delivery('shopify'), body((text) => `\ufeff${text}`), /no byte/],
  [
    'UTF-8 taken for Latin-1',
    'body_charset',
    delivery('github'),
    body((text) => Buffer.from(Buffer.from(text).toString('latin1'))),
  ],
  ['UTF-8 written as Latin-1', 'body_charset', delivery('github'), body((text) => Buffer.from(text, 'latin1'))],
  [
    'letters lost in decoding',
    'body_charset',
    delivery('github'),
    body((text) => text.replaceAll('\u00e9', '\ufffd')),
    /replacement/,
  ],
  [
    'a form written anew',
    'body_form',
    delivery('slack', SLACK_FORM),
    body((text) => text.replaceAll('+', '%20')),
    /as \+/,
  ],
  [
    'escapes of a form in capitals',
    'body_form',
    delivery('github', FORM),
    body((text) => text.replace(/%../g, (code) => code.toUpperCase())),
    /lower case/,
  ],
  [
    'JSON taken out of its form field',
    'body_form',
    delivery('github', `payload=${encodeURIComponent(LETTERS)}`),
    () => ({ body: LETTERS }),
    /payload/,
  ],
  ['an empty body', 'body_parsed', delivery('stripe'), body(() => ''), /empty/],
  ['an object turned into text', 'body_parsed', delivery('stripe'), body(() => '[object Object]'), /object/],
  ['JSON in a JSON string', 'body_parsed', delivery('stripe'), body((text) => JSON.stringify(text)), /JSON string/],
  ['a compressed body', 'body_compressed', delivery('github'), body(() => Buffer.from([0x1f, 0x8b, 8, 0])), /gzip/],
  [
    'a body shorter than announced',
    'body_length',
    delivery('github'),
    (input) => ({
      body: input.body.subarray(5),
      headers: { ...input.headers, 'content-length': String(input.body.length) },
    }),
    /content-length/,
  ],
  [
    'a signature in a body that is none',
    'body_unreadable',
    delivery('mailgun'),
    body(() => 'a=b'),
    /signature\.signature/,
  ],
  // Headers.
  [
    'no signature header',
    'header_missing',
    delivery('github'),
    header('x-hub-signature-256', () => undefined),
    /x-hub-signature-256/,
  ],
  [
    'a renamed header',
    'header_renamed',
    delivery('github'),
    (input) => ({ headers: { HTTP_X_HUB_SIGNATURE_256: input.headers['x-hub-signature-256']! } }),
    /HTTP_X_HUB/,
  ],
  [
    'only SHA-1',
    'weaker_hash',
    delivery('github'),
    () => ({ headers: { 'X-Hub-Signature': `sha1=${'a'.repeat(40)}` } }),
    /X-Hub-Signature/,
  ],
  [
    'SHA-1 in the place of SHA-256',
    'weaker_hash',
    delivery('jira', LETTERS, 'websub-hmac-sha256'),
    header('x-hub-signature', () => `sha1=${'a'.repeat(40)}`),
  ],
  [
    'no prefix',
    'prefix_missing',
    delivery('github'),
    header('x-hub-signature-256', (value) => value.slice(7)),
    /sha256=/,
  ],
  [
    'another prefix',
    'prefix_missing',
    delivery('slack'),
    header('x-slack-signature', (value) => value.replace('v0=', 'sha256=')),
    /v0=/,
  ],
  [
    'only version zero',
    'version_only',
    delivery('stripe'),
    header('stripe-signature', (value) => value.replace('v1=', 'v0=')),
    /v0/,
  ],
  [
    'a truncated signature',
    'signature_truncated',
    delivery('shopify'),
    header('x-shopify-hmac-sha256', (value) => value.slice(0, 20)),
    /44/,
  ],
  [
    'a truncated signature in a list',
    'signature_truncated',
    delivery('stripe'),
    header('stripe-signature', (value) => value.slice(0, -9)),
    /55/,
  ],
  [
    'capitals',
    'signature_encoding',
    delivery('linear', JSON.stringify({ webhookTimestamp: NOW_MS })),
    header('linear-signature', (value) => value.toUpperCase()),
    /capitals/,
  ],
  [
    'base64 instead of hex',
    'signature_encoding',
    delivery('asana'),
    header('x-hook-signature', (value) => Buffer.from(value, 'hex').toString('base64')),
    /base64 instead/,
  ],
  [
    'hex instead of base64',
    'signature_encoding',
    delivery('shopify'),
    header('x-shopify-hmac-sha256', (value) => Buffer.from(value, 'base64').toString('hex')),
    /hex instead/,
  ],
  [
    'URL-safe letters',
    'signature_encoding',
    delivery('svix'),
    header('svix-signature', (value) => value.replaceAll('+', '-').replaceAll('/', '_').replace('=', '')),
    /URL-safe/,
  ],
  [
    'a doubled header',
    'header_joined',
    delivery('github'),
    header('x-hub-signature-256', (value) => `${value}, ${value}`),
  ],
  [
    'spaces in a list',
    'signature_encoding',
    delivery('stripe'),
    header('stripe-signature', (value) => value.replace(',', ', ')),
    /spaces/,
  ],
  [
    'nonsense as signature',
    'signature_garbled',
    delivery('github'),
    header('x-hub-signature-256', () => 'sha256=not a signature'),
    /x-hub-signature-256/,
  ],
  // Time.
  ['a late delivery', 'clock_stale', delivery('stripe'), () => ({ nowMs: NOW_MS + 301_000 }), /301 s ago/],
  [
    'a clock that is behind',
    'clock_future',
    delivery('slack'),
    () => ({ nowMs: NOW_MS - 400_000 }),
    /400 s in the future/,
  ],
  ['a time zone mistake', 'clock_stale', delivery('zoom'), () => ({ nowMs: NOW_MS + 2 * HOUR_MS }), /time zone/],
  [
    'a late delivery with a wrong signature',
    'time_outside',
    delivery('stripe'),
    (input) => ({ nowMs: NOW_MS + HOUR_MS, body: `${input.body.toString()}x` }),
  ],
  [
    'the time in milliseconds',
    'timestamp_unit',
    delivery('slack'),
    header('x-slack-request-timestamp', (value) => `${value}000`),
    /milliseconds instead/,
  ],
  [
    'the time in seconds',
    'timestamp_unit',
    delivery('hubspot'),
    header('x-hubspot-request-timestamp', (value) => value.slice(0, -3)),
    /seconds instead/,
  ],
  [
    'an ISO time',
    'timestamp_unit',
    delivery('slack'),
    header('x-slack-request-timestamp', () => '2026-01-01T00:00:00Z'),
    /ISO/,
  ],
  [
    'digits for an ISO time',
    'timestamp_unit',
    delivery('zendesk'),
    header('x-zendesk-webhook-signature-timestamp', () => '1767225600'),
  ],
  ['a garbled time', 'timestamp_garbled', delivery('svix'), header('svix-timestamp', (value) => `${value}junk`)],
  [
    'no time in the header',
    'timestamp_missing',
    delivery('stripe'),
    header('stripe-signature', (value) => value.replace(/^t=\d+,/, '')),
    /t in the signature header/,
  ],
  [
    'no time in the body',
    'timestamp_missing',
    delivery('linear', JSON.stringify({ webhookTimestamp: NOW_MS })),
    () => signedWithoutTime(),
    /webhookTimestamp/,
  ],
  ['the current time in seconds', 'now_in_seconds', delivery('stripe'), () => ({ nowMs: NOW_MS / 1000 })],
  // Secrets.
  ['a line end in the secret', 'secret_whitespace', delivery('stripe'), secret((text) => `${text}\n`)],
  ['quotes around the secret', 'secret_whitespace', delivery('github'), secret((text) => `"${text}"`)],
  ['a line end in a base64 secret', 'secret_whitespace', delivery('svix'), secret((text) => `${text}\n`)],
  ['a secret decoded by the signer', 'secret_encoding', decodedBySigner(), (input) => input, /decoded from base64/],
  [
    'a secret not decoded by the signer',
    'secret_encoding',
    notDecodedBySigner(),
    (input) => input,
    /as text with its prefix/,
  ],
  [
    'the secret of another endpoint',
    'secret_other',
    delivery('stripe'),
    (input) => ({ secrets: ['whsec_other'], otherSecrets: { 'live: src_2': input.secrets[0]! } }),
    /live: src_2/,
  ],
  ['a rotated secret', 'secret_mismatch', delivery('github'), () => ({ secrets: ['rotated away'] })],
  [
    'a secret of the other mode',
    'secret_mismatch',
    delivery('stripe', '{"id":"evt_1","livemode":false}'),
    () => ({ secrets: ['whsec_live'] }),
    /livemode false/,
  ],
  ['an empty secret', 'secret_unusable', delivery('github'), () => ({ secrets: [''] })],
  [
    'a public key for a shared secret',
    'secret_unusable',
    delivery('svix'),
    () => ({ secrets: ['whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4='] }),
  ],
  ['no secret', 'secret_absent', delivery('github'), () => ({ secrets: [] })],
  // Schemes, URLs, methods.
  [
    'another scheme of the provider',
    'other_scheme',
    delivery('hubspot', LETTERS, 'hubspot-v1'),
    () => ({ scheme: 'hubspot-v3' }),
    /hubspot-v1/,
  ],
  [
    'the header of another scheme',
    'other_scheme_header',
    delivery('gitlab', LETTERS, 'gitlab-token'),
    () => ({ scheme: 'standard-webhooks-v1', secrets: ['whsec_AAAA'] }),
    /x-gitlab-token/,
  ],
  ['no URL', 'url_missing', delivery('square'), () => ({ url: undefined })],
  ['a relative URL', 'url_malformed', delivery('square'), () => ({ url: '/in/square' })],
  [
    'http behind a proxy that ends TLS',
    'url_changed',
    delivery('square'),
    ({ url }) => ({ url: url.replace('https', 'http') }),
    /https:/,
  ],
  [
    'another host behind a tunnel',
    'url_changed',
    delivery('hubspot'),
    (input) => ({
      url: 'https://localhost:4650/in/hubspot',
      headers: { ...input.headers, 'x-forwarded-host': 'hooks.example.test' },
    }),
    /hooks\.example\.test/,
  ],
  [
    'a slash at the end of the path',
    'url_changed',
    delivery('twilio', 'a=b', 'twilio-sha1'),
    ({ url }) => ({ url: `${url}/` }),
    /in\/twilio/,
  ],
  ['another method', 'method_changed', delivery('hubspot'), () => ({ method: 'PUT' }), /POST/],
  ['a body whose hash is in the URL, changed', 'body_trailing', bodyHash(), body((text) => `${text}\n`)],
  [
    'a token for another audience',
    'token_for_other',
    delivery('google', '{}', 'google-oidc-jwt'),
    ({ url }) => ({ url: `${url}/other` }),
  ],
  ['a parsed body', 'call_invalid', delivery('github'), () => ({ body: { id: 1 } as never }), /raw body/],
];

function signedWithoutTime(): Partial<DiagnoseInput> {
  const text = '{"action":"create"}';
  const { secret: key } = subjectOf('linear');
  return { body: text, headers: { 'linear-signature': createHmac('sha256', key).update(text).digest('hex') } };
}

/** The prefix whsec_ is text for one provider and base64 for another; here the wrong one was assumed. */
function decodedBySigner(): Genuine {
  const secretText = subjectOf('svix').secret;
  const input = delivery('stripe');
  const key = Buffer.from(secretText.slice(6), 'base64');
  const signature = createHmac('sha256', key)
    .update(`${NOW_MS / 1000}.`)
    .update(input.body)
    .digest('hex');
  return { ...input, secrets: [secretText], headers: { 'stripe-signature': `t=${NOW_MS / 1000},v1=${signature}` } };
}

function notDecodedBySigner(): Genuine {
  const input = delivery('svix');
  const signed = `${input.headers['svix-id']}.${input.headers['svix-timestamp']}.${input.body.toString()}`;
  const signature = createHmac('sha256', input.secrets[0]!).update(signed).digest('base64');
  return { ...input, headers: { ...input.headers, 'svix-signature': `v1,${signature}` } };
}

function bodyHash(): Genuine {
  const from = delivery('twilio', LETTERS, 'twilio-sha1-bodysha256');
  return { ...from, url: `${from.url}?bodySHA256=${createHash('sha256').update(LETTERS).digest('hex')}` };
}

describe('a delivery with', () => {
  it.each(CASES.map(([what, code, ...rest]) => [what, code, rest] as const))(
    '%s: %s',
    (_what, code, [input, broken, detail]) => {
      const provider = SUBJECTS.find(({ scheme }) => scheme === input.scheme && providerOf(input).includes(scheme))!;
      const found = diagnose(provider.provider, { ...input, ...broken(input) });
      expect(found[0], JSON.stringify(found)).toBeDefined();
      const match = found.find((one) => one.code === code);
      expect(
        found.map((one) => one.code),
        JSON.stringify(found[0]),
      ).toContain(code);
      if (detail !== undefined) expect(match!.explanation).toMatch(detail);
      expect(match!.nextStep.length).toBeGreaterThan(10);
    },
  );

  it('nothing wrong: no diagnosis', () => {
    for (const subject of SUBJECTS) {
      expect(diagnose(subject.provider, genuine(subject, new SeededRandom(1)))).toEqual([]);
    }
  });
});

/** The provider of a delivery is in its URL. */
function providerOf(input: Genuine): string[] {
  const provider = input.url.split('/in/')[1]!.split('?')[0]!;
  return SUBJECTS.filter((one) => one.provider === provider).map(({ scheme }) => scheme);
}

it('every kind of diagnosis is met', () => {
  const met = new Set(CASES.map(([, code]) => code));
  expect(Object.keys(DIAGNOSES).filter((code) => !met.has(code as DiagnosisCode))).toEqual([]);
});

describe('no diagnosis', () => {
  it('holds a signature, a secret, or a part of either', () => {
    for (const [, , input, broken] of CASES) {
      const provider = input.url.split('/in/')[1]!.split('?')[0]!;
      const text = JSON.stringify(diagnose(provider, { ...input, ...broken(input), scheme: input.scheme }));
      const [secretText] = input.secrets as [string];
      for (const hidden of [secretText, ...Object.values(input.headers)].filter((value) => value.length >= 20)) {
        for (let at = 0; at + 12 <= hidden.length; at += 4) expect(text).not.toContain(hidden.slice(at, at + 12));
      }
    }
  });

  it('turns a refusal into an acceptance', () => {
    const input = delivery('github');
    const before = verify('github', { ...input, body: 'x' });
    diagnose('github', { ...input, body: 'x' });
    expect(verify('github', { ...input, body: 'x' })).toEqual(before);
  });
});
