/** What is asked of a policy, and what it can answer. @module */
import type { Effect } from '../core/operation.js';
import type { Principal } from '../core/principal.js';
import type { Environment } from '../core/scope.js';

export interface PolicyQuestion {
  principal: Principal;
  /** Name of the operation or action, e.g. `slack.sendMessage`. */
  action: string;
  effect: Effect;
  environment: Environment;
  /** The actions a handler said it uses; only asked of handlers. */
  uses?: readonly string[];
}

export type PolicyDecision =
  | { decision: 'allow' }
  /** A person has to agree first. */
  | { decision: 'ask' }
  | {
      decision: 'deny';
      /** The error that tells the caller best what to change. */
      code: 'policy_denied' | 'action_not_declared';
      /** For a person and for the audit log. */
      reason: string;
    };

/** One rule: an answer, or `undefined` to leave it to the rules behind. */
export type PolicyRule = (question: PolicyQuestion) => PolicyDecision | undefined;
