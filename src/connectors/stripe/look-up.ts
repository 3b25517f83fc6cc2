/**
 * Whether a write took place: what bears our mark in a list, or what the thing looks like now.
 *
 * @source docs.stripe.com/api/pagination (lists are newest first)
 * @module
 */
import type { ActionRequest, QueryValue, Reconciliation } from '../../core/connector.js';
import type { Schema } from '../../core/schema.js';
import { isObject, parseJsonObject } from '../../core/json.js';
import { found, next, NOT_FOUND, UNDECIDED } from '../../core/verdict.js';
import { listIn } from './answers.js';
import { bearsMark } from './metadata.js';
import { nextPage, PAGE_SIZE } from './pages.js';

/** The clocks of Stripe and of this machine may differ. */
const CLOCK_SKEW_MS = 120_000;

export interface Listing<Input> {
  url: string;
  query?(input: Input): Readonly<Record<string, QueryValue>>;
  /** The list can be narrowed to what was made since an instant. */
  hasCreated?: true;
}

/** @param outputOf what the action would have answered, from an entry of the list */
export function markedIn<Input, Output>(
  { url, query, hasCreated }: Listing<Input>,
  outputOf: (entry: Record<string, unknown>) => unknown,
): Reconciliation<Input, Output> {
  const page = (input: Input, sinceMs: number, cursor?: string): ActionRequest => ({
    method: 'GET',
    url,
    query: {
      ...query?.(input),
      ...(hasCreated && { 'created[gte]': beginSeconds(sinceMs) }),
      limit: PAGE_SIZE,
      starting_after: cursor,
    },
  });
  return {
    request: (input, _marker, _connection, sinceMs) => page(input, sinceMs),
    read(answer, input, marker, _step, sinceMs) {
      const entries = listIn(answer);
      if (entries === undefined) return UNDECIDED;
      const ours = entries.find((one) => bearsMark(one, marker));
      if (isObject(ours)) return found(outputOf(ours) as Output);
      const { nextCursor } = nextPage(answer);
      if (nextCursor === undefined) return NOT_FOUND;
      return isOlder(entries.at(-1), sinceMs) ? NOT_FOUND : next(page(input, sinceMs, nextCursor));
    },
  };
}

function beginSeconds(sinceMs: number): number {
  return Math.floor(Math.max(0, sinceMs - CLOCK_SKEW_MS) / 1000);
}

/** What follows in the list was made before the call began. */
function isOlder(entry: unknown, sinceMs: number): boolean {
  const created = isObject(entry) ? entry['created'] : undefined;
  return typeof created === 'number' && created < beginSeconds(sinceMs);
}

/** Asks for the thing itself: it is as the call wanted it, or not. */
export function asWanted<Input, Output>(
  url: (input: Input) => string,
  query: ActionRequest['query'],
  schema: Schema<Output>,
  outputOf: (object: unknown) => unknown,
  isWanted: (is: Output, input: Input) => boolean,
): Reconciliation<Input, Output> {
  return {
    request: (input) => ({ method: 'GET', url: url(input), ...(query && { query }) }),
    read({ body }, input) {
      const read = schema.safeParse(outputOf(parseJsonObject(body)));
      if (!read.success) return UNDECIDED;
      return isWanted(read.data, input) ? found(read.data) : NOT_FOUND;
    },
  };
}
