/** What is asked of a policy, and what it can answer. @module */
import type { TargetRef } from '../core/action.js';
import type { Money } from '../core/money.js';
import type { Effect } from '../core/operation.js';
import type { Principal } from '../core/principal.js';
import type { Environment } from '../core/scope.js';
import type { SpendItem } from '../core/spend.js';

export interface PolicyQuestion {
  principal: Principal;
  /** Name of the operation or action, e.g. `slack.sendMessage`. */
  action: string;
  effect: Effect;
  environment: Environment;
  /** The actions a handler said it uses; only asked of handlers. */
  uses?: readonly string[];
  /** What the call is about; absent while only its name is known. */
  call?: CallSubject;
}

/** What rules can look at in a call. */
export interface CallSubject {
  /** Id of the connection; empty where nobody knows it. */
  connection: string;
  /** Everything it touches, with ids in the place of names. */
  targets: readonly TargetRef[];
  /** Addresses of people it sends to. */
  recipients: readonly string[];
  input: unknown;
  /** What it moves; `unknown` where it moves money and does not say how much; absent where it moves none. */
  money?: readonly Money[] | 'unknown';
  /** A request in the provider's own words, or names that were not looked up: nobody knows what it touches. */
  opaque?: true;
  /** What was counted so far, by counter. */
  spent: ReadonlyMap<string, number>;
}

/** `rule`: whose word it is; absent means the defaults. `counts`: what has to be counted before anything is sent. */
export type PolicyDecision =
  | { decision: 'allow'; rule?: string; counts?: readonly SpendItem[] }
  /** A person has to agree first. */
  | { decision: 'ask'; rule?: string; reason?: string; counts?: readonly SpendItem[] }
  | {
      decision: 'deny';
      /** The error that tells the caller best what to change. */
      code: 'policy_denied' | 'action_not_declared';
      /** For a person and for the audit log. */
      reason: string;
      rule?: string;
    };

/** One default rule: an answer, or `undefined` to leave it to the rules behind. */
export type PolicyRule = (question: PolicyQuestion) => PolicyDecision | undefined;
