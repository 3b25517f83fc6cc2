/** The key under which a call is one call, and the form in which a provider gets to see it. @module */
import { hash } from 'node:crypto';
import type { Effect } from '../core/operation.js';
import { AppError } from '../core/errors.js';
import { KEY_CHARACTERS_MAX } from '../core/idempotency-key.js';
import { redactText } from '../core/redact.js';
import type { SecretSet } from '../core/secret-set.js';

/** What a handler's step makes of the names of event, queue and step; a caller's key is shorter (`core/idempotency-key.ts`). */
const MADE_KEY_CHARACTERS_MAX = 1_024;

/**
 * The caller's key, or a fresh one: the id of the call itself.
 *
 * @throws AppError `idempotency_required` for a payment without a key, `invalid_argument` for a key that is unusable.
 */
export function keyOfCall(given: string | undefined, callId: string, effect: Effect, operation: string): string {
  if (given === undefined) {
    if (effect === 'pay') throw new AppError('idempotency_required', { operation });
    return callId;
  }
  const problem = problemOfKey(given);
  if (problem !== undefined) throw new AppError('invalid_argument', { argument: 'idempotencyKey', problem });
  return given;
}

function problemOfKey(key: string): string | undefined {
  if (key.trim() === '') return 'it is empty';
  if (key.length > MADE_KEY_CHARACTERS_MAX) return `it is longer than ${MADE_KEY_CHARACTERS_MAX} characters`;
  // Two keys that differ only in what a log or a header cannot show would be mistaken for one.
  return /[\p{Cc}\p{Surrogate}]/u.test(key) ? 'it contains a control character' : undefined;
}

/** The key as answers and errors show it: it is the caller's to choose, and some choose what is a secret elsewhere. */
export function shownKey(key: string, secrets?: SecretSet): string {
  return redactText(key, secrets);
}

/**
 * The key as a header value and as a mark inside what we create: the key itself where it fits in a header, else
 * `fl_` and its SHA-256. Equal keys give equal marks, and no key but itself gives a mark that was another key.
 */
export function markOfKey(key: string): string {
  if (key.length <= KEY_CHARACTERS_MAX && /^[\x21-\x7e]+$/.test(key) && !key.startsWith('fl_')) return key;
  return `fl_${hash('sha256', key, 'hex')}`;
}
