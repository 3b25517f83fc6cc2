/** Looks for what bears our mark in a listing, page by page to its end. @module */
import type { ActionRequest, QueryValue, Reconciliation } from '../../core/connector.js';
import { isObject } from '../../core/json.js';
import { found, next, NOT_FOUND, UNDECIDED } from '../../core/verdict.js';
import { listIn } from './answers.js';
import { bearsMark } from './marker.js';
import { nextPage, PAGE_SIZE, placeAt } from './pages.js';

/** The clocks of GitHub and of this machine may differ. */
export const CLOCK_SKEW_MS = 120_000;
/** How long a listing may lag behind what it lists, and what that rests on. */
export const SETTLES = {
  settleMs: 15_000,
  settleSource: 'memory: no page says it; lists follow a write within seconds, search takes longer and is not asked',
} as const;

/** From when on a listing has to be read, as GitHub takes it. */
export function sinceInstant(sinceMs: number): string {
  return new Date(Math.max(0, sinceMs - CLOCK_SKEW_MS)).toISOString();
}

export interface Listing<Input> {
  url(input: Input): string;
  query?(sinceMs: number): Readonly<Record<string, QueryValue>>;
}

/** @param outputOf what the action would have answered, from an entry of the listing */
export function markedIn<Input, Output>(
  { url, query }: Listing<Input>,
  outputOf: (entry: Record<string, unknown>) => unknown,
): Reconciliation<Input, Output> {
  const page = (input: Input, sinceMs: number, cursor?: string): ActionRequest => ({
    method: 'GET',
    url: url(input),
    query: { ...query?.(sinceMs), per_page: PAGE_SIZE, ...placeAt(cursor) },
  });
  return {
    request: (input, _marker, _connection, sinceMs) => page(input, sinceMs),
    read(answer, input, marker, _step, sinceMs) {
      const entries = listIn(answer);
      if (entries === undefined) return UNDECIDED;
      const ours = entries.find((one) => isObject(one) && bearsMark(one['body'], marker));
      if (isObject(ours)) return found(outputOf(ours) as Output);
      const { nextCursor } = nextPage(answer);
      return nextCursor === undefined ? NOT_FOUND : next(page(input, sinceMs, nextCursor));
    },
  };
}
