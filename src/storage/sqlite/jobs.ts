/** Verbs on jobs: look at them, run them again, stop and let go their queues. What runs them is turn.ts. @module */
import type { JobState } from '../../core/event.js';
import type { JobFilter, JobRow, QueueDepth, Requeue } from '../../core/job.js';
import { boundsOf, cursorOf, pageOf } from '../../core/page-cursor.js';
import type { Scope } from '../../core/scope.js';
import type { Page, PageRequest } from '../../core/store.js';
import type { Engine } from './engine.js';
import type { Parameter } from './engine-binding.js';
import { insertJob, JOBS_PER_EVENT, revive } from './job-table.js';
import { COMPLETED, DEAD, JOB_STATES, READY, RUNNING, type Queue, type StateNumber } from './queues.js';

interface JobColumns {
  seq: number;
  id: string;
  eventId: string;
  queue: string;
  state: StateNumber;
  attempts: number;
  maxAttempts: number;
  generation: number;
  orderKey: string | null;
  dueAt: number;
  updatedAt: number;
  error: string | null;
  parkedOn: string | null;
  waitingSince: number | null;
}

const COLUMNS = `job.seq as seq, job.id as id, event.id as eventId, queue.name as queue, job.state as state,
  job.attempts as attempts, job.max_attempts as maxAttempts, job.generation as generation, job.order_key as orderKey,
  job.due_at as dueAt, job.updated_at as updatedAt, job.error as error, job.parked_on as parkedOn, job.waits_since as waitingSince`;

const JOINED = `join event on event.seq = job.seq / ${JOBS_PER_EVENT} join queue on queue.id = job.queue`;

function rowOf(engine: Engine, columns: JobColumns): JobRow {
  const { id, eventId, queue, attempts, maxAttempts, generation } = columns;
  const row: JobRow = {
    id,
    eventId,
    queue,
    state: JOB_STATES[columns.state]!,
    attempts,
    maxAttempts,
    generation,
    dueAtMs: columns.dueAt,
    updatedAtMs: columns.updatedAt,
    pastAttempts: engine.sql.all<JobRow['pastAttempts'][number]>(PAST, columns.seq).map((past) => ({ ...past })),
  };
  if (columns.orderKey !== null) row.orderKey = columns.orderKey;
  if (columns.error !== null) row.error = columns.error;
  if (columns.parkedOn !== null) row.parkedOn = columns.parkedOn;
  if (columns.waitingSince !== null && columns.state <= RUNNING) row.waitingSinceMs = columns.waitingSince;
  return row;
}

const PAST = `select attempt, ended_at as endedAtMs, error from attempt where job = ? order by fence`;

function get(engine: Engine, scope: Scope, id: string): JobRow | undefined {
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return undefined;
  const row = engine.sql.one<JobColumns>(
    `select ${COLUMNS} from job ${JOINED} where job.id = ? and queue.scope = ?`,
    id,
    scopeId,
  );
  return row && rowOf(engine, row);
}

function list(engine: Engine, scope: Scope, filter: JobFilter, page: PageRequest): Page<JobRow> {
  const { limit, after, newestFirst } = boundsOf(page, 1);
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return { rows: [] };
  const { sql, conditions, parameters } = selectionOf(engine, scopeId, filter);
  if (after !== undefined) {
    conditions.push(newestFirst ? 'job.seq < ?' : 'job.seq > ?');
    parameters.push(after[0]!);
  }
  const text = `${sql} where ${conditions.join(' and ')} order by job.seq ${newestFirst ? 'desc' : 'asc'} limit ?`;
  const rows = engine.sql.allOnce<JobColumns>(text, [...parameters, limit + 1]);
  return pageOf(
    rows,
    limit,
    (row) => rowOf(engine, row),
    ({ seq }) => cursorOf(seq),
  );
}

interface Selection {
  sql: string;
  conditions: string[];
  parameters: Parameter[];
}

/**
 * The way to the rows. One event's jobs are neighbours. Jobs of a state that few are in come from its partial index and
 * are sorted; jobs of a state that many are in are met soon on a walk by number.
 */
function selectionOf(engine: Engine, scopeId: number, { queue, state, eventId }: JobFilter): Selection {
  const conditions = ['queue.scope = ?'];
  const parameters: Parameter[] = [scopeId];
  if (queue !== undefined) {
    conditions.push('job.queue = ?');
    parameters.push(queueId(engine, scopeId, queue));
  }
  if (eventId !== undefined) {
    const first = JOBS_PER_EVENT * eventSeq(engine, scopeId, eventId);
    conditions.push('job.seq between ? and ?');
    parameters.push(first, first + JOBS_PER_EVENT - 1);
  }
  const number = state === undefined ? undefined : JOB_STATES.indexOf(state);
  if (number !== undefined) conditions.push(`job.state = ${number}`);
  const way = eventId === undefined ? indexFor(engine, scopeId, state) : 'job';
  return { sql: `select ${COLUMNS} from ${way} ${JOINED}`, conditions, parameters };
}

