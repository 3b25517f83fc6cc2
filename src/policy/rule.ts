/** One rule of an operator, checked: what it is about, and what follows. @module */
import { canonicalHash } from '../core/canonical.js';
import type { Effect } from '../core/operation.js';
import type { Principal } from '../core/principal.js';
import type { Environment } from '../core/scope.js';

export const OUTCOMES = ['allow', 'ask', 'deny'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** One of these values, or none of them. A `*` stands for any characters. */
export interface ValueList {
  is: 'in' | 'notIn';
  values: readonly string[];
}

export const WINDOWS = { action: 0, hour: 3_600_000, day: 86_400_000 } as const;

export interface AmountCondition {
  /** ISO 4217, upper case. */
  currency: string;
  /** In the smallest unit. `over` is for ask and deny, `upTo` for allow. */
  is: 'over' | 'upTo';
  minor: number;
  /** 0 is the call alone. */
  windowMs: number;
}

/** How long what was read counts as known to who read it. */
export const READ_WINDOW_MS = WINDOWS.day;

/** What the same caller, in the same session, has read before. Reads of which that cannot be told are among it. */
export interface ReadCondition {
  action: readonly string[];
  connection?: ValueList;
  target?: Readonly<Record<string, ValueList>>;
}

/** A condition that is absent is fulfilled. */
export interface Rule {
  name: string;
  then: Outcome;
  because?: string;
  /** `type` or `type:id`. */
  principal?: readonly string[];
  onBehalfOf?: readonly string[];
  action?: readonly string[];
  /** Absent means: everything that changes something. */
  effect?: readonly Effect[];
  environment?: readonly Environment[];
  connection?: ValueList;
  /** By type of target: `channel`, `repository`. */
  target?: Readonly<Record<string, ValueList>>;
  recipientDomain?: ValueList;
  /** By dotted path into the input. */
  argument?: Readonly<Record<string, ValueList>>;
  amount?: AmountCondition;
  /** Only of rules that restrict. */
  afterReading?: ReadCondition;
}

/** An example that says what the rules must come to. */
export interface PolicyExample {
  name: string;
  as: string;
  action: string;
  environment: Environment;
  input: unknown;
  connection: string;
  expect: Outcome;
}

export interface Policy {
  rules: readonly Rule[];
  examples: readonly PolicyExample[];
  /** Actions whose secrets agents get to see, e.g. `stripe.createSubscription`. */
  reveals?: readonly string[];
  /** SHA-256 of what it says, in hex; two files that say the same have the same. */
  digest: string;
  /** Where it came from, for people. */
  where: string;
}

/** The counter that a rule with a window counts in. */
export function counterOf({ name, amount }: Rule): string {
  return `${name} | ${amount?.currency ?? ''}`;
}

/** The counter in which a rule counts the reads of one caller in one session. */
export function readCounterOf({ name }: Rule, { type, id, onBehalfOf, agent }: Principal): string {
  const who = { type, id, onBehalfOf: onBehalfOf?.id ?? '', session: agent?.session ?? '' };
  return `${name} | read by ${Buffer.from(canonicalHash(who)).toString('hex').slice(0, 32)}`;
}
