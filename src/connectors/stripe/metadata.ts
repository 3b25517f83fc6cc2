/**
 * Metadata: what callers attach to Stripe's objects, and beside it the mark of the call that made them, by which a
 * look-up finds them again.
 *
 * @source docs.stripe.com/api/metadata (50 keys, names of 40 characters, values of 500)
 * @module
 */
import { z } from 'zod';
import type { FormValue } from '../../core/connector.js';
import { isObject, valueAt } from '../../core/json.js';
import { markAsUuid } from '../../core/mark.js';

const MARK_NAME = 'fairlead_call';
/** One of Stripe's 50 is ours. */
const KEYS_MAX = 49;

const name = z.string().regex(/^[^[\]]{1,40}$/, 'a name has up to 40 characters, and no square brackets');
const hasRoom = (given: object): boolean => Object.keys(given).length <= KEYS_MAX;
const isNotOurs = (given: object): boolean => !Object.hasOwn(given, MARK_NAME);
const full = { error: `there are more than ${KEYS_MAX}` };
const taken = { error: `${MARK_NAME} is set by Fairlead` };

export const metadata = z
  .record(name, z.string().min(1).max(500))
  .refine(hasRoom, full)
  .refine(isNotOurs, taken)
  .describe('up to 49 names and values of your own, kept with the object');

/** For changes: what is named is set, `null` takes it away, the rest stays. */
export const metadataChanges = z
  .record(name, z.string().min(1).max(500).nullable())
  .refine(hasRoom, full)
  .refine(isNotOurs, taken)
  .describe('names to set, or to take away by null; others stay');

export const readMetadata = z.record(z.string(), z.string());

/** The metadata of something new. */
export function markedMetadata(given: Readonly<Record<string, string>> | undefined, marker: string): FormValue {
  return { ...given, [MARK_NAME]: markAsUuid(marker) };
}

export function bearsMark(object: unknown, marker: string): boolean {
  return valueAt(object, `metadata.${MARK_NAME}`) === markAsUuid(marker);
}

/** Without our mark; absent metadata is empty. */
export function metadataOf(object: Record<string, unknown>): unknown {
  const all = object['metadata'] ?? {};
  if (!isObject(all)) return all;
  return Object.fromEntries(Object.entries(all).filter(([key]) => key !== MARK_NAME));
}
