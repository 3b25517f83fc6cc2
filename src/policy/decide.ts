/** The one decision function. @module */
import type { SpendItem } from '../core/spend.js';
import type { PolicyDecision, PolicyQuestion, PolicyRule } from './decision.js';
import { DEFAULT_RULES, handlersAsDeclared, nobodyAllowedIt } from './defaults.js';
import { applies, countOf, matches, readNoteOf } from './match.js';
import { OUTCOMES, type Policy, type Rule } from './rule.js';

/** No rules of an operator. */
export const NO_RULES: Policy = { rules: [], examples: [], digest: 'none', where: 'the defaults' };

/**
 * Decides whether a call may go on. Of the operator's rules that apply, the strictest counts, in whatever order they
 * stand (ADR 0015); where none applies, the first default that has an answer gives it. What a handler has not declared
 * no rule allows. Pure.
 */
export function decide(
  question: PolicyQuestion,
  policy: Policy = NO_RULES,
  defaults: readonly PolicyRule[] = DEFAULT_RULES,
): PolicyDecision {
  if (policy.rules.length === 0) return byDefault(question, defaults);
  const applying = policy.rules.filter((rule) => applies(rule, question));
  const strictest = applying.sort((a, b) => OUTCOMES.indexOf(b.then) - OUTCOMES.indexOf(a.then))[0];
  const decided = strictest === undefined ? byDefault(question, defaults) : floored(question, strictest);
  if (decided.decision === 'deny') return decided;
  const notes = policy.rules.flatMap((rule) => readNoteOf(rule, question) ?? []);
  const counts = [...countsOf(question, policy, applying), ...notes];
  return counts.length === 0 ? decided : { ...decided, counts };
}

function byDefault(question: PolicyQuestion, defaults: readonly PolicyRule[]): PolicyDecision {
  for (const rule of defaults) {
    const decision = rule(question);
    if (decision !== undefined) return decision;
  }
  return nobodyAllowedIt(question);
}

function floored(question: PolicyQuestion, { name: rule, then, because }: Rule): PolicyDecision {
  const { effect, environment } = question;
  const floor = effect === 'read' || environment === 'sandbox' ? undefined : handlersAsDeclared(question);
  if (floor?.decision === 'deny') return floor;
  const reason = because ?? `the rule "${rule}" says so`;
  if (then === 'deny') return { decision: 'deny', code: 'policy_denied', reason, rule };
  return then === 'ask' ? { decision: 'ask', rule, reason } : { decision: 'allow', rule };
}

/** A rule that restricts keeps its limit while it does not apply, one that allows while it does. */
function countsOf(question: PolicyQuestion, { rules }: Policy, applying: readonly Rule[]): SpendItem[] {
  return rules.flatMap((rule) => {
    const item = countOf(rule, question);
    if (item === undefined) return [];
    const { limit: _limit, ...counted } = item;
    return applying.includes(rule) === (rule.then === 'allow') ? [item] : [counted];
  });
}

/** Whether a call of this name is denied whatever it is about: then it is not even shown, and nothing is looked up. */
export function deniedAnyway(question: PolicyQuestion, policy: Policy = NO_RULES): PolicyDecision | undefined {
  const named = question.call === undefined ? question : withoutCall(question);
  if (policy.rules.length === 0) {
    const decided = decide(named);
    return decided.decision === 'deny' ? decided : undefined;
  }
  const certain = policy.rules.filter((rule) => matches(rule, named) === 'yes');
  const decided = decide(named, { ...policy, rules: certain });
  if (decided.decision !== 'deny') return undefined;
  if (decided.rule !== undefined || decided.code === 'action_not_declared') return decided;
  const couldAllow = policy.rules.some((rule) => rule.then !== 'deny' && matches(rule, named) === 'unknown');
  return couldAllow ? undefined : decided;
}

function withoutCall({ call: _call, ...named }: PolicyQuestion): PolicyQuestion {
  return named;
}
