import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isSignedBy } from './public-proof.js';

const data = Buffer.from('data');
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed = generateKeyPairSync('ed25519');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });

describe.each([
  ['P-256', 'sha256', ec],
  ['RSA', 'sha256', rsa],
  ['Ed25519', null, ed],
] as const)('%s', (_name, algorithm, { publicKey, privateKey }) => {
  // Several, because the signatures of P-256 differ in length and in their last letters.
  const signatures = Array.from({ length: 20 }, () => sign(algorithm, data, privateKey));

  it.each(['base64', 'base64url'] as const)('takes one spelling of a signature in %s', (encoding) => {
    for (const signature of signatures) {
      const text = signature.toString(encoding);
      const accepts = (given: string): boolean => isSignedBy(algorithm, data, [publicKey], given, encoding);
      expect(accepts(text)).toBe(true);
      const last = text.replace(/=+$/, '').length - 1;
      const others = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789']
        .map((letter) => text.slice(0, last) + letter + text.slice(last + 1))
        .filter((other) => other !== text);
      const respelled = [
        `${text}=`,
        `${text}====`,
        text.replace(/=+$/, '='),
        `${text} `,
        ` ${text}`,
        `${text}\n`,
        text.slice(0, 9) + '\n' + text.slice(9),
        `${text}*`,
        text.slice(1),
        '',
      ];
      const stripped = encoding === 'base64' ? [text.replace(/=+$/, '')] : [];
      const swapped = [text.replaceAll('+', '-').replaceAll('/', '_'), text.replaceAll('-', '+').replaceAll('_', '/')];
      for (const other of [...others, ...respelled, ...stripped])
        if (other !== text) expect(accepts(other), other).toBe(false);
      if (encoding === 'base64')
        for (const other of swapped) if (other !== text) expect(accepts(other), other).toBe(false);
    }
  });

  it('tries every key and refuses other data', () => {
    const text = signatures[0]!.toString('base64');
    const stranger = generateKeyPairSync('ed25519').publicKey;
    expect(isSignedBy(algorithm, data, [stranger, publicKey], text, 'base64')).toBe(true);
    expect(isSignedBy(algorithm, Buffer.from('other'), [publicKey], text, 'base64')).toBe(false);
    expect(isSignedBy(algorithm, data, [], text, 'base64')).toBe(false);
  });
});
