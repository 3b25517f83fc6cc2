/**
 * Private keys out of the strings that signers hold.
 *
 * @module
 */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { isFor, splitLabel } from './key.js';
import type { SchemeRow } from './row.js';

/** DER of PKCS #8 around a raw Ed25519 seed (RFC 8410, section 7). */
const ED25519_PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The private key in a secret string of an asymmetric row, or `undefined` when there is none of the row's kind. */
export function signingKey(row: SchemeRow, secret: unknown): { key: KeyObject; label: string } | undefined {
  if (typeof secret !== 'string') return undefined;
  const split = splitLabel(row, secret);
  try {
    const key = split && importPrivate(split[1]);
    return key !== undefined && isFor(row.algorithm, key) ? { key, label: split![0] } : undefined;
  } catch {
    return undefined;
  }
}

function importPrivate(material: string): KeyObject | undefined {
  if (material.startsWith('-----BEGIN ')) return createPrivateKey(material);
  if (material.startsWith('{')) return createPrivateKey({ key: JSON.parse(material), format: 'jwk' });
  const raw = /^(?:[0-9a-f]{64}){1,2}$/.test(material)
    ? Buffer.from(material, 'hex')
    : Buffer.from(material.startsWith('whsk_') ? material.slice(5) : material, 'base64');
  // Standard Webhooks writes the seed and the public key one after the other.
  if (raw.length === 32 || raw.length === 64) {
    const der = Buffer.concat([ED25519_PKCS8, raw.subarray(0, 32)]);
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  }
  return createPrivateKey({ key: raw, format: 'der', type: 'pkcs8' });
}
