/** Asymmetric verification that answers instead of throwing. @module */
import { verify, type KeyObject } from 'node:crypto';

/**
 * Whether one of the keys made the signature.
 *
 * @param algorithm the hash, or `null` where the key implies one (Ed25519).
 */
export function isSignedBy(
  algorithm: 'sha256' | null,
  data: Uint8Array,
  keys: readonly KeyObject[],
  given: string,
  encoding: 'hex' | 'base64' | 'base64url',
): boolean {
  const signature = Buffer.from(given, encoding);
  // Decoders skip what they do not know and ignore spare bits; only the text an encoder writes is the signature.
  if (signature.toString(encoding) !== given) return false;
  let matched = false;
  for (const key of keys) matched = verifies(algorithm, data, key, signature) || matched;
  return matched;
}

function verifies(algorithm: 'sha256' | null, data: Uint8Array, key: KeyObject, signature: Buffer): boolean {
  try {
    return verify(algorithm, data, key, signature);
  } catch {
    return false;
  }
}
