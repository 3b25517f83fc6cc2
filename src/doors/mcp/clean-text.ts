/** Text on its way to a model: what a person would not see, a model does not get. @module */

/**
 * Tag characters, zero-width characters, bidirectional controls, variation selectors of the supplement, and controls
 * but for newline and tab: they carry instructions that nobody who reads the same text can see.
 */
const INVISIBLE =
  // oxlint-disable-next-line no-control-regex -- control characters are the subject
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\p{Surrogate}\u{e0000}-\u{e0fff}]/gu;

export function cleanText(text: string): string {
  return text.replace(INVISIBLE, '');
}

/** A copy of a JSON value in which every text is clean, names of fields included. */
export function cleanValue(value: unknown): unknown {
  if (typeof value === 'string') return cleanText(value);
  if (Array.isArray(value)) return value.map(cleanValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [cleanText(name), cleanValue(part)]));
}
