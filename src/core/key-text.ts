/** Text that is only compared, in a form that every index takes. @module */
import { createHash } from 'node:crypto';

/** An entry of PostgreSQL's indexes has at most 2,704 bytes, and may hold other columns, too. */
const KEY_CHARACTERS_MAX = 400;

/** A long text becomes its beginning and its hash, a short one stays; what came out once comes out as it is. */
export function keyText(text: string): string {
  if (text.length <= KEY_CHARACTERS_MAX) return text;
  const hash = createHash('sha256').update(text).digest('hex');
  return `${text.slice(0, 100)}...sha256:${hash}`;
}
