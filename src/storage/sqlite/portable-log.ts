/** The log of the neutral form, read: both trees, merged in the order of the commits, with what their leaves stand for. @module */
import type { LogRecord, PortableAttempt, PortableEntry, PortableEvent, PortableJob } from '../../core/portable.js';
import type { Environment } from '../../core/scope.js';
import { keySpace, bodySpace } from './dedupe.js';
import type { Engine } from './engine.js';
import { JOBS_PER_EVENT } from './job-table.js';
import { KEYS_IN_TREE_TO } from './portable-summary.js';
import { JOB_STATES } from './queues.js';

const LEAVES_AT_ONCE = 500;
/** A batch ends with the record that reaches one of these. */
const BATCH_RECORDS = 1_000;
const BATCH_BYTES = 4 * 1024 * 1024;

export function* logOf(engine: Engine): Generator<LogRecord[]> {
  const walks = [leavesOf(engine, 'sandbox'), leavesOf(engine, 'live')];
  const heads = walks.map((walk) => walk.next());
  let batch: LogRecord[] = [];
  let bytes = 0;
  for (;;) {
    const [sandbox, live] = heads.map((head) => (head.done === true ? Infinity : head.value.storedAtMs));
    const first = sandbox! <= live! ? 0 : 1;
    const head = heads[first]!;
    if (head.done === true) break;
    heads[first] = walks[first]!.next();
    batch.push(head.value);
    bytes += head.value.event?.parcel?.length ?? 0;
    if (batch.length < BATCH_RECORDS && bytes < BATCH_BYTES) continue;
    yield batch;
    [batch, bytes] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}

interface LeafColumns {
  n: number;
  hash: Uint8Array;
  scope: number;
  ref: number;
  storedAtMs: number | null;
}

/** A leaf whose content is gone is as old as the one before it. */
function* leavesOf(engine: Engine, environment: Environment): Generator<LogRecord> {
  const page = `select n, hash, scope, ref, coalesce((select stored_at from audit where seq = ref),
      (select stored_at from event where seq = -ref)) as storedAtMs
    from leaf_${environment} where n > ? order by n limit ${LEAVES_AT_ONCE}`;
  let last = { n: 0, storedAtMs: 0 };
  for (;;) {
    const rows = engine.sql.all<LeafColumns>(page, last.n);
    for (const { n, hash, scope, ref, storedAtMs } of rows) {
      last = { n, storedAtMs: Math.max(last.storedAtMs, storedAtMs ?? 0) };
      yield recordOf(engine, { environment, index: n - 1, scope, hash, storedAtMs: last.storedAtMs }, ref);
    }
    if (rows.length < LEAVES_AT_ONCE) return;
  }
}

function recordOf(engine: Engine, leaf: Omit<LogRecord, 'kind'>, ref: number): LogRecord {
  if (ref >= 0) {
    const entry = engine.sql.one<PortableEntry>(ENTRY, ref);
    return { ...leaf, kind: 'entry', ...(entry === undefined ? {} : { entry: { ...entry } }) };
  }
  const event = eventOf(engine, -ref);
  return { ...leaf, kind: 'receipt', ...(event === undefined ? {} : { event }) };
}

const ENTRY = `select id, at as atMs, action, status, actor, provider, target, call as callId, event as eventId, record,
  personal from audit where seq = ?`;

type EventColumns = Omit<
  PortableEvent,
  'isKeyKnown' | 'isBodyKeyKnown' | 'sealed' | 'parcel' | 'headersBytes' | 'jobs'
> & {
  headersBytes: number;
  sealed: number;
  segment: number;
  bodyStart: number;
  keysMoved: number;
};

function eventOf(engine: Engine, seq: number): PortableEvent | undefined {
  const row = engine.sql.one<EventColumns>(EVENT, seq);
  if (row === undefined) return undefined;
  const { sealed, segment, bodyStart, keysMoved, ...columns } = row;
  const parcel = engine.bodies.parcel(segment, bodyStart, row.headersBytes, row.bodyBytes, 0);
  const isRecent = seq > keysMoved;
  const isKnown = (space: number, key: Uint8Array): boolean =>
    isRecent || engine.sql.one<{ event: number }>(KEY, space, key)?.event === seq;
  return {
    ...columns,
    isKeyKnown: isKnown(keySpace(row.origin), row.dedupeKey),
    isBodyKeyKnown: row.bodyKey !== null && isKnown(bodySpace(row.origin), row.bodyKey),
    parcel: parcel === undefined ? null : Buffer.concat([Buffer.from(parcel.headers), parcel.body]),
    sealed: sealed === 1,
    jobs: jobsOf(engine, seq),
  };
}

const EVENT = `select id, origin, provider, type, key, dedupe_key as dedupeKey, body_key as bodyKey,
    occurred_at as occurredAtMs, received_at as receivedAtMs, account, subject, segment, body_start as bodyStart,
    headers_bytes as headersBytes, body_bytes as bodyBytes, body_sha256 as bodySha256, sealed, secret as secretId,
    duplicates, jobs as jobCount, ${KEYS_IN_TREE_TO} as keysMoved
  from event where seq = ?`;
const KEY = `select event from dedupe where space = ? and key = ?`;

type JobColumns = Omit<PortableJob, 'state' | 'hold' | 'ahead' | 'past' | 'place'> & {
  seq: number;
  state: number;
  hold: number;
  ahead: number;
};

function jobsOf(engine: Engine, event: number): PortableJob[] {
  const first = event * JOBS_PER_EVENT;
  return engine.sql
    .all<JobColumns>(JOBS, first, first + JOBS_PER_EVENT - 1)
    .map(({ seq, state, hold, ahead, ...columns }) => ({
      ...columns,
      place: seq - first,
      state: JOB_STATES[state]!,
      hold: hold === 1,
      ahead: ahead === 1,
      past: engine.sql.all<PortableAttempt>(ATTEMPTS, seq).map((attempt) => ({ ...attempt })),
    }));
}

const JOBS = `select job.seq, id, queue, state, hold, attempts, max_attempts as maxAttempts, generation, fence,
    order_limit as orderLimit, order_key as orderKey, due_at as dueAtMs, updated_at as updatedAtMs,
    case when state = 2 then coalesce((select until from lease where lease.id = job.lease), 0) end as leaseUntilMs,
    parked_on as parkedOn, error, ahead, waits_since as waitingSinceMs
  from job where seq between ? and ? order by seq`;
const ATTEMPTS = `select fence, attempt, ended_at as endedAtMs, error from attempt where job = ? order by fence`;
