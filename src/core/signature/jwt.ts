/**
 * JSON Web Tokens as bearer (RFC 7519 over RFC 7515), with the algorithm fixed by the row and never by the token.
 *
 * @module
 */
import type { KeyObject } from 'node:crypto';
import { isObject } from '../json.js';
import { isSignedBy } from './public-proof.js';
import type { RefusalReason } from './refusals.js';
import type { SignedRequest } from './request.js';
import type { SchemeRow } from './row.js';
import { futureMs, pastMs } from './time.js';

/**
 * Whether a token of the right form was signed by one of the keys under the row's algorithm and says what it must: who
 * made it, for whom, and that it is fresh.
 */
export function judgeToken(
  token: string,
  keys: readonly KeyObject[],
  row: SchemeRow,
  request: SignedRequest,
  url: string,
  label: string,
): boolean | RefusalReason {
  const [head, body, mark] = token.split('.') as [string, string, string];
  const header = decode(head);
  // `crit` names rules we would have to know (RFC 7515, 4.1.11).
  if (header === undefined || header['alg'] !== 'RS256' || 'crit' in header) return false;
  const signed = token.slice(0, token.lastIndexOf('.'));
  const genuine = isSignedBy('sha256', Buffer.from(signed), keys, mark, 'base64url');
  return genuine && judgeClaims(decode(body), row, request, url, label);
}

function judgeClaims(
  claims: Record<string, unknown> | undefined,
  row: SchemeRow,
  request: SignedRequest,
  url: string,
  label: string,
): true | RefusalReason {
  const issuedMs = instant(claims?.['iat']);
  const expiresMs = instant(claims?.['exp']);
  if (claims === undefined || issuedMs === undefined || expiresMs === undefined) return 'missing_timestamp';
  if (request.nowMs > expiresMs + pastMs(row, request)) return 'stale';
  if (issuedMs > request.nowMs + futureMs(row, request)) return 'future';
  const { issuers, audience, email } = row.claims ?? {};
  if (issuers !== undefined && !issuers.includes(claims['iss'] as string)) return 'wrong_claims';
  if (audience === 'url' && claims['aud'] !== url) return 'wrong_claims';
  return email === undefined || isFrom(claims, label) ? true : 'wrong_claims';
}

function isFrom(claims: Record<string, unknown>, label: string): boolean {
  return label !== '' && claims['email'] === label && claims['email_verified'] === true;
}

/** A part of a token; the grammar has bounded its length, and only single fields are looked at. */
function decode(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** NumericDate (RFC 7519, section 2) in milliseconds. */
function instant(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 && value < 1e11 ? Math.floor(value * 1000) : undefined;
}
