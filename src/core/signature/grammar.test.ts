import { describe, expect, it } from 'vitest';
import { formatTimestamp, isMethod, isSignedId, parseTimestamp, signatureGrammar } from './grammar.js';

describe('signatureGrammar', () => {
  it('takes hex of exactly the right length, in lower case', () => {
    const sha256 = signatureGrammar('hmac-sha256', 'hex');
    const good = '0123456789abcdef'.repeat(4);
    expect(sha256.test(good)).toBe(true);
    for (const bad of [
      '',
      good.slice(1),
      `${good}0`,
      good.toUpperCase(),
      `${good}\n`,
      good.replace('f', 'g'),
      `\u0161${good.slice(1)}`,
    ]) {
      expect(sha256.test(bad), JSON.stringify(bad)).toBe(false);
    }
    expect(signatureGrammar('hmac-sha1', 'hex').test('a'.repeat(40))).toBe(true);
    expect(signatureGrammar('ed25519', 'hex').test('a'.repeat(128))).toBe(true);
  });

  it.each([
    ['hmac-sha256', 32],
    ['hmac-sha1', 20],
    ['ed25519', 64],
  ] as const)('takes every base64 of %s and no other spelling of it', (algorithm, length) => {
    const grammar = signatureGrammar(algorithm, 'base64');
    for (let byte = 0; byte < 256; byte++) {
      const text = Buffer.alloc(length, byte).toString('base64');
      expect(grammar.test(text)).toBe(true);
      expect(grammar.test(text.replace(/=+$/, ''))).toBe(!text.endsWith('='));
      // The last letter before the padding carries bits that must be zero.
      const odd = text.replace(/[A-Za-z0-9+/](?==+$)/, (letter) => String.fromCharCode(letter.charCodeAt(0) + 1));
      if (odd !== text) expect(Buffer.from(odd, 'base64').toString('base64') === odd && grammar.test(odd)).toBe(false);
    }
    expect(grammar.test(Buffer.alloc(length + 1).toString('base64'))).toBe(false);
    expect(grammar.test(`${Buffer.alloc(length).toString('base64').slice(0, -2)}-=`)).toBe(false);
  });

  it('takes what has no fixed length', () => {
    const der = signatureGrammar('ecdsa-p256', 'base64');
    expect(der.test(Buffer.alloc(71).toString('base64'))).toBe(true);
    expect(der.test('abc*defgh')).toBe(false);
    expect(der.test('abc')).toBe(false);
    const token = signatureGrammar('equal', 'text');
    expect([token.test('x'), token.test(''), token.test('x'.repeat(8193))]).toEqual([true, false, false]);
  });
});

describe('parseTimestamp', () => {
  it('reads seconds, milliseconds and ISO 8601 in UTC', () => {
    expect(parseTimestamp('1767225600', 's')).toBe(1_767_225_600_000);
    expect(parseTimestamp('1767225600123', 'ms')).toBe(1_767_225_600_123);
    expect(parseTimestamp('2026-01-01T00:00:00Z', 'iso')).toBe(1_767_225_600_000);
    expect(parseTimestamp('2026-01-01T00:00:00.5Z', 'iso')).toBe(1_767_225_600_000);
    expect(parseTimestamp('1999-12-31T23:59:58Z', 'iso')).toBe(Date.UTC(1999, 11, 31, 23, 59, 58));
  });

  it.each([
    '',
    ' 1767225600',
    '1767225600 ',
    '+1767225600',
    '-1',
    '0',
    '01767225600',
    '1767225600.0',
    '1e9',
    '0x1',
    'NaN',
    'Infinity',
    '1767225600junk',
    '12345678901234567890',
    '\u0661\u0667',
    '1,7',
    '1_7',
  ])('refuses %j as digits', (text) => {
    expect(parseTimestamp(text, 's')).toBeUndefined();
    expect(parseTimestamp(text, 'ms')).toBeUndefined();
  });

  it.each([
    '2026-01-01',
    '2026-01-01T00:00:00',
    '2026-01-01T00:00:00+01:00',
    '2026-13-01T00:00:00Z',
    '2026-01-01T25:00:00Z',
    '2026-01-01 00:00:00Z',
    '1767225600',
    '2026-01-01T00:00:00z',
    ' 2026-01-01T00:00:00Z',
    '2026-01-01T00:00:00.Z',
  ])('refuses %j as ISO 8601', (text) => expect(parseTimestamp(text, 'iso')).toBeUndefined());

  it.each(['s', 'ms', 'iso'] as const)('reads what is written in %s', (unit) => {
    expect(parseTimestamp(formatTimestamp(1_767_225_600_000, unit), unit)).toBe(1_767_225_600_000);
  });
});

it('a signed id has nothing that could move its border', () => {
  for (const good of ['msg_1', 'a-b_c', '!', '~', 'x:y=/+', 'x'.repeat(256)]) expect(isSignedId(good)).toBe(true);
  for (const bad of ['', 'a.b', 'a|b', 'a b', 'a\n', '\u00e9', 'x'.repeat(257)]) expect(isSignedId(bad)).toBe(false);
});

it('a method is in capitals', () => {
  expect(['POST', 'GET', 'X'].every(isMethod)).toBe(true);
  expect(['', 'post', 'PO ST', 'X'.repeat(33), undefined, {}].some(isMethod)).toBe(false);
});
