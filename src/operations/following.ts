/** What operations have in common whose rows are followed as they come. @module */
import type { TextStream } from '../core/operation.js';
import { boundsOf, cursorOf } from '../core/page-cursor.js';
import { jsonLine } from '../core/text.js';
import { cursor } from './fields.js';

/** The place behind which to go on, as a row that was seen has it. */
export const followCursor = cursor.describe('go on behind this place, in place of the last ones');

/** @throws AppError `invalid_argument` for what is no place of ours */
export function placeOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : boundsOf({ limit: 1, cursor: text }, 1).after?.[0];
}

/** Each value as one line. @param behind the number of the place behind which it begins, where one is there */
export function jsonLines(values: AsyncIterable<object>, behind?: number): TextStream {
  const lines = linesOf(values);
  const begins = behind === undefined || behind < 0 ? {} : { begins: cursorOf(behind) };
  return { [Symbol.asyncIterator]: () => lines, ...begins };
}

async function* linesOf(values: AsyncIterable<object>): AsyncGenerator<string> {
  for await (const value of values) yield `${jsonLine(JSON.stringify(value))}\n`;
}
