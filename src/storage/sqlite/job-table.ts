/**
 * Moves of single jobs between their states, with the counters and the order keys that go with them. Every verb that
 * touches a job does it through here.
 *
 * @module
 */
import type { NewJob } from '../../core/event.js';
import { keyText } from '../../core/key-text.js';
import type { Engine } from './engine.js';
import { BLOCKED, COMPLETED, DEAD, PARKED, READY, RUNNING, type Queue, type StateNumber } from './queues.js';

/** A job's number is its event's times this, plus its place: the jobs of an event are neighbours without an index. */
export const JOBS_PER_EVENT = 1024;

/** A job as far as a move needs it. */
export interface Movable {
  readonly seq: number;
  readonly queue: Queue;
  readonly orderKey: string | null;
  /** 1: the order key waits when this job dies. */
  readonly hold: number;
}

export function insertJob(engine: Engine, queue: Queue, seq: number, job: NewJob): void {
  const dueAtMs = engine.nowMs + (job.delayMs ?? 0);
  const orderKey = job.orderKey === undefined ? undefined : keyText(job.orderKey);
  const orderLimit = job.orderLimit ?? 1;
  const state = orderKey === undefined ? READY : takePlace(engine, queue, orderKey, orderLimit);
  const hold = job.onDead === 'hold' ? 1 : 0;
  const key = orderKey ?? null;
  const { id, maxAttempts } = job;
  engine.rows.jobs.add(seq, id, queue.id, state, maxAttempts, dueAtMs, engine.nowMs, key, orderLimit, hold);
  engine.queues.entered(queue, state, dueAtMs);
  if (orderKey === undefined) return;
  engine.settle();
  promote(engine, queue, orderKey);
}

/** Puts a job that is at rest (completed, dead) back in line. */
export function revive(
  engine: Engine,
  job: Movable,
  from: StateNumber,
  with_: { maxAttempts: number; generation: number; dueAtMs: number; orderLimit: number; hold: number },
): void {
  const keepsPlace = from === DEAD && job.hold === 1;
  const state =
    job.orderKey === null || keepsPlace ? READY : takePlace(engine, job.queue, job.orderKey, with_.orderLimit);
  engine.sql.run(
    REVIVE,
    state,
    with_.maxAttempts,
    with_.generation,
    with_.dueAtMs,
    engine.nowMs,
    with_.orderLimit,
    with_.hold,
    job.seq,
  );
  engine.queues.left(job.queue, from);
  engine.queues.entered(job.queue, state, with_.dueAtMs);
  if (job.orderKey !== null) promote(engine, job.queue, job.orderKey);
}

const REVIVE = `update job set state = ?, attempts = 0, max_attempts = ?, generation = ?, due_at = ?, updated_at = ?,
  order_limit = ?, hold = ?, error = null, parked_on = null, lease = null, waits_since = null where seq = ?`;

export function complete(engine: Engine, job: Movable, from: StateNumber): void {
  engine.sql.run(COMPLETE, engine.nowMs, job.seq);
  engine.queues.left(job.queue, from);
  engine.queues.entered(job.queue, COMPLETED, 0);
  if (job.orderKey !== null) leavePlace(engine, job.queue, job.orderKey);
}

const COMPLETE = `update job set state = ${COMPLETED}, updated_at = ?, error = null where seq = ?`;

export function bury(engine: Engine, job: Movable, from: StateNumber, error: string): void {
  engine.sql.run(BURY, engine.nowMs, error, job.seq);
  engine.queues.left(job.queue, from);
  engine.queues.entered(job.queue, DEAD, 0);
  // A held key keeps its slot taken: the rest of it waits until somebody revives the dead one.
  if (job.orderKey !== null && job.hold === 0) leavePlace(engine, job.queue, job.orderKey);
}

const BURY = `update job set state = ${DEAD}, updated_at = ?, error = ? where seq = ?`;

