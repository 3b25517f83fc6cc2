/**
 * From a time to a number: rows are numbered by transaction, and the leaves of a transaction say when it stored them.
 * Numbers do not follow time exactly, so the bounds are generous; the rows' own times decide.
 *
 * @module
 */
import { PLACES } from './functions.js';

/** What a row's own time may lie after the moment it was stored: clocks of other machines. */
const EARLY_MS = 60 * 60 * 1000;

/** What it may lie before: from the first byte of a slow request to the commit, generously. */
const LATE_MS = 24 * 60 * 60 * 1000;

/** A number with no row before it that has this time or a later one. One parameter: the time. */
export const storedSince = `coalesce((select min(edge.tx) from (select tx from fairlead.leaves
    where stored_at >= ?::bigint - ${EARLY_MS} order by stored_at limit 64) as edge), 0) * ${PLACES}`;

/** A number with no row from it on that has a time before this one. One parameter: the time. */
export const storedUntil = `coalesce((select max(edge.tx) from (select tx from fairlead.leaves
    where stored_at < ?::bigint + ${LATE_MS} order by stored_at desc limit 64) as edge), 0) * ${PLACES} + ${PLACES}`;
