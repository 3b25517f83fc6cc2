/**
 * Text as databases hold it: PostgreSQL takes every character but NUL, and SQLite's bindings cut a text there.
 *
 * @module
 */

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
