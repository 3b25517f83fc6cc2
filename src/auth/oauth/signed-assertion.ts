/** A JWT that says who asks, signed with the key of an app or of a service account (RFC 7515, RS256). @module */
import { createPrivateKey, sign, type KeyObject } from 'node:crypto';
import { AppError } from '../../core/errors.js';

const RSA_BITS_MIN = 2048;

/** @throws AppError `invalid_argument`, which holds no part of the key */
export function readPrivateKey(pem: string): KeyObject {
  const refuse = (problem: string): never => {
    throw new AppError('invalid_argument', { argument: 'key', problem });
  };
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    return refuse('it is no private key in PEM');
  }
  if (key.asymmetricKeyType !== 'rsa') return refuse('it is no RSA key');
  if ((key.asymmetricKeyDetails?.modulusLength ?? 0) < RSA_BITS_MIN) return refuse('it is shorter than 2048 bits');
  return key;
}

/** @param claims with times in seconds */
export function signedAssertion(pem: string, claims: Readonly<Record<string, unknown>>): string {
  const key = readPrivateKey(pem);
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`;
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), key).toString('base64url')}`;
}
