/** Triage: from the rows of a support list to issues for engineering, each row once. @module */
export {
  applyTriage,
  planTriage,
  type PlannedRow,
  type TriageOutcome,
  type TriagePlan,
  type TriagePlanInput,
} from './plan.js';
export type { TriageSource } from './rows.js';
