/** Cursors of pages: the numbers of the last row, opaque to everybody else, checked when they come back. @module */
import { AppError } from './errors.js';
import type { Page, PageRequest } from './store.js';

const PAGE_MAX = 1_000;

/** A page request, checked: `after` are the numbers in the cursor, `undefined` for the first page. */
export interface PageBounds {
  limit: number;
  after: number[] | undefined;
  newestFirst: boolean;
}

/** @throws AppError `invalid_argument` for a limit out of range or a cursor that we did not write. */
export function boundsOf(page: PageRequest, numbers: number): PageBounds {
  const { limit } = page;
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_MAX) {
    throw new AppError('invalid_argument', { argument: 'limit', problem: `must be 1 to ${PAGE_MAX}` });
  }
  const after = page.cursor === undefined ? undefined : readCursor(page.cursor, numbers);
  return { limit, after, newestFirst: page.order !== 'oldest' };
}

function readCursor(text: string, numbers: number): number[] {
  const parts = /^[0-9a-z]{1,11}(\.[0-9a-z]{1,11})*$/.test(text)
    ? text.split('.').map((part) => parseInt(part, 36))
    : [];
  if (parts.length !== numbers || !parts.every(Number.isSafeInteger)) {
    throw new AppError('invalid_argument', { argument: 'cursor', problem: 'is not a cursor of this list' });
  }
  return parts;
}

export function cursorOf(...numbers: number[]): string {
  return numbers.map((number) => number.toString(36)).join('.');
}

/** Cuts a page from rows of which one more was read than asked for. */
export function pageOf<Found, Row>(
  found: readonly Found[],
  limit: number,
  row: (found: Found) => Row,
  cursor: (last: Found) => string,
): Page<Row> {
  const kept = found.slice(0, limit);
  const page: Page<Row> = { rows: kept.map(row) };
  if (found.length > limit) page.cursor = cursor(kept.at(-1)!);
  return page;
}
