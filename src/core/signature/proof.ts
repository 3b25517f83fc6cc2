/**
 * Whether one secret made one of the signatures of a delivery: the cryptography, algorithm by algorithm.
 *
 * @module
 */
import { hash, timingSafeEqual } from 'node:crypto';
import { judgeToken } from './jwt.js';
import { isSignedBy } from './public-proof.js';
import type { KeyMaterial } from './key.js';
import type { Plan } from './plan.js';
import type { RefusalReason } from './refusals.js';
import type { SignedRequest } from './request.js';
import type { SchemeRow } from './row.js';
import { join, type Content } from './signed-content.js';

/** One delivery, read and ready to be checked with any secret. */
export interface Attempt {
  readonly row: SchemeRow;
  readonly plan: Plan;
  readonly request: SignedRequest;
  /** Slots that depend on the secret or URL spelling are filled in here. */
  readonly content: Content;
  readonly urls: readonly string[];
  readonly signatures: readonly string[];
}

/** Compares all signatures; stops only between spellings of our own URL, which are no secret. */
export function fits(attempt: Attempt, material: KeyMaterial, secret: string): boolean | RefusalReason {
  const { row, content, urls } = attempt;
  if (row.algorithm === 'equal') return equals(attempt, material);
  if (row.signature.encoding === 'jwt') return bears(attempt, material);
  content.secret = secret;
  content.label = material.label;
  let matched = false;
  for (let i = 0; i < urls.length && !matched; i++) {
    content.url = urls[i]!;
    matched = material.keys[0]!.type === 'secret' ? digests(attempt, material) : signs(attempt, material);
  }
  return matched;
}

/** An HMAC, or the plain hash of a scheme that hashes the secret along with the content. */
function digests({ row, plan, content, signatures }: Attempt, { digest }: KeyMaterial): boolean {
  const encoding = row.signature.encoding as 'hex' | 'base64';
  const expected = digest ? digest(plan.parts, content, encoding) : hash('sha256', join(plan.parts, content), encoding);
  let matched = false;
  for (const given of signatures) matched = plan.equal(expected, given) || matched;
  return matched;
}

function signs({ row, plan, content, signatures }: Attempt, { keys }: KeyMaterial): boolean {
  const data = join(plan.parts, content);
  const algorithm = row.algorithm === 'ed25519' ? null : 'sha256';
  const encoding = row.signature.encoding as 'hex' | 'base64';
  let matched = false;
  for (const given of signatures) matched = isSignedBy(algorithm, data, keys, given, encoding) || matched;
  return matched;
}

/** Both sides are hashed, so that not even the length of the secret shows in the time. */
function equals({ signatures }: Attempt, { expected }: KeyMaterial): boolean {
  let matched = false;
  for (const given of signatures) matched = timingSafeEqual(expected!, hash('sha256', given, 'buffer')) || matched;
  return matched;
}

function bears({ row, request, urls, signatures }: Attempt, { keys, label }: KeyMaterial): boolean | RefusalReason {
  return judgeToken(signatures[0]!, keys, row, request, urls[0]!, label);
}
