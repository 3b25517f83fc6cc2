import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { importSecret } from './key.js';
import { signingKey } from './private-key.js';
import type { Algorithm, KeyForm, SchemeRow } from './row.js';

const row = (algorithm: Algorithm, key: KeyForm): SchemeRow => ({
  algorithm,
  key,
  signature: { header: 'x', encoding: 'base64' },
  signs: '{body}',
});
const pem = (key: KeyObject): string =>
  key.export({ type: key.type === 'public' ? 'spki' : 'pkcs8', format: 'pem' } as never).toString();
const jwk = (key: KeyObject): Record<string, unknown> => key.export({ format: 'jwk' }) as Record<string, unknown>;

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const small = generateKeyPairSync('rsa', { modulusLength: 1024 });
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const ed = generateKeyPairSync('ed25519');
const raw = Buffer.from(jwk(ed.publicKey)['x'] as string, 'base64url');

describe('a shared secret', () => {
  const text = row('hmac-sha256', 'text');
  const base64 = row('hmac-sha256', 'base64');
  const bytesOf = (scheme: SchemeRow, secret: unknown): Buffer | undefined =>
    importSecret(scheme, secret)?.keys[0]?.export() as Buffer | undefined;

  it('as text is its bytes, prefix and spaces included', () => {
    expect(bytesOf(text, 'whsec_abc= ')).toEqual(Buffer.from('whsec_abc= '));
    expect(bytesOf(text, 'gr\u00fcn')).toEqual(Buffer.from('gr\u00fcn'));
  });

  it('as base64 is decoded, with and without prefix and padding', () => {
    for (const secret of ['whsec_AAEC', 'AAEC', 'whsec_AAE=', 'AAE'])
      expect(bytesOf(base64, secret)?.subarray(0, 2)).toEqual(Buffer.from([0, 1]));
  });

  it.each(['', ' ', '\n', ' \t\r\n'])('is never empty: %j', (secret) => {
    expect(importSecret(text, secret)).toBeUndefined();
    expect(importSecret(base64, secret)).toBeUndefined();
  });

  it.each(['whsec_', 'whsec_a', 'whsec_ab-_', 'whsec_ab cd', 'whsec_AAEC\n', '===', 'whsk_AAEC'])(
    'as base64 is not %j',
    (secret) => {
      expect(importSecret(base64, secret)).toBeUndefined();
    },
  );

  it('is never a public key', () => {
    const keys = [
      pem(rsa.publicKey),
      `label\n${pem(ed.publicKey)}`,
      JSON.stringify(jwk(p256.publicKey)),
      `label\n${JSON.stringify({ keys: [jwk(rsa.publicKey)] })}`,
      'whpk_AAEC',
    ];
    for (const secret of keys) expect(importSecret(text, secret)).toBeUndefined();
  });

  it('is a string of bounded length', () => {
    for (const secret of [undefined, null, 7, {}, ['a'], Symbol('a'), 'x'.repeat(65_537)])
      expect(importSecret(text, secret)).toBeUndefined();
  });
});

