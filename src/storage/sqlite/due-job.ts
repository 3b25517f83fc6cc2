/** Due jobs with their events: the one read that happens for every job there is. @module */
import { fromStoredText } from '../../core/stored-text.js';
import type { Engine } from './engine.js';
import { JOBS_PER_EVENT } from './job-table.js';
import { READY } from './queues.js';

/** What the queue itself looks at. Texts of callers, here and below, are still as they are kept. */
export type DueJob = readonly [
  seq: number,
  id: string,
  attempts: number,
  maxAttempts: number,
  fence: number,
  orderKey: string | null,
  hold: number,
  origin: number,
  segment: number,
  start: number,
  headersBytes: number,
  bodyBytes: number,
  waitingSinceMs: number | null,
];

/** What only whoever works on the job looks at. */
export type DueEvent = readonly [
  generation: number,
  id: string,
  provider: string,
  type: string,
  key: string,
  receivedAtMs: number,
  occurredAtMs: number | null,
  account: string | null,
  subject: string | null,
  sealed: number,
  secretId: string | null,
];

/**
 * Parameters: queue, now, how many. The jobs decide the order (hence the cross join), each brings its event. All of
 * them as two JSON texts: read value by value they cost three times as much, and the second one is read where it is
 * needed, in another thread.
 */
export const DUE_JOBS = `select
    json_group_array(json_array(seq, id, attempts, max_attempts, fence, order_key, hold, origin, segment, body_start,
      headers_bytes, body_bytes, waits_since)) as jobs,
    json_group_array(json_array(generation, event_id, provider, type, key, received_at, occurred_at, account, subject,
      sealed, secret)) as events
  from (select job.*, event.id as event_id, event.origin, event.provider, event.type, event.key, event.received_at,
      event.occurred_at, event.account, event.subject, event.sealed, event.secret, event.segment, event.body_start,
      event.headers_bytes, event.body_bytes
    from job indexed by job_ready cross join event on event.seq = job.seq / ${JOBS_PER_EVENT}
    where job.state = ${READY} and job.queue = ? and job.due_at <= ?
    order by job.due_at, job.seq limit ?)`;

/** JSON of {@link DueJob}[], and of {@link DueEvent}[] in the same order. */
export interface DueJobs {
  jobs: string;
  events: string;
}

export function dueJobs(engine: Engine, queue: number, limit: number): DueJobs {
  return engine.sql.one<{ jobs: string; events: string }>(DUE_JOBS, queue, engine.nowMs, limit)!;
}

export function orderKeyOf({ 5: kept }: DueJob): string | null {
  return kept === null ? null : fromStoredText(kept);
}

/** See `ahead` of a claimed job. What takes a job in the database says the same. */
export function countsAtOnce(attempts: number, maxAttempts: number): boolean {
  return attempts === 0 && maxAttempts > 1;
}
