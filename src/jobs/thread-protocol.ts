/** What the main thread and a handler thread say to each other. Plain data; both directions travel in arrays. @module */
import type { BegunRuns } from './begun-runs.js';
import type { StepRequest, StepResult, UnreadEvent } from './context.js';
import type { RunResult } from './outcome.js';

/** Given to the thread when it starts. */
export interface ThreadStart {
  /** Path of the configuration file that holds the handlers. */
  configPath: string;
  /** What was made of it, and of what it imports, where it was loaded first. */
  made: ReadonlyMap<string, string>;
  /** Shared, not copied. */
  begun: BegunRuns;
}

export type ToThread =
  /** `nth` of the runs that this thread is given. */
  | { kind: 'run'; runId: number; nth: number; handler: string; unread: UnreadEvent }
  /** Answered when its turn comes. */
  | { kind: 'ping' }
  | { kind: 'reply'; runId: number; requestId: number; result: StepResult };

export type FromThread =
  | { kind: 'failed_to_start'; problem: string }
  | { kind: 'pong' }
  | { kind: 'step'; runId: number; requestId: number; request: StepRequest }
  | { kind: 'ended'; runId: number; result: RunResult };
