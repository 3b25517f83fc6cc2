/**
 * JSON Web Tokens as bearer (RFC 7519 over RFC 7515), with the algorithm fixed by the row and never by the token.
 *
 * @module
 */
import { createHmac, timingSafeEqual, verify, type KeyObject } from 'node:crypto';
import { parseJsonObject } from '../json.js';
import type { RefusalReason } from './refusals.js';
import type { SignedRequest } from './request.js';
import type { SchemeRow } from './row.js';
import { futureMs, pastMs } from './time.js';

/** Whether a token of the right form was signed by this key under the row's algorithm. */
export function isJwtSignedBy(token: string, algorithm: SchemeRow['algorithm'], key: KeyObject): boolean {
  const [head, , signature] = token.split('.') as [string, string, string];
  const header = decode(head);
  const name = algorithm === 'jwt-hs256' ? 'HS256' : 'RS256';
  // `crit` names rules we would have to know (RFC 7515, 4.1.11).
  if (header === undefined || header['alg'] !== name || 'crit' in header) return false;
  const given = Buffer.from(signature, 'base64url');
  if (given.toString('base64url') !== signature) return false;
  const signed = token.slice(0, token.lastIndexOf('.'));
  if (algorithm === 'jwt-rs256') return verifies(signed, key, given);
  const expected = createHmac('sha256', key).update(signed).digest();
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** Judges the claims of a token whose signature was accepted: time, issuer, audience, e-mail. */
export function judgeClaims(
  token: string,
  row: SchemeRow,
  request: SignedRequest,
  url: string,
  label: string,
): true | RefusalReason {
  const claims = decode(token.split('.')[1]!);
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

function verifies(signed: string, key: KeyObject, given: Buffer): boolean {
  try {
    return verify('sha256', Buffer.from(signed), key, given);
  } catch {
    return false;
  }
}

function decode(part: string): Record<string, unknown> | undefined {
  const bytes = Buffer.from(part, 'base64url');
  return bytes.toString('base64url') === part ? parseJsonObject(bytes, { maxDepth: 8, maxBytes: 8192 }) : undefined;
}

/** NumericDate (RFC 7519, section 2) in milliseconds. */
function instant(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 && value < 1e11 ? Math.floor(value * 1000) : undefined;
}
