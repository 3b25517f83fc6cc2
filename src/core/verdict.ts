/** What a look-up came to, one answer at a time. @module */
import type { ActionRequest } from './action-request.js';

export type Verdict<Found> =
  | { is: 'found'; value: Found }
  /** The listing is complete and what was looked for is not in it. */
  | { is: 'not_found' }
  /** The answer does not say. It settles nothing. */
  | { is: 'undecided' }
  /** Ask this next: the following page, or what was found in detail. */
  | { is: 'next'; request: ActionRequest };

export const NOT_FOUND = { is: 'not_found' } as const;
export const UNDECIDED = { is: 'undecided' } as const;

export function found<Found>(value: Found): Verdict<Found> {
  return { is: 'found', value };
}

export function next(request: ActionRequest): Verdict<never> {
  return { is: 'next', request };
}
