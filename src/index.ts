/**
 * `fairlead`: the library. Write a configuration with it, or run Fairlead inside your own server.
 *
 * @module
 */
export type { UserConfig } from './config.js';
export { AppError, isAppError, type ErrorCode, type ErrorView } from './core/errors.js';
export { defineConfig, forward, on, type TypedHandler } from './define.js';
export { ActionError, type HandlerContext, type HandlerEvent, type HandlerOptions } from './jobs/index.js';
export type { GuardOptions, LoginMount, LoginPerson } from './doors/http/index.js';
export { createFairlead, type FairleadLibrary, type LibraryOptions, type Receivers } from './library.js';
export type { ActionOptions, ActionResult, LibraryActions } from './library-actions.js';
export { billing } from './workflows/index.js';
export type {
  AuditReport,
  AuditReportInput,
  BillingOptions,
  OrderAfterRedirect,
  PlanChange,
  PlanChangeInput,
  PlanChangeOutcome,
  RecordedEvent,
  ReleaseNotes,
  ReleaseNotesInput,
  RunOptions,
  Step,
  Ticket,
  TicketInput,
  TriageOutcome,
  TriagePlan,
  TriagePlanInput,
  UnpaidInvoice,
  Workflows,
  WorkflowState,
} from './workflows/index.js';
