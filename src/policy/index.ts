/** Who may do what: questions, answers and the default rules. @module */
export { decide, deniedAnyway, NO_RULES } from './decide.js';
export { matches, type Match } from './match.js';
export { spendWindows } from './spend-windows.js';
export { parsePolicy, PolicyProblem } from './parse-policy.js';
export { type Outcome, type Policy, type PolicyExample, type Rule } from './rule.js';
export { mayReveal, type RevealQuestion } from './reveal.js';
export { DEFAULT_RULES, defaultFor } from './defaults.js';
export type { CallSubject, PolicyDecision, PolicyQuestion, PolicyRule } from './decision.js';
