/** Who gets to see a secret that an action was asked to hand out. @module */
import type { PolicyQuestion } from './decision.js';

export type RevealQuestion = Pick<PolicyQuestion, 'principal' | 'action' | 'environment'>;

/**
 * A client secret of a payment belongs into the page of a buyer, not into the transcript of a model: agents get it
 * masked, and can hand on the id of what they made. Everybody else gets what they asked for.
 *
 * @param allowed actions whose secrets agents may see, by an operator's word
 */
export function mayReveal({ principal, action }: RevealQuestion, allowed: readonly string[] = []): boolean {
  return principal.type !== 'agent' || allowed.includes(action);
}
