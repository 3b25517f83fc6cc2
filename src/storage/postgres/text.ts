/** Text as PostgreSQL can hold it: it takes every character but NUL, and its indexes take no long ones. @module */
import { createHash } from 'node:crypto';

/** Escapes what follows. */
const MARK = '\x01';

/** NUL becomes the characters 1 and 2, character 1 becomes 1 and 1: what comes back is what was given. */
export function toStoredText(text: string): string {
  if (!text.includes('\0') && !text.includes(MARK)) return text;
  return text.replaceAll(MARK, MARK + MARK).replaceAll('\0', `${MARK}\x02`);
}

export function fromStoredText(text: string): string {
  if (!text.includes(MARK)) return text;
  // Between pairs of marks there is nothing to undo but NUL.
  return text
    .split(MARK + MARK)
    .map((part) => part.replaceAll(`${MARK}\x02`, '\0'))
    .join(MARK);
}

/** An index entry has at most 2,704 bytes, and an entry may hold other columns, too. */
const KEY_CHARACTERS_MAX = 400;

/** A text that is only compared: a long one is its beginning and its hash. */
export function keyText(text: string): string {
  if (text.length <= KEY_CHARACTERS_MAX) return text;
  const hash = createHash('sha256').update(text).digest('hex');
  return `${text.slice(0, 100)}...sha256:${hash}`;
}
