/**
 * What an idempotency key of a caller looks like, by whichever door it comes: as a header, as an argument of a tool, as a
 * flag, as an option of the library. What one door takes every other one takes, so that a call can be repeated anywhere.
 *
 * @module
 */
import { AppError } from './errors.js';

/** The shortest limit among the providers that take keys (Stripe: 255 characters). */
export const KEY_CHARACTERS_MAX = 255;

/** No header carries anything else (RFC 9651, section 3.3.3). */
const PRINTABLE = /^[\x20-\x7e]*$/;

/** @throws AppError `invalid_argument` */
export function checkedKey(key: string): string {
  if (key.trim() !== '' && key.length <= KEY_CHARACTERS_MAX && PRINTABLE.test(key)) return key;
  const problem = `it must be 1 to ${KEY_CHARACTERS_MAX} characters of printable ASCII, and not only spaces`;
  throw new AppError('invalid_argument', { argument: 'idempotencyKey', problem });
}
