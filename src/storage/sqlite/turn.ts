/** The heart of the queue: settle what has ended, keep what goes on, free what was abandoned, claim what is due. @module */
import { isAppError } from '../../core/errors.js';
import { CLAIM_BYTES_MAX, type Claim, type JobSettlement, type Turn } from '../../core/job.js';
import { HASH_BYTES } from '../../core/merkle.js';
import { isRefused } from './approvals.js';
import { ClaimPacker, type PackedClaim, type QueueShare } from './claim-message.js';
import { countsAtOnce, dueJobs, orderKeyOf, type DueJob } from './due-job.js';
import type { Engine } from './engine.js';
import { bury, complete, JOBS_PER_EVENT, park, putBack } from './job-table.js';
import type { Held } from './leases.js';
import { COMPLETED, READY, RUNNING, type Queue } from './queues.js';

const ABANDONED = 'lease_expired: the process that worked on this job ended or hung';

export function turn(engine: Engine, { settled, start, claim, extend }: Turn): Claim | PackedClaim {
  const refused: string[] = [];
  const completed: number[] = [];
  for (const settlement of settled) if (!settle(engine, settlement, completed)) refused.push(settlement.id);
  if (completed.length > 0) engine.sql.run(COMPLETE, engine.nowMs, JSON.stringify(completed));
  if (extend !== undefined) keep(engine, extend.jobs, extend.leaseMs);
  for (const held of engine.leases.expired(engine.nowMs)) abandon(engine, held);
  for (const { id, fence } of start ?? []) if (!begin(engine, id, fence)) refused.push(id);
  const packed = claim === undefined ? undefined : claimDue(engine, claim);
  return packed?.pack(refused) ?? { claimed: [], refused };
}

/** When the next job falls due or the next lease ends, in milliseconds from now. */
export function nextDueInMs(engine: Engine): number | undefined {
  let nextMs = engine.leases.nextEndMs();
  for (const queue of engine.queues.waiting()) {
    if (queue.dueAtMs <= engine.nowMs) queue.dueAtMs = firstDueAtMs(engine, queue);
    if (nextMs === undefined || queue.dueAtMs < nextMs) nextMs = queue.dueAtMs;
  }
  return nextMs === undefined ? undefined : Math.max(0, nextMs - engine.nowMs);
}

/** What a process that is gone had claimed; the attempts of what had begun are counted. For whoever has just become the owner of the file. */
export function abandonAll(engine: Engine): void {
  for (const held of engine.leases.all()) abandon(engine, held);
}

/**
 * Most jobs complete, and most of them in no order: their rows are written together, after the others.
 *
 * @returns false when the job is not held under this fence any more.
 */
function settle(engine: Engine, settlement: JobSettlement, completed: number[]): boolean {
  const held = engine.leases.find(settlement.id);
  if (held === undefined || held.fence !== settlement.fence) return false;
  engine.leases.drop(held);
  switch (settlement.outcome) {
    case 'completed':
      if (held.orderKey === null) completeLater(engine, held, completed);
      else complete(engine, held, RUNNING);
      break;
    case 'retry':
      fail(engine, held, settlement.error, settlement.delayMs);
      break;
    case 'dead':
      noteAttempt(engine, held, settlement.error);
      bury(engine, held, RUNNING, settlement.error);
      break;
    case 'parked':
      setAside(engine, held, settlement.parkedOn);
      break;
    case 'released':
      release(engine, held, settlement.wait);
  }
  return true;
}

/** Back in line, as if it had not been claimed; or put off, from when it fell due first. */
function release(engine: Engine, held: Held, wait: { delayMs: number; reason: string } | undefined): void {
  const attempts = attemptsBefore(held);
  if (wait === undefined) return putBack(engine, held, RUNNING, { attempts, dueAtMs: engine.nowMs });
  engine.sql.run(PUT_OFF, held.seq);
  putBack(engine, held, RUNNING, { attempts, dueAtMs: engine.nowMs + wait.delayMs, error: wait.reason });
}

const PUT_OFF = `update job set waits_since = coalesce(waits_since, due_at) where seq = ?`;

/** Its attempts without the one it was claimed for. */
function attemptsBefore({ attempts, ahead }: Held): number {
  return ahead === 1 ? attempts : attempts - 1;
}