/** Up to this many rows are fetched by an index and sorted. */
const SORTED_MAX = 20_000;

function indexFor(engine: Engine, scopeId: number, state: JobState | undefined): string {
  if (state === undefined || state === 'running' || state === 'completed') return 'job not indexed';
  const { total } = engine.sql.one<{ total: number }>(
    `select coalesce(sum(${state}), 0) as total from queue where scope = ?`,
    scopeId,
  )!;
  return total <= SORTED_MAX ? `job indexed by job_${state}` : 'job not indexed';
}

function queueId(engine: Engine, scopeId: number, name: string): number {
  const row = engine.sql.one<{ id: number }>('select id from queue where scope = ? and name = ?', scopeId, name);
  return row?.id ?? -1;
}

function eventSeq(engine: Engine, scopeId: number, id: string): number {
  const row = engine.sql.one<{ seq: number }>('select seq from event where scope = ? and id = ?', scopeId, id);
  return row?.seq ?? -1;
}

function requeue(engine: Engine, scope: Scope, items: Requeue[]): { requeued: number } {
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return { requeued: 0 };
  let requeued = 0;
  for (const item of items) if (requeueOne(engine, scopeId, item)) requeued += 1;
  return { requeued };
}

interface AtRest {
  seq: number;
  state: StateNumber;
  generation: number;
  orderKey: string | null;
  hold: number;
}

function requeueOne(engine: Engine, scopeId: number, item: Requeue): boolean {
  const event = eventSeq(engine, scopeId, item.eventId);
  if (event === -1) return false;
  const queue = engine.queues.named(scopeId, item.queue);
  const first = event * JOBS_PER_EVENT;
  const last = first + JOBS_PER_EVENT - 1;
  const job = engine.sql.one<AtRest>(OF_QUEUE, first, last, queue.id);
  if (job === undefined) return addJob(engine, queue, event, item);
  if (job.state !== COMPLETED && job.state !== DEAD) return false;
  revive(engine, { ...job, queue }, job.state, {
    maxAttempts: item.maxAttempts,
    generation: job.generation + (item.again ? 1 : 0),
    dueAtMs: engine.nowMs + item.delayMs,
    orderLimit: item.orderLimit ?? 1,
    hold: item.onDead === 'hold' ? 1 : 0,
  });
  return true;
}

const OF_QUEUE = `select seq, state, generation, order_key as orderKey, hold from job
  where seq between ? and ? and queue = ?`;

/** A job for an event that had none for this queue: it gets the next place among the jobs of its event. */
function addJob(engine: Engine, queue: Queue, event: number, item: Requeue): boolean {
  const first = event * JOBS_PER_EVENT;
  const { seq } = engine.sql.one<{ seq: number }>(NEXT_PLACE, first, first, first + JOBS_PER_EVENT - 1)!;
  if (seq === first + JOBS_PER_EVENT) return false;
  engine.sql.run('update event set jobs = jobs + 1 where seq = ?', event);
  insertJob(engine, queue, seq, { ...item, id: item.jobId });
  return true;
}

const NEXT_PLACE = `select coalesce(max(seq) + 1, ?) as seq from job where seq between ? and ?`;

function setPaused(engine: Engine, scope: Scope, queue: string | undefined, paused: boolean): void {
  engine.queues.pause(engine.names.scopeId(scope), queue, paused);
}

interface DepthColumns extends Record<JobState, number> {
  queue: string;
  paused: number;
  oldest: number | null;
}

function depth(engine: Engine, scope: Scope): QueueDepth[] {
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return [];
  return engine.sql.all<DepthColumns>(DEPTH, scopeId).map(({ queue, paused, oldest, ...counts }) => {
    const row: QueueDepth = { queue, paused: paused === 1, counts };
    if (oldest !== null) row.oldestDueAtMs = oldest;
    return row;
  });
}

// The counters and one step into the index of ready jobs: nothing here counts rows.
const DEPTH = `select queue.name as queue, max(queue.paused, scope.paused) as paused,
    ready, blocked, running, parked, completed, dead,
    (select min(due_at) from job indexed by job_ready where state = ${READY} and job.queue = queue.id) as oldest
  from queue join scope on scope.id = queue.scope where queue.scope = ? order by queue.name`;

export const jobs = { get, list, requeue, setPaused, depth };
