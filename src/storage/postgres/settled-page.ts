/**
 * Pages of lists that grow under the hands of several writers.
 *
 * A row's number is its transaction's, and transactions do not end in the order in which they began. Whoever walks from
 * the oldest to the newest must not step over a number whose row is yet to come: so a page that has a next one ends
 * before the first number that may still be missing neighbours.
 *
 * @module
 */
import type { PageBounds } from '../../core/page-cursor.js';
import type { Page } from '../../core/store.js';
import { ENDED_BELOW, PLACES } from './functions.js';

/** Rows below this number have all their neighbours: for the select list. */
export const WITH_EDGE = `(${ENDED_BELOW}) * ${PLACES} as edge`;

/** Reads again while not one row of a page is settled; after that many times somebody else's transaction hangs. */
const TRIES = 50;

interface Numbered {
  seq: number;
  edge: number;
}

export async function settledPage<Found extends Numbered, Row>(
  find: () => Promise<Found[]>,
  { limit, newestFirst }: PageBounds,
  row: (found: Found) => Row,
  cursor: (last: Found) => string,
): Promise<Page<Row>> {
  let found = await find();
  if (found.length <= limit) return { rows: found.map(row) };
  for (let tries = 1; !newestFirst && tries < TRIES && settledRows(found) === 0; tries += 1) found = await find();
  const whole = newestFirst ? limit : settledRows(found) || limit;
  const kept = found.slice(0, Math.min(limit, whole));
  return { rows: kept.map(row), cursor: cursor(kept.at(-1)!) };
}

function settledRows(found: readonly Numbered[]): number {
  return found.filter(({ seq, edge }) => seq < edge).length;
}
