/** A job: a unit of queued work. An attempt is one try. @module */
import type { EventRow, JobState } from './event.js';
import type { Scope } from './scope.js';

export interface JobRow {
  id: string;
  eventId: string;
  queue: string;
  state: JobState;
  attempts: number;
  maxAttempts: number;
  generation: number;
  orderKey?: string;
  dueAtMs: number;
  updatedAtMs: number;
  /** Code and words of the last failure, or of what the job waits for, redacted. */
  error?: string;
  /** Since when it is put off without a failure of its own; `dueAtMs` says until when, `error` why. */
  waitingSinceMs?: number;
  /** What a parked job waits for: a call id. */
  parkedOn?: string;
  pastAttempts: { attempt: number; endedAtMs: number; error: string }[];
}

export interface JobFilter {
  queue?: string;
  state?: JobState;
  eventId?: string;
}

export interface ClaimedJob {
  id: string;
  scope: Scope;
  queue: string;
  /** Grows with every claim of the job. A settlement with an older fence is refused. */
  fence: number;
  /** 1 for the first try of this generation. */
  attempt: number;
  maxAttempts: number;
  generation: number;
  /**
   * Its attempt is not counted yet, and it must not begin before a turn has taken its start: its process may end while
   * it only waits its turn here. Absent for the first of several attempts, which the claim itself counts: whoever is
   * claimed ahead of a crash loses one attempt at most, and never the last.
   */
  ahead?: true;
  /** Since when it is put off without a failure of its own. */
  waitingSinceMs?: number;
  event: Omit<EventRow, 'jobs' | 'state' | 'duplicates'>;
}

/** How an attempt ended. */
export type JobSettlement = { id: string; fence: number } & (
  | { outcome: 'completed' }
  | { outcome: 'retry'; delayMs: number; error: string }
  | { outcome: 'dead'; error: string }
  /** Holds no lease and counts no attempt until the call is decided. */
  | { outcome: 'parked'; parkedOn: string }
  /**
   * Given back uncounted: we stop, or a neighbour took the thread down. With `wait`: it cannot go on now, through no
   * fault of its own, and `reason` says why.
   */
  | { outcome: 'released'; wait?: { delayMs: number; reason: string } }
);

export interface Turn {
  settled: JobSettlement[];
  /** Jobs claimed {@link ClaimedJob.ahead} that begin once this turn is committed: their attempts count. */
  start?: { id: string; fence: number }[];
  claim?: { limit: number; leaseMs: number; owner: string };
  /** Jobs we still work on and want to keep: their leases are extended, unless another claim holds them. */
  extend?: { jobs: { id: string; fence: number }[]; leaseMs: number };
}

/** Bodies in one claim, in every store. A claim holds at least one job, whatever its size. */
export const CLAIM_BYTES_MAX = 8 * 1024 * 1024;

export interface Claim {
  claimed: ClaimedJob[];
  /** Settlements and starts that came too late: another claim holds the job. */
  refused: string[];
}

export interface Requeue {
  eventId: string;
  queue: string;
  /** Used if the event has no job for this queue yet. */
  jobId: string;
  maxAttempts: number;
  again: boolean;
  delayMs: number;
  orderKey?: string;
  orderLimit?: number;
  onDead?: 'skip' | 'hold';
}

export interface QueueDepth {
  queue: string;
  paused: boolean;
  counts: Record<JobState, number>;
  /** When the oldest job that is ready fell due. */
  oldestDueAtMs?: number;
}
