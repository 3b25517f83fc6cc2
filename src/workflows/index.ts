/** The ready-made flows. They do only what anybody can do through the table of operations. @module */
import { auditReport, type AuditReport, type AuditReportInput } from './audit-report.js';
import {
  orderAfterRedirect,
  recordPaymentEvent,
  type OrderAfterRedirect,
  type RecordedEvent,
} from './billing/index.js';
import {
  applyPlanChange,
  previewPlanChange,
  type PlanChange,
  type PlanChangeInput,
  type PlanChangeOutcome,
} from './plan-change.js';
import { releaseNotes, type ReleaseNotes, type ReleaseNotesInput } from './release-notes.js';
import type { RunOperation } from './steps.js';
import { applyTriage, planTriage, type TriageOutcome, type TriagePlan, type TriagePlanInput } from './triage/index.js';

export {
  billing,
  type BillingOptions,
  type OrderAfterRedirect,
  type RecordedEvent,
  type UnpaidInvoice,
} from './billing/index.js';
export {
  AUDIT_FIELDS,
  type AuditField,
  type AuditGroup,
  type AuditReport,
  type AuditReportInput,
} from './audit-report.js';
export {
  BATCH_MAX,
  CONTACTS_ACTION,
  contactsOfCsv,
  importContacts,
  type ContactRow,
  type ContactTable,
  type ImportContactsInput,
  type ImportedContacts,
  type ImportMark,
  type ImportPorts,
  type RejectedRow,
} from './import-contacts.js';
export type { PlanChange, PlanChangeInput, PlanChangeOutcome } from './plan-change.js';
export { WORKFLOW_PROMPTS, type WorkflowPrompt } from './prompts.js';
export { TEMPLATES, type TemplateFile } from './templates/index.js';
export { createTicket, type Ticket, type TicketInput } from './ticket.js';
export type { PlannedRow, TriageOutcome, TriagePlan, TriagePlanInput, TriageSource } from './triage/index.js';
export type { ReleaseNotes, ReleaseNotesInput } from './release-notes.js';
export type { RunOperation, RunOptions, Step, WorkflowState } from './steps.js';

export interface Workflows {
  /** What was committed since the last release, drafted, and with `post` told to a channel, once. */
  releaseNotes(input: ReleaseNotesInput): Promise<ReleaseNotes>;
  billing: {
    /** Sees to it that a verified payment event is recorded. Takes its id and nothing else. */
    recordPaymentEvent(input: { eventId: string }): Promise<RecordedEvent>;
    /** What the page shows to which a customer comes back from a checkout. Only reads. */
    orderAfterRedirect(input: { session: string; connection?: string }): Promise<OrderAfterRedirect>;
  };
  triage: {
    /** Which rows of a support list would become issues. Changes nothing. */
    plan(input: TriagePlanInput): Promise<TriagePlan>;
    /** Opens the issues of a plan, each once. */
    apply(input: { plan: TriagePlan; dryRun?: boolean }): Promise<TriageOutcome>;
  };
  /** The audit log, counted by fields, and how one entry came about. */
  auditReport(input?: AuditReportInput): Promise<AuditReport>;
  planChange: {
    /** What a change of plan would cost. Changes nothing. */
    preview(input: PlanChangeInput): Promise<PlanChange>;
    /** Makes the change as it was shown, and tells the customer that amount. */
    apply(input: { change: PlanChange; dryRun?: boolean }): Promise<PlanChangeOutcome>;
  };
}

/** The flows in the name of whoever `run` runs operations for. */
export function workflowsOn(run: RunOperation): Workflows {
  return {
    releaseNotes: (input) => releaseNotes(run, input),
    billing: {
      recordPaymentEvent: (input) => recordPaymentEvent(run, input),
      orderAfterRedirect: (input) => orderAfterRedirect(run, input),
    },
    triage: { plan: (input) => planTriage(run, input), apply: (input) => applyTriage(run, input) },
    auditReport: (input) => auditReport(run, input),
    planChange: { preview: (input) => previewPlanChange(run, input), apply: (input) => applyPlanChange(run, input) },
  };
}