/** Counts the attempt of a job that was claimed ahead. @returns false when it is not held under this fence any more. */
function begin(engine: Engine, id: string, fence: number): boolean {
  const held = engine.leases.find(id);
  if (held === undefined || held.fence !== fence) return false;
  if (held.ahead === 1) {
    engine.sql.run('update job set attempts = attempts + 1, ahead = 0 where seq = ?', held.seq);
    held.attempts += 1;
    held.ahead = 0;
  }
  return true;
}

function completeLater(engine: Engine, { seq, queue }: Held, completed: number[]): void {
  engine.queues.left(queue, RUNNING);
  engine.queues.entered(queue, COMPLETED, 0);
  completed.push(seq);
}

const COMPLETE = `update job set state = ${COMPLETED}, updated_at = ?, error = null
  where seq in (select value from json_each(?))`;

/** Runs again after `delayMs`, unless that was the last attempt. */
function fail(engine: Engine, held: Held, error: string, delayMs: number): void {
  noteAttempt(engine, held, error);
  if (held.attempts >= held.maxAttempts) bury(engine, held, RUNNING, error);
  else putBack(engine, held, RUNNING, { attempts: held.attempts, dueAtMs: engine.nowMs + delayMs, error });
}

function abandon(engine: Engine, held: Held): void {
  engine.leases.drop(held);
  if (held.ahead === 1) release(engine, held, undefined);
  else fail(engine, held, ABANDONED, 0);
}

/** Waits for a call; if the call has ended in the meantime there is nothing to wait for. */
function setAside(engine: Engine, held: Held, callId: string): void {
  const attempts = attemptsBefore(held);
  if (held.waitingSinceMs !== null) engine.sql.run('update job set waits_since = null where seq = ?', held.seq);
  const call = engine.sql.one<{ state: string }>(CALL_STATE, held.queue.scope, callId);
  const isOver = call?.state === 'done' || call?.state === 'failed' || isRefused(engine, held.queue.scope, callId);
  if (isOver) {
    putBack(engine, held, RUNNING, { attempts, dueAtMs: engine.nowMs });
  } else park(engine, held, attempts, callId);
}

const CALL_STATE = `select state from call where scope = ? and id = ?`;

function noteAttempt(engine: Engine, held: Held, error: string): void {
  engine.sql.run(ATTEMPT, held.seq, held.fence, held.attempts, engine.nowMs, error);
}

const ATTEMPT = `insert into attempt (job, fence, attempt, ended_at, error) values (?, ?, ?, ?, ?)`;

function keep(engine: Engine, jobs: readonly { id: string; fence: number }[], leaseMs: number): void {
  const held = jobs.flatMap(({ id, fence }) => {
    const found = engine.leases.find(id);
    return found?.fence === fence ? [found] : [];
  });
  if (held.length === 0) return;
  const lease = engine.leases.open(engine.nowMs + leaseMs);
  for (const job of held) {
    engine.leases.move(job, lease);
    engine.sql.run('update job set lease = ? where seq = ?', lease, job.seq);
  }
  engine.leases.write(
    lease,
    '',
    held.map(({ seq }) => seq),
  );
}

/**
 * Shares the claim among the queues that have something due; the ones served longest ago choose first.
 *
 * @returns what was claimed, or `undefined` when it is nothing.
 */
function claimDue(engine: Engine, { limit, leaseMs, owner }: NonNullable<Turn['claim']>): ClaimPacker | undefined {
  let queues = engine.queues.claimable(engine.nowMs);
  if (queues.length === 0 || limit <= 0) return undefined;
  const lease = engine.leases.open(engine.nowMs + leaseMs);
  const claim: Claiming = { lease, packer: new ClaimPacker(), seqs: [], bytes: 0, limit };
  while (queues.length > 0 && hasRoom(claim)) {
    const share = Math.max(1, Math.floor((limit - claim.seqs.length) / queues.length));
    const more: Queue[] = [];
    for (const queue of queues) {
      if (!hasRoom(claim)) break;
      const wanted = Math.min(share, limit - claim.seqs.length);
      if (claimFrom(engine, queue, wanted, claim) === wanted) more.push(queue);
      engine.queues.served(queue);
    }
    queues = more;
  }
  engine.leases.write(claim.lease, owner, claim.seqs);
  return claim.seqs.length > 0 ? claim.packer : undefined;
}

interface Claiming {
  readonly lease: number;
  readonly limit: number;
  readonly packer: ClaimPacker;
  /** Of the jobs claimed. */
  readonly seqs: number[];
  bytes: number;
}

