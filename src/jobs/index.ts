/** Queued work: leases, retries, dead letters, and the handlers that run for events. @module */
export {
  ActionError,
  entityState,
  stepKey,
  type AnyActions,
  type EntityState,
  type HandlerContext,
  type HandlerEvent,
  type StepOptions,
  type StepPort,
  type StepRequest,
  type StepResult,
  type TransitionRequest,
} from './context.js';
export {
  HandlerTable,
  jobOf,
  type Forward,
  type Handler,
  type HandlerDefinition,
  type HandlerFunction,
  type HandlerOptions,
} from './handler.js';
export { runInProcess } from './in-process.js';
export type { RunResult } from './outcome.js';
export { JobRunner, type RunJob, type RunnerOptions } from './runner.js';
export { serveRuns } from './thread-loop.js';
export { ThreadPool, type ThreadPoolOptions } from './thread-pool.js';
export type { FromThread, ThreadStart, ToThread } from './thread-protocol.js';