/** Running or parked to ready; a head stays the head of its order key. */
export function putBack(
  engine: Engine,
  job: Movable,
  from: StateNumber,
  to: { attempts: number; dueAtMs: number; error?: string },
): void {
  engine.sql.run(PUT_BACK, to.attempts, to.dueAtMs, engine.nowMs, to.error ?? null, job.seq);
  engine.queues.left(job.queue, from);
  engine.queues.entered(job.queue, READY, to.dueAtMs);
}

const PUT_BACK = `update job set state = ${READY}, attempts = ?, due_at = ?, updated_at = ?,
  error = coalesce(?, error), parked_on = null where seq = ?`;

export function park(engine: Engine, job: Movable, attempts: number, parkedOn: string): void {
  engine.sql.run(PARK, attempts, parkedOn, engine.nowMs, job.seq);
  engine.queues.left(job.queue, RUNNING);
  engine.queues.entered(job.queue, PARKED, 0);
}

const PARK = `update job set state = ${PARKED}, attempts = ?, parked_on = ?, updated_at = ? where seq = ?`;

/** Makes the jobs of a scope ready that wait for this call. */
export function wake(engine: Engine, scope: number, callId: string): void {
  const rows = engine.sql.all<Omit<Movable, 'queue'> & { queue: number; attempts: number }>(PARKED_ON, callId);
  for (const row of rows) {
    const queue = engine.queues.byId(row.queue);
    if (queue.scope !== scope) continue;
    putBack(engine, { ...row, queue }, PARKED, { attempts: row.attempts, dueAtMs: engine.nowMs });
  }
}

const PARKED_ON = `select seq, queue, attempts, order_key as orderKey, hold from job
  where state = ${PARKED} and parked_on = ? order by seq`;

/** Gives back the slot of a job of an order key and lets the next one in. */
export function leavePlace(engine: Engine, queue: Queue, orderKey: string): void {
  engine.sql.run('update ordering set heads = heads - 1 where queue = ? and key = ?', queue.id, orderKey);
  promote(engine, queue, orderKey);
}

interface Ordering {
  slots: number;
  heads: number;
  blocked: number;
}

/** A slot of the key if one is free and nobody waits for it, else a place in the line behind it. */
function takePlace(engine: Engine, queue: Queue, orderKey: string, slots: number): typeof READY | typeof BLOCKED {
  const now = engine.sql.one<Ordering>(ORDERING, queue.id, orderKey);
  const isFree = now === undefined || (now.blocked === 0 && now.heads < slots);
  engine.sql.run(TAKE, queue.id, orderKey, slots, isFree ? 1 : 0, isFree ? 0 : 1);
  return isFree ? READY : BLOCKED;
}

const ORDERING = `select slots, heads, blocked from ordering where queue = ? and key = ?`;
const TAKE = `insert into ordering (queue, key, slots, heads, blocked) values (?, ?, ?, ?, ?)
  on conflict (queue, key) do update
  set slots = excluded.slots, heads = heads + excluded.heads, blocked = blocked + excluded.blocked`;

/** Fills the free slots of a key from its line, oldest first; forgets a key without jobs. */
function promote(engine: Engine, queue: Queue, orderKey: string): void {
  const { sql, queues, nowMs } = engine;
  const { slots, heads, blocked } = sql.one<Ordering>(ORDERING, queue.id, orderKey)!;
  const count = Math.min(slots - heads, blocked);
  if (count > 0) {
    for (const { seq, dueAtMs } of sql.all<{ seq: number; dueAtMs: number }>(
      FIRST_BLOCKED,
      queue.id,
      orderKey,
      count,
    )) {
      sql.run(`update job set state = ${READY}, updated_at = ? where seq = ?`, nowMs, seq);
      queues.left(queue, BLOCKED);
      queues.entered(queue, READY, dueAtMs);
    }
    sql.run(MOVED, count, count, queue.id, orderKey);
  } else if (heads === 0 && blocked === 0) {
    sql.run('delete from ordering where queue = ? and key = ?', queue.id, orderKey);
  }
}

const FIRST_BLOCKED = `select seq, due_at as dueAtMs from job
  where state = ${BLOCKED} and queue = ? and order_key = ? order by seq limit ?`;
const MOVED = `update ordering set heads = heads + ?, blocked = blocked - ? where queue = ? and key = ?`;
