/** Who may do what: questions, answers and the default rules. @module */
export { decide } from './decide.js';
export { mayReveal, type RevealQuestion } from './reveal.js';
export { DEFAULT_RULES } from './defaults.js';
export type { PolicyDecision, PolicyQuestion, PolicyRule } from './decision.js';
