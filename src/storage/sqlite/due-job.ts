/** Due jobs with their events, as tuples: the one read that happens for every job there is. @module */
import type { ClaimedJob } from '../../core/job.js';
import type { Engine } from './engine.js';
import { JOBS_PER_EVENT } from './job-table.js';
import { READY } from './queues.js';

export type DueJob = readonly [
  seq: number,
  id: string,
  attempts: number,
  maxAttempts: number,
  generation: number,
  fence: number,
  orderKey: string | null,
  hold: number,
  eventId: string,
  origin: number,
  provider: string,
  type: string,
  key: string,
  receivedAtMs: number,
  occurredAtMs: number | null,
  account: string | null,
  subject: string | null,
  sealed: number,
  secretId: string | null,
  segment: number,
  start: number,
  headersBytes: number,
  bodyBytes: number,
  waitingSinceMs: number | null,
];

/**
 * Parameters: queue, now, how many. The jobs decide the order (hence the cross join), each brings its event. All of
 * them as one JSON text: read value by value they cost three times as much.
 */
export const DUE_JOBS = `select json_group_array(json_array(seq, id, attempts, max_attempts, generation, fence, order_key, hold,
    event_id, origin, provider, type, key, received_at, occurred_at, account, subject, sealed, secret, segment,
    body_start, headers_bytes, body_bytes, waits_since)) as jobs
  from (select job.*, event.id as event_id, event.origin, event.provider, event.type, event.key, event.received_at,
      event.occurred_at, event.account, event.subject, event.sealed, event.secret, event.segment, event.body_start,
      event.headers_bytes, event.body_bytes
    from job indexed by job_ready cross join event on event.seq = job.seq / ${JOBS_PER_EVENT}
    where job.state = ${READY} and job.queue = ? and job.due_at <= ?
    order by job.due_at, job.seq limit ?)`;

export function dueJobs(engine: Engine, queue: number, limit: number): DueJob[] {
  const { jobs } = engine.sql.one<{ jobs: string }>(DUE_JOBS, queue, engine.nowMs, limit)!;
  return JSON.parse(jobs) as DueJob[];
}

/** @throws AppError `store_corrupt` */
export function dueEventOf(engine: Engine, row: DueJob): ClaimedJob['event'] {
  const [seq, , , , , , , , id, origin, provider, type, key, receivedAtMs, occurredAtMs, ...rest] = row;
  const [account, subject, sealed, secretId, segment, start, headersBytes, bodyBytes] = rest;
  const parcel = engine.bodies.parcel(segment, start, headersBytes, bodyBytes, engine.storedAtMs);
  const event: ClaimedJob['event'] = {
    id,
    sourceId: engine.names.originName(origin),
    provider,
    type,
    key,
    receivedAtMs,
    bodyBytes,
    headers: parcel?.headers ?? '{}',
    bodySha256: parcel?.bodySha256 ?? hashOf(engine, seq),
    sealed: sealed === 1,
  };
  if (parcel !== undefined) event.body = parcel.body;
  if (occurredAtMs !== null) event.occurredAtMs = occurredAtMs;
  if (account !== null) event.account = account;
  if (subject !== null) event.subject = subject;
  if (secretId !== null) event.secretId = secretId;
  return event;
}

/** The hash of a body that retention has taken. */
function hashOf(engine: Engine, jobSeq: number): Uint8Array {
  const seq = Math.floor(jobSeq / JOBS_PER_EVENT);
  return engine.sql.one<{ hash: Uint8Array }>('select body_sha256 as hash from event where seq = ?', seq)!.hash;
}
