/** Retention: deletes what is old, a little at a time, oldest first. Leaf hashes stay for ever. @module */
import type { Environment } from '../../core/scope.js';
import { SPEND_KEPT_MS } from '../../core/spend.js';
import type { Retention } from '../../core/store.js';
import { bodySpace, keySpace } from './dedupe.js';
import type { Engine } from './engine.js';
import { JOBS_PER_EVENT, leavePlace } from './job-table.js';
import { pruneSessions } from './sessions.js';
import { pruneTickets } from './tickets.js';
import { firstAtOrAfter } from './time-bounds.js';
import { BLOCKED, COMPLETED, DEAD, PARKED, READY, RUNNING, type StateNumber } from './queues.js';

/** Rows removed by kind: bodies, attempts, keys (of deliveries), calls, steps, tickets, sessions, entries, events. */
export function prune(engine: Engine, retention: Retention, limit: number): Record<string, number> {
  engine.numbers.rememberHighest();
  const { nowMs } = engine;
  const eventMs = Math.max(retention.auditMs, retention.dedupeMs, retention.bodiesMs);
  return {
    bodies: pruneBodies(engine, nowMs - retention.bodiesMs, limit),
    attempts: engine.sql.run(OLD_ATTEMPTS, nowMs - retention.attemptsMs, limit),
    keys: pruneKeys(engine, nowMs - retention.dedupeMs, limit),
    calls: engine.sql.run(OLD_CALLS, nowMs, nowMs - retention.dedupeMs, limit),
    steps: engine.sql.run(OLD_STEPS, nowMs, limit),
    approvals: engine.sql.run(OLD_APPROVALS, nowMs - retention.dedupeMs, limit),
    spends: engine.sql.run(OLD_SPENDS, nowMs - SPEND_KEPT_MS, limit),
    tickets: pruneTickets(engine, limit),
    sessions: pruneSessions(engine, limit),
    entries: pruneEntries(engine, nowMs - retention.auditMs, limit),
    events: pruneEvents(engine, nowMs - eventMs, limit),
  };
}

const OLD_ATTEMPTS = `delete from attempt where (job, fence) in
  (select job, fence from attempt where ended_at < ? order by ended_at limit ?)`;

// A key outlives its own life if the installation remembers longer; an undecided call has no end.
const OLD_CALLS = `delete from call where seq in
  (select seq from call where forget_at < ? and ended_at < ? order by forget_at limit ?)`;

const OLD_STEPS = `delete from transition where (scope, key) in
  (select scope, key from transition where forget_at < ? order by forget_at limit ?)`;

const OLD_APPROVALS = `delete from approval where seq in
  (select seq from approval where requested_at < ? and state in ('rejected', 'expired', 'used') order by seq limit ?)`;

const OLD_SPENDS = `delete from spend where (scope, counter, key) in
  (select scope, counter, key from spend where at < ? limit ?)`;

/**
 * The numbers of the rows that a run looks at: those stored before a moment, from where the run before stopped, and
 * from the beginning again when it came to the end. So rows that must stay do not keep others from going.
 */
function walk(engine: Engine, name: string, table: 'event' | 'segment', beforeMs: number, limit: number): number[] {
  const { sql } = engine;
  const from = sql.one<{ value: number }>('select value from meta where name = ?', name)?.value ?? 0;
  const rows = sql.all<{ id: number }>(
    `select rowid as id from ${table} where rowid > ? and rowid < ? order by rowid limit ?`,
    from,
    firstAtOrAfter(engine, table, beforeMs),
    limit,
  );
  const next = rows.length < limit ? 0 : rows.at(-1)!.id;
  if (next !== from) sql.run('insert or replace into meta (name, value) values (?, ?)', name, next);
  return rows.map(({ id }) => id);
}

/** A segment goes when everything in it is old and no job still wants a body of it. */
function pruneBodies(engine: Engine, beforeMs: number, limit: number): number {
  const { sql } = engine;
  let bodies = 0;
  for (const id of walk(engine, 'bodies_walk', 'segment', beforeMs, limit)) {
    const { first, last } = sql.one<{ first: number; last: number }>(SEGMENT, id)!;
    if (sql.one(OPEN_JOB, first * JOBS_PER_EVENT, (last + 1) * JOBS_PER_EVENT)) continue;
    sql.run('delete from segment where id = ?', id);
    bodies += last - first + 1;
  }
  engine.bodies.forget();
  return bodies;
}

const SEGMENT = `select first_event as first, last_event as last from segment where id = ?`;

