/** Whose data it is, and in which world: both lead every key in the store. @module */

export const ENVIRONMENTS = ['sandbox', 'live'] as const;
export type Environment = (typeof ENVIRONMENTS)[number];

export interface Scope {
  /** `default` if nobody says. */
  tenant: string;
  environment: Environment;
}

export const DEFAULT_TENANT = 'default';

export function isEnvironment(text: string): text is Environment {
  return text === 'sandbox' || text === 'live';
}
