import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { genericHmac, type GenericHmac } from './generic.js';
import { signDelivery } from './sign-delivery.js';
import { verifyDelivery } from './verify-delivery.js';

const NOW = 1_767_225_600_000;
const body = Buffer.from('{"a":1}');

const ROWS: [string, GenericHmac][] = [
  ['hex over the body', { header: 'X-Signature' }],
  ['base64 after a prefix', { header: 'X-Signature', encoding: 'base64', prefix: 'sha256=' }],
  ['SHA-1', { header: 'x-signature', hash: 'sha1' }],
  ['time in seconds', { header: 'x-signature', signs: '{timestamp}.{body}', timestampHeader: 'X-Time' }],
  [
    'time in ISO 8601',
    { header: 'x-signature', signs: '{body}{timestamp}', timestampHeader: 'x-time', timestampUnit: 'iso' },
  ],
  ['id, URL and method', { header: 'x-signature', signs: '{id}|{method}|{url}|{body}', idHeader: 'X-Id' }],
  ['a secret in base64', { header: 'x-signature', secret: 'base64' }],
];

describe.each(ROWS)('%s', (_what, options) => {
  const made = genericHmac(options);
  const row = made.ok ? made.row : expect.fail(made.problem);
  const url = 'https://a.test/x';

  it('accepts what it signs, and nothing else', () => {
    const signed = signDelivery(row, { body, secret: 'c2VjcmV0', nowMs: NOW, url, id: 'i1' });
    if (!signed.ok) expect.fail(signed.reason);
    const request = { headers: signed.headers, body: signed.body, secrets: ['c2VjcmV0'], nowMs: NOW, url };
    expect(verifyDelivery(row, request).ok).toBe(true);
    expect(verifyDelivery(row, { ...request, body: Buffer.from('{"a":2}') }).ok).toBe(false);
    expect(verifyDelivery(row, { ...request, secrets: ['c2VjcmV1'] }).ok).toBe(false);
  });
});

it('means what it says', () => {
  const made = genericHmac({ header: 'X-Sig', prefix: 'v1=' });
  const signature = createHmac('sha256', 'secret').update(body).digest('hex');
  expect(
    made.ok &&
      verifyDelivery(made.row, { headers: { 'x-sig': `v1=${signature}` }, body, secrets: ['secret'], nowMs: NOW }).ok,
  ).toBe(true);
});

describe('refuses', () => {
  it.each<[string, GenericHmac, RegExp]>([
    ['a scheme that leaves the body out', { header: 'x', signs: '{timestamp}', timestampHeader: 't' }, /\{body\}/],
    ['a time that is not signed', { header: 'x', timestampHeader: 't' }, /timestamp/],
    ['a time from nowhere', { header: 'x', signs: '{timestamp}{body}' }, /timestamp/],
    ['an id that is not signed', { header: 'x', idHeader: 'i' }, /id/],
    ['an id from nowhere', { header: 'x', signs: '{id}{body}' }, /id/],
    ['the secret in what is signed', { header: 'x', signs: '{secret}{body}' }, /only/],
    ['a header that is none', { header: 'x y' }, /header/],
    ['a header with a line end', { header: 'x', signs: '{body}{id}', idHeader: 'i\r\nx' }, /header/],
    ['no tolerance', { header: 'x', toleranceSeconds: -1 }, /tolerance/],
    ['no end of tolerance', { header: 'x', toleranceSeconds: Infinity }, /tolerance/],
  ])('%s', (_what, options, problem) => {
    const made = genericHmac(options);
    expect(made.ok).toBe(false);
    if (!made.ok) expect(made.problem).toMatch(problem);
  });
});