function hasRoom(claim: Claiming): boolean {
  return claim.seqs.length < claim.limit && claim.bytes < CLAIM_BYTES_MAX;
}

/** @returns how many jobs this queue gave. */
function claimFrom(engine: Engine, queue: Queue, wanted: number, claim: Claiming): number {
  const due = dueJobs(engine, queue.id, wanted);
  const rows = JSON.parse(due.jobs) as DueJob[];
  const seqs: number[] = [];
  const scope = engine.names.scopeOf(queue.scope);
  const share: QueueShare = { scope, queue: queue.name, origins: {}, taken: 0, left: [], bodiless: [] };
  for (const row of rows) {
    if (claim.bytes >= CLAIM_BYTES_MAX) break;
    const place = share.taken++;
    if (!takeBytes(engine, queue, row, claim.packer, share)) {
      share.left.push(place);
      continue;
    }
    hold(engine, queue, row, claim.lease);
    claim.bytes += row[11];
    seqs.push(row[0]);
  }
  if (seqs.length > 0) {
    engine.sql.run(TAKE, claim.lease, engine.nowMs, JSON.stringify(seqs));
    claim.packer.addShare(share, due);
    for (const seq of seqs) claim.seqs.push(seq);
  }
  if (share.taken === rows.length && share.taken < wanted) queue.dueAtMs = firstDueAtMs(engine, queue);
  return share.taken;
}

/**
 * Takes what the event of a job keeps outside of its row. A job whose event is damaged ends, with the reason: the rest
 * of the queue goes on.
 *
 * @returns false when it is damaged.
 */
function takeBytes(engine: Engine, queue: Queue, row: DueJob, packer: ClaimPacker, share: QueueShare): boolean {
  const [seq, , , , , , hold, origin, segment, start, headersBytes, bodyBytes] = row;
  const end = start + headersBytes + bodyBytes + HASH_BYTES;
  let bytes: Uint8Array | undefined;
  try {
    bytes = engine.bodies.segment(segment, end, engine.storedAtMs);
  } catch (error) {
    if (!isAppError(error, 'store_corrupt')) throw error;
    bury(engine, { seq, queue, orderKey: orderKeyOf(row), hold }, READY, `${error.code}: ${error.message}`);
    return false;
  }
  share.origins[origin] ??= engine.names.originName(origin);
  if (bytes !== undefined) packer.addBytes(bytes, start, end);
  else {
    share.bodiless.push(share.taken - 1);
    packer.addBytes(hashOf(engine, seq), 0, HASH_BYTES);
  }
  return true;
}

/** The hash of a body that retention has taken. */
function hashOf(engine: Engine, jobSeq: number): Uint8Array {
  const seq = Math.floor(jobSeq / JOBS_PER_EVENT);
  const { hash } = engine.sql.one<{ hash: Uint8Array }>('select body_sha256 as hash from event where seq = ?', seq)!;
  const bytes = new Uint8Array(HASH_BYTES);
  // What follows it in a message must lie where it is looked for, whatever somebody wrote here.
  bytes.set(hash.subarray(0, HASH_BYTES));
  return bytes;
}

/** Counts a job as ours. */
function hold(engine: Engine, queue: Queue, row: DueJob, lease: number): void {
  const [seq, id, attempts, maxAttempts, lastFence, , hold] = row;
  engine.queues.left(queue, READY);
  engine.queues.entered(queue, RUNNING, 0);
  const isAhead = !countsAtOnce(attempts, maxAttempts);
  engine.leases.hold({
    id,
    seq,
    queue,
    fence: lastFence + 1,
    attempts: isAhead ? attempts : attempts + 1,
    ahead: isAhead ? 1 : 0,
    maxAttempts,
    orderKey: orderKeyOf(row),
    hold,
    waitingSinceMs: row[12],
    lease,
  });
}

/** {@link countsAtOnce} in SQL. */
const TAKE = `update job set state = ${RUNNING}, attempts = attempts + (attempts = 0 and max_attempts > 1),
  ahead = not (attempts = 0 and max_attempts > 1), fence = fence + 1, lease = ?, updated_at = ?
  where seq in (select value from json_each(?))`;

function firstDueAtMs(engine: Engine, queue: Queue): number {
  return engine.sql.one<{ at: number | null }>(FIRST_DUE, queue.id)?.at ?? Infinity;
}

const FIRST_DUE = `select min(due_at) as at from job indexed by job_ready where state = ${READY} and queue = ?`;
