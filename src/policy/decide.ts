/** The one decision function. @module */
import type { PolicyDecision, PolicyQuestion, PolicyRule } from './decision.js';
import { DEFAULT_RULES, nobodyAllowedIt } from './defaults.js';

/**
 * Decides whether a call may go on: the first rule that has an answer gives it, and what no rule answers is denied.
 * Pure. An operator's rules are put in front of the defaults, so they can tighten and loosen.
 */
export function decide(question: PolicyQuestion, rules: readonly PolicyRule[] = DEFAULT_RULES): PolicyDecision {
  for (const rule of rules) {
    const decision = rule(question);
    if (decision !== undefined) return decision;
  }
  return nobodyAllowedIt(question);
}
