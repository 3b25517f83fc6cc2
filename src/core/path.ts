/** Paths with values in them. @module */
import { AppError } from './errors.js';

/**
 * A path in which every value is one segment, encoded: path`/repos/${owner}/${repo}`. A value cannot add a segment,
 * climb out of its place, or begin a query.
 *
 * @throws AppError `invalid_argument` for an empty value, `.` and `..`
 */
export function path(parts: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  return parts.reduce((text, part, index) => text + segment(values[index - 1]!) + part);
}

function segment(value: string | number): string {
  const text = String(value);
  if (text === '' || text === '.' || text === '..') {
    throw new AppError('invalid_argument', { argument: 'path', problem: `"${text}" is no part of an address` });
  }
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\u{fffd}'));
}
