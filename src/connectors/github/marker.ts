/**
 * A mark in texts that we write on GitHub, which recognises no repeat by itself: an HTML comment at the end, which no
 * reader of the rendered text sees.
 *
 * @module
 */
import { markAsUuid } from '../../core/mark.js';

const BEGIN = '<!-- fairlead-call: ';
const MARKER = /^<!-- fairlead-call: [0-9a-f-]{36} -->$/;

/** How many characters of a text a mark takes. */
export const MARK_CHARACTERS = 64;

const markerOf = (mark: string): string => `${BEGIN}${markAsUuid(mark)} -->`;

export function withMark(text: string | undefined, mark: string): string {
  return text === undefined || text === '' ? markerOf(mark) : `${text}\n\n${markerOf(mark)}`;
}

export function bearsMark(text: unknown, mark: string): boolean {
  return typeof text === 'string' && text.includes(markerOf(mark));
}

/** The text as its author wrote it. */
export function withoutMark(text: string): string {
  const at = text.lastIndexOf(BEGIN);
  return at >= 0 && MARKER.test(text.slice(at).trimEnd()) ? text.slice(0, at).trimEnd() : text;
}