const OPEN_JOB = `select 1 from job
  where seq >= ? and seq < ? and state in (${READY}, ${BLOCKED}, ${RUNNING}, ${PARKED}) limit 1`;

interface KeyColumns {
  seq: number;
  origin: number;
  dedupeKey: Uint8Array;
  bodyKey: Uint8Array | null;
}

/** Events keep their keys until they go; where the walk over them has come to says whose are gone. */
function pruneKeys(engine: Engine, beforeMs: number, limit: number): number {
  const rows = engine.sql.all<KeyColumns>(KEYS, keysPrunedTo(engine), firstAtOrAfter(engine, 'event', beforeMs), limit);
  let keys = 0;
  for (const { seq, origin, dedupeKey, bodyKey } of rows) {
    keys += engine.dedupe.forget(keySpace(origin), dedupeKey, seq);
    if (bodyKey !== null) keys += engine.dedupe.forget(bodySpace(origin), bodyKey, seq);
  }
  if (rows.length > 0) engine.sql.run(KEYS_PRUNED, rows.at(-1)!.seq);
  return keys;
}

const KEYS = `select seq, origin, dedupe_key as dedupeKey, body_key as bodyKey from event
  where seq > ? and seq < ? order by seq limit ?`;
const KEYS_PRUNED = `insert or replace into meta (name, value) values ('keys_pruned', ?)`;

function keysPrunedTo(engine: Engine): number {
  return engine.sql.one<{ value: number }>(`select value from meta where name = 'keys_pruned'`)?.value ?? 0;
}

/** Entries whose place in the tree is under a checkpoint. Their leaves stay. */
function pruneEntries(engine: Engine, beforeMs: number, limit: number): number {
  const end = firstAtOrAfter(engine, 'audit', beforeMs);
  return engine.sql.run(OLD_ENTRIES, end, sealed(engine, 'sandbox'), sealed(engine, 'live'), limit);
}

const OLD_ENTRIES = `delete from audit where seq in (
  select audit.seq from audit join scope on scope.id = audit.scope
  where audit.seq < ? and audit.leaf <= case scope.environment when 'sandbox' then ? else ? end
  order by audit.seq limit ?)`;

function sealed(engine: Engine, environment: Environment): number {
  const sql = `select coalesce(max(size), 0) as size from checkpoint where environment = ?`;
  return engine.sql.one<{ size: number }>(sql, environment)!.size;
}

/** Events go last, with their jobs: when their keys and bodies are gone and their receipt is under a checkpoint. */
function pruneEvents(engine: Engine, beforeMs: number, limit: number): number {
  const { sql } = engine;
  const marks = [keysPrunedTo(engine), sealed(engine, 'sandbox'), sealed(engine, 'live')];
  let events = 0;
  for (const seq of walk(engine, 'events_walk', 'event', beforeMs, limit)) {
    if (sql.one(DISPENSABLE, seq, ...marks) === undefined) continue;
    removeJobs(engine, seq);
    sql.run('delete from event where seq = ?', seq);
    events += 1;
  }
  engine.numbers.eventsRemoved(events);
  return events;
}

const DISPENSABLE = `select 1 from event join scope on scope.id = event.scope
  where event.seq = ? and event.seq <= ?
    and event.leaf <= case scope.environment when 'sandbox' then ? else ? end
    and not exists (select 1 from segment where segment.id = event.segment)
    and not exists (select 1 from job
      where job.seq between event.seq * ${JOBS_PER_EVENT} and event.seq * ${JOBS_PER_EVENT} + ${JOBS_PER_EVENT - 1}
        and job.state not in (${COMPLETED}, ${DEAD}))`;

interface JobColumns {
  seq: number;
  queue: number;
  state: StateNumber;
  orderKey: string | null;
  hold: number;
}

function removeJobs(engine: Engine, event: number): void {
  const { sql, queues } = engine;
  const first = event * JOBS_PER_EVENT;
  for (const job of sql.all<JobColumns>(JOBS, first, first + JOBS_PER_EVENT - 1)) {
    const queue = queues.byId(job.queue);
    sql.run('delete from attempt where job = ?', job.seq);
    sql.run('delete from job where seq = ?', job.seq);
    queues.left(queue, job.state);
    if (job.state === DEAD && job.hold === 1 && job.orderKey !== null) leavePlace(engine, queue, job.orderKey);
  }
}

const JOBS = `select seq, queue, state, order_key as orderKey, hold from job where seq between ? and ?`;
