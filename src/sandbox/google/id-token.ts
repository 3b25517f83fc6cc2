/**
 * Who signed in, as a token of OpenID Connect. The key is made from a text, so that it is the same in every process; it
 * is for made-up accounts, and signs by ES256 where the real one signs by RS256.
 *
 * @source openid.net/specs/openid-connect-core-1_0.html, section 2
 * @module
 */
import { createHash, createPrivateKey, sign, type JsonWebKey } from 'node:crypto';
import type { GoogleState } from './state.js';

const ISSUER = 'https://accounts.google.com';
const KID = 'simulated';
const LIFE_S = 3_600;

/** An EC private key of P-256 without its public half (RFC 5915), in front of and behind the 32 bytes of the number. */
const DER_BEFORE = '30310201010420';
const DER_BEHIND = 'a00a06082a8648ce3d030107';

let made: JsonWebKey | undefined;

function key(): JsonWebKey {
  const d = createHash('sha256').update('the simulated Google signs').digest('hex');
  const der = Buffer.from(DER_BEFORE + d + DER_BEHIND, 'hex');
  return (made ??= createPrivateKey({ key: der, format: 'der', type: 'sec1' }).export({ format: 'jwk' }));
}

/** The public half, as a set. */
export function idTokenKeys(): { keys: JsonWebKey[] } {
  const { d: _private, ...shown } = key();
  return { keys: [{ ...shown, kid: KID, alg: 'ES256', use: 'sig' }] };
}

export function idToken(
  account: GoogleState['account'],
  { clientId, nonce, nowMs }: { clientId: string; nonce: string | undefined; nowMs: number },
): string {
  const iat = Math.floor(nowMs / 1000);
  const claims = { iss: ISSUER, azp: clientId, aud: clientId, ...account, email_verified: true, nonce };
  const header = part({ alg: 'ES256', typ: 'JWT', kid: KID });
  const text = `${header}.${part({ ...claims, iat, exp: iat + LIFE_S })}`;
  const signer = createPrivateKey({ key: key(), format: 'jwk' });
  const signature = sign('sha256', Buffer.from(text), { key: signer, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
