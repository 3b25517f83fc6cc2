/**
 * The address of an approval: it cannot be guessed, and it decides nothing by itself.
 *
 * @module
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

const SIGNATURE_CHARACTERS = 32;

/** @param secret a key that lies outside of the database, e.g. the one that signs the audit log */
export function approvalPath(id: string, secret: string): string {
  return `/approvals/${id}?s=${signatureOf(id, secret)}`;
}

export function isSignedLink(id: string, signature: string, secret: string): boolean {
  const [given, expected] = [Buffer.from(signature), Buffer.from(signatureOf(id, secret))];
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function signatureOf(id: string, secret: string): string {
  const hmac = createHmac('sha256', secret).update(`fairlead approval link\n${id}`);
  return hmac.digest('base64url').slice(0, SIGNATURE_CHARACTERS);
}
