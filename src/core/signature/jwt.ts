/**
 * JSON Web Tokens as bearer (RFC 7519 over RFC 7515), with the algorithm fixed by the row and never by the token.
 *
 * @module
 */
import { createHmac, timingSafeEqual, verify, type KeyObject } from 'node:crypto';
import { isObject, parseJson } from '../json.js';
import type { RefusalReason } from './refusals.js';
import type { SchemeRow } from './row.js';

export interface JwtContext {
  nowMs: number;
  pastMs: number;
  futureMs: number;
  url: string;
  label: string;
}

export type JwtVerdict = { ok: true; timestampMs: number } | { ok: false; reason: RefusalReason };

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
export function judgeClaims(token: string, row: SchemeRow, context: JwtContext): JwtVerdict {
  const claims = decode(token.split('.')[1]!);
  const issuedMs = instant(claims?.['iat']);
  const expiresMs = instant(claims?.['exp']);
  if (claims === undefined || issuedMs === undefined) return { ok: false, reason: 'missing_timestamp' };
  if (expiresMs === undefined) return { ok: false, reason: 'missing_timestamp' };
  if (context.nowMs > expiresMs + context.pastMs) return { ok: false, reason: 'stale' };
  if (issuedMs > context.nowMs + context.futureMs) return { ok: false, reason: 'future' };
  const wanted = row.claims ?? {};
  if (wanted.issuers !== undefined && !wanted.issuers.includes(claims['iss'] as string)) return wrong;
  if (wanted.audience === 'url' && claims['aud'] !== context.url) return wrong;
  if (wanted.email === 'label' && !isFrom(claims, context.label)) return wrong;
  return { ok: true, timestampMs: issuedMs };
}

const wrong: JwtVerdict = { ok: false, reason: 'wrong_claims' };

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
  const parsed = parseJson(bytes, { maxDepth: 8, maxBytes: 8192 });
  return bytes.toString('base64url') === part && parsed.ok && isObject(parsed.value) ? parsed.value : undefined;
}

/** NumericDate (RFC 7519, section 2) in milliseconds. */
function instant(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 && value < 1e11 ? Math.floor(value * 1000) : undefined;
}
