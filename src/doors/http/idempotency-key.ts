/**
 * The Idempotency-Key of a request (draft-ietf-httpapi-idempotency-key-header-07): a quoted string of Structured Fields
 * (RFC 9651 section 3.3.3), or the bare text that most clients send. `"abc"` and `abc` are one key.
 *
 * @module
 */
import { AppError } from '../../core/errors.js';
import { checkedKey } from '../../core/idempotency-key.js';
import { REST_HEADERS } from '../../core/rest-shape.js';

/** The key, or `undefined` where no header came. @throws AppError `invalid_argument` */
export function keyIn(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  return checkedKey(header.startsWith('"') ? unquoted(header) : bare(header));
}

/** Two headers arrive as one, joined by a comma and a space; a key that has both inside is written quoted. */
function bare(header: string): string {
  if (header.includes(', '))
    throw invalid('it is given more than once; quote a key that has a comma and a space inside');
  return header;
}

/** Only `\"` and `\\` are escapes; a parameter behind the string, or a second header, is no key. */
function unquoted(header: string): string {
  const inside = /^"((?:[^"\\]|\\["\\])*)"$/.exec(header)?.[1];
  if (inside === undefined) throw invalid('it is not one quoted string');
  return inside.replace(/\\(["\\])/g, '$1');
}

function invalid(problem: string): AppError {
  return new AppError('invalid_argument', { argument: REST_HEADERS.idempotencyKey, problem });
}
