/** What operations have in common whose rows are followed as they come. @module */
import { AppError } from '../core/errors.js';
import type { TextStream } from '../core/operation.js';
import { boundsOf, cursorOf } from '../core/page-cursor.js';
import { jsonLine } from '../core/text.js';
import { cursor } from './fields.js';

/** The place behind which to go on, as a row that was seen has it. */
export const followCursor = cursor.describe('go on behind this place, in place of the last ones');

/**
 * The number of a place in the log.
 *
 * @param size how many places there are: who waited behind a place that is not there yet would be told nothing of what
 *   comes before it. So it is with a place of another log, or of this one before an older backup was restored.
 * @throws AppError `invalid_argument` for what is no place of ours
 */
export function placeOf(text: string | undefined, size: number): number | undefined {
  if (text === undefined) return undefined;
  const place = boundsOf({ limit: 1, cursor: text }, 1).after?.[0];
  if (place === undefined || place < size) return place;
  throw new AppError('invalid_argument', {
    argument: 'cursor',
    problem: `this log has ${size} places, and it is none of them`,
  });
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
