/** What requests to the simulated Google carry in their query. @module */
import type { GoogleCall } from './answers.js';

/** Text of the query, or `undefined`. */
export function asked({ query }: GoogleCall, name: string): string | undefined {
  const value = query[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export const isAsked = (call: GoogleCall, name: string): boolean => asked(call, name) === 'true';

/** An instant of the query in Unix milliseconds; `invalid` for what is no RFC 3339 time with its offset. */
export function askedInstant(call: GoogleCall, name: string): number | 'invalid' | undefined {
  const text = asked(call, name);
  if (text === undefined) return undefined;
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : 'invalid';
}