describe('a public key', () => {
  it('of Ed25519 comes as hex, base64, whpk_, PEM, JWK and SPKI', () => {
    const scheme = row('ed25519', 'public');
    const spki = ed.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    const forms = [
      raw.toString('hex'),
      raw.toString('hex').toUpperCase(),
      raw.toString('base64'),
      `whpk_${raw.toString('base64')}`,
    ];
    for (const secret of [...forms, `${pem(ed.publicKey)}\n`, JSON.stringify(jwk(ed.publicKey)), spki, ` ${spki}\n`]) {
      expect(importSecret(scheme, secret)?.keys[0]?.equals(ed.publicKey), secret).toBe(true);
    }
  });

  it('of P-256 comes as SPKI, PEM and JWK', () => {
    const scheme = row('ecdsa-p256', 'public');
    const spki = p256.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    for (const secret of [spki, pem(p256.publicKey), JSON.stringify(jwk(p256.publicKey))]) {
      expect(importSecret(scheme, secret)?.keys[0]?.equals(p256.publicKey)).toBe(true);
    }
  });

  it('is of the kind the algorithm wants, whatever the message says', () => {
    const wrong: [Algorithm, KeyObject[]][] = [
      ['ed25519', [rsa.publicKey, p256.publicKey]],
      ['ecdsa-p256', [p384.publicKey, ed.publicKey, rsa.publicKey]],
      ['rsa-sha256', [small.publicKey, p256.publicKey, ed.publicKey]],
    ];
    for (const [algorithm, keys] of wrong) {
      for (const key of keys) expect(importSecret(row(algorithm, 'public'), pem(key))).toBeUndefined();
    }
  });

  it('is not a private one', () => {
    for (const pair of [rsa, p256, ed]) {
      for (const algorithm of ['rsa-sha256', 'ecdsa-p256', 'ed25519'] as const) {
        expect(importSecret(row(algorithm, 'public'), pem(pair.privateKey))).toBeUndefined();
        expect(importSecret(row(algorithm, 'public'), JSON.stringify(jwk(pair.privateKey)))).toBeUndefined();
      }
    }
  });

  it.each([
    '',
    'x',
    '{',
    '{}',
    '{"keys":7}',
    '{"kty":"RSA"}',
    'AAAA',
    '-----BEGIN PUBLIC KEY-----',
    '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----',
    'whpk_AAAA',
    '['.repeat(1000),
  ])('is not %j', (secret) => {
    for (const algorithm of ['rsa-sha256', 'ecdsa-p256', 'ed25519'] as const)
      expect(importSecret(row(algorithm, 'public'), secret)).toBeUndefined();
  });

  it('may be one of a set', () => {
    const set = JSON.stringify({
      keys: [jwk(ed.publicKey), jwk(rsa.publicKey), { kty: 'none' }, null, jwk(p256.publicKey)],
    });
    expect(importSecret(row('rsa-sha256', 'public'), set)?.keys).toHaveLength(1);
  });
});

describe('a labelled key', () => {
  const scheme = row('rsa-sha256', 'labelled-public');

  it.each([
    `WH-1\n${pem(rsa.publicKey)}`,
    `  WH-1 \r\n${pem(rsa.publicKey).replaceAll('\n', '\r\n')}`,
    `WH-1\n\n${JSON.stringify(jwk(rsa.publicKey))}\n`,
  ])('has its label before it', (secret) =>
    expect(importSecret(scheme, secret)).toMatchObject({ label: 'WH-1', keys: [{}] }),
  );

  it.each([
    pem(rsa.publicKey),
    JSON.stringify(jwk(rsa.publicKey)),
    'WH-1',
    'WH-1\n',
    `\n${pem(rsa.publicKey)}`,
    `-x\n${pem(rsa.publicKey)}`,
  ])('is useless without', (secret) => expect(importSecret(scheme, secret)).toBeUndefined());
});

describe('a signing key', () => {
  const seed = Buffer.from(jwk(ed.privateKey)['d'] as string, 'base64url');

  it('of Ed25519 comes as seed, seed with public key, PEM and JWK', () => {
    const both = Buffer.concat([seed, raw]);
    const forms = [
      seed.toString('hex'),
      both.toString('hex'),
      `whsk_${both.toString('base64')}`,
      `whsk_${seed.toString('base64')}`,
      pem(ed.privateKey),
      JSON.stringify(jwk(ed.privateKey)),
    ];
    for (const secret of forms)
      expect(signingKey(row('ed25519', 'public'), secret)?.key.equals(ed.privateKey), secret).toBe(true);
  });

  it('is private, of the right kind, and labelled where the scheme wants it', () => {
    const labelled = row('rsa-sha256', 'labelled-public');
    expect(signingKey(labelled, `WH-1\n${pem(rsa.privateKey)}`)?.label).toBe('WH-1');
    for (const secret of [
      pem(rsa.privateKey),
      `WH-1\n${pem(p256.privateKey)}`,
      `WH-1\n${pem(rsa.publicKey)}`,
      'WH-1\nx',
      '',
    ]) {
      expect(signingKey(labelled, secret)).toBeUndefined();
    }
  });
});
