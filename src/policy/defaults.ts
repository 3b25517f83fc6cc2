/**
 * The rules that hold when nobody wrote any: reads are allowed; writes are allowed in sandbox; in live a person or an
 * api key writes by scope, a handler only what it declared, an agent asks; everything else is denied.
 *
 * @module
 */
import type { PolicyDecision, PolicyQuestion, PolicyRule } from './decision.js';

const ALLOW: PolicyDecision = { decision: 'allow' };

const readsAreAllowed: PolicyRule = ({ effect }) => (effect === 'read' ? ALLOW : undefined);

const sandboxIsOpen: PolicyRule = ({ environment }) => (environment === 'sandbox' ? ALLOW : undefined);

const peopleAndKeysByScope: PolicyRule = ({ principal }) => {
  if (principal.type !== 'person' && principal.type !== 'api_key') return undefined;
  if (principal.scopes.includes('write')) return ALLOW;
  return deny('policy_denied', 'writing in live needs the scope write');
};

export const handlersAsDeclared: PolicyRule = ({ principal, action, uses }) => {
  if (principal.type !== 'handler') return undefined;
  if (uses?.includes(action)) return ALLOW;
  return deny('action_not_declared', `the handler does not declare ${action} in its uses`);
};

const agentsAsk: PolicyRule = ({ principal }) => (principal.type === 'agent' ? { decision: 'ask' } : undefined);

/** In the order in which they are asked, each in words. */
const DEFAULTS: readonly (readonly [rule: PolicyRule, says: string])[] = [
  [readsAreAllowed, 'reads are allowed'],
  [sandboxIsOpen, 'writes are allowed in sandbox'],
  [peopleAndKeysByScope, 'in live a person or an api key writes with the scope write'],
  [handlersAsDeclared, 'in live a handler does what it declared in its uses, and nothing else'],
  [agentsAsk, 'in live a person agrees to what an agent writes'],
];

export const DEFAULT_RULES: readonly PolicyRule[] = DEFAULTS.map(([rule]) => rule);

/** The default that answers, in words. */
export function defaultFor(question: PolicyQuestion): string {
  const found = DEFAULTS.find(([rule]) => rule(question) !== undefined);
  return found?.[1] ?? 'what nobody allowed is denied';
}

/** The end of every list of rules: what nobody allowed is denied. */
export function nobodyAllowedIt({ principal, environment }: PolicyQuestion): PolicyDecision {
  return deny('policy_denied', `no rule lets a principal of type ${principal.type} write in ${environment}`);
}

function deny(code: 'policy_denied' | 'action_not_declared', reason: string): PolicyDecision {
  return { decision: 'deny', code, reason };
}
