/** What operations have in common whose rows are followed as they come. @module */
import { boundsOf } from '../core/page-cursor.js';
import { jsonLine } from '../core/text.js';
import { cursor } from './fields.js';

/** The place behind which to go on, as a row that was seen has it. */
export const followCursor = cursor.describe('go on behind this place, in place of the last ones');

/** @throws AppError `invalid_argument` for what is no place of ours */
export function placeOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : boundsOf({ limit: 1, cursor: text }, 1).after?.[0];
}

/** Each value as one line. */
export async function* jsonLines(values: AsyncIterable<object>): AsyncGenerator<string> {
  for await (const value of values) yield `${jsonLine(JSON.stringify(value))}\n`;
}
