/**
 * The log of the neutral form, written: neighbours become one transaction's worth of rows, with numbers as if it had
 * written them, so that bodies and leaves are as few rows here as they are anywhere.
 *
 * @module
 */
import { assert } from '../../core/errors.js';
import type { Cell, LogRecord, PortableEvent, PortableJob } from '../../core/portable.js';
import type { Environment } from '../../core/scope.js';
import type { Sql } from './database.js';
import { DAY_MS, PLACES } from './functions.js';
import { JOB_STATES } from './job-table.js';
import { insertRows, type Columns } from './portable-table.js';

/** What one transaction is at most. Searches by time take its rows for equally old. */
const GROUP_RECORDS = 512;
const GROUP_BYTES = 1024 * 1024;
const GROUP_MS = 1_000;

interface Group {
  tx: number;
  environment: Environment;
  kind: LogRecord['kind'];
  hasBodies: boolean;
  sinceMs: number;
  records: LogRecord[];
  bytes: number;
}

type Row<Named extends Columns> = Record<keyof Named, Cell>;

/** Everything that a batch becomes, by table. */
class Batch {
  readonly leaves: Row<typeof LEAVES>[] = [];
  readonly events: Row<typeof EVENT>[] = [];
  readonly segments: Row<typeof SEGMENT>[] = [];
  readonly keys: Row<typeof KEY>[] = [];
  readonly jobs: Row<typeof JOB>[] = [];
  readonly attempts: Row<typeof ATTEMPT>[] = [];
  readonly entries: Row<typeof ENTRY>[] = [];

  async insert(sql: Sql): Promise<void> {
    await insertRows(sql, 'leaves', LEAVES, this.leaves);
    await insertRows(sql, 'segment', SEGMENT, this.segments);
    await insertRows(sql, 'event', EVENT, this.events);
    await insertRows(sql, 'dedupe', KEY, this.keys);
    await insertRows(sql, 'job', JOB, this.jobs);
    await insertRows(sql, 'attempt', ATTEMPT, this.attempts);
    await insertRows(sql, 'audit', ENTRY, this.entries);
  }
}

export class Filler {
  /** The last number of a transaction, and of a place in a line. */
  tx = 0;
  line = 0;
  readonly #size: Record<Environment, number> = { sandbox: 0, live: 0 };

  /** Nothing is in the database before {@link Batch.insert}. */
  batchOf(records: readonly LogRecord[]): Batch {
    const batch = new Batch();
    for (const group of this.#groups(records)) this.#add(batch, group);
    return batch;
  }

  *#groups(records: readonly LogRecord[]): Iterable<Group> {
    const open: Partial<Record<Environment, Group>> = {};
    for (const record of records) {
      const { environment } = record;
      assert(record.index === this.#size[environment]++, 'leaves come in the order of their tree');
      const last = open[environment];
      if (last !== undefined && belongs(record, last)) {
        last.records.push(record);
        last.bytes += bytesOf(record);
        continue;
      }
      if (last !== undefined) yield last;
      open[environment] = {
        tx: ++this.tx,
        environment,
        kind: record.kind,
        hasBodies: hasBody(record),
        sinceMs: record.storedAtMs,
        records: [record],
        bytes: bytesOf(record),
      };
    }
    yield* Object.values(open);
  }

  #add(batch: Batch, { tx, environment, kind, hasBodies, records }: Group): void {
    const [first, last] = [records[0]!, records.at(-1)!];
    const scopes = records.map(({ scope }) => scope);
    const isOneScope = scopes.every((scope) => scope === scopes[0]);
    batch.leaves.push({
      environment,
      tx,
      first: first.index,
      stored_at: last.storedAtMs,
      count: records.length,
      kind: kind === 'entry' ? 1 : 0,
      scopes: listOf(isOneScope ? scopes.slice(0, 1) : scopes),
      places: listOf(records.map((_, place) => place)),
      hashes: Buffer.concat(records.map(({ hash }) => hash)),
    });
    let start = 0;
    for (const [place, record] of records.entries()) {
      const at = { seq: tx * PLACES + place, place, start };
      if (record.entry !== undefined) batch.entries.push(entryRow(record, at));
      if (record.event === undefined) continue;
      this.#addEvent(batch, record, record.event, at);
      start += record.event.parcel?.length ?? 0;
    }
    if (!hasBodies) return;
    const parcels = records.map(({ event }) => event!.parcel!);
    const bytes = Buffer.concat(parcels);
    batch.segments.push({ day: dayOf(first.storedAtMs), tx, events: parcels.length, bytes });
  }

  #addEvent(batch: Batch, record: LogRecord, event: PortableEvent, at: Place): void {
    const { origin, dedupeKey, bodyKey } = event;
    batch.events.push(eventRow(record, event, at));
    if (event.isKeyKnown) batch.keys.push({ space: origin * 2, key: dedupeKey, event: at.seq });
    if (event.isBodyKeyKnown) batch.keys.push({ space: origin * 2 + 1, key: bodyKey, event: at.seq });
    for (const job of event.jobs) {
      batch.jobs.push(jobRow(job, at.seq, record.scope, job.orderKey === null ? null : ++this.line));
      for (const { fence, attempt, endedAtMs, error } of job.past) {
        const row = { event: at.seq, place: job.place, fence, attempt, ended_at: endedAtMs, error };
        batch.attempts.push({ ...row, day: dayOf(endedAtMs) });
      }
    }
  }
}

interface Place {
  seq: number;
  place: number;
  /** Of the parcel in its segment. */
  start: number;
}

function eventRow(
  { scope, storedAtMs }: LogRecord,
  event: PortableEvent,
  { seq, place, start }: Place,
): Row<typeof EVENT> {
  return {
    scope,
    seq,
    id: event.id,
    origin: event.origin,
    provider: event.provider,
    type: event.type,
    key: event.key,
    dedupe_key: event.dedupeKey,
    body_key: event.bodyKey,
    occurred_at: event.occurredAtMs,
    received_at: event.receivedAtMs,
    stored_at: storedAtMs,
    account: event.account,
    subject: event.subject,
    body_start: start,
    headers_bytes: event.headersBytes,
    body_bytes: event.bodyBytes,
    body_sha256: event.bodySha256,
    sealed: event.sealed,
    secret: event.secretId,
    leaf: place,
    duplicates: event.duplicates,
    jobs: event.jobCount,
  };
}

function jobRow(job: PortableJob, event: number, scope: number, line: number | null): Row<typeof JOB> {
  return {
    event,
    place: job.place,
    state: JOB_STATES.indexOf(job.state),
    hold: job.hold,
    scope,
    queue: job.queue,
    attempts: job.attempts,
    max_attempts: job.maxAttempts,
    generation: job.generation,
    fence: job.fence,
    order_limit: job.orderLimit,
    due_at: job.dueAtMs,
    updated_at: job.updatedAtMs,
    lease_until: job.leaseUntilMs,
    line,
    id: job.id,
    order_key: job.orderKey,
    parked_on: job.parkedOn,
    error: job.error,
    ahead: job.ahead,
    waits_since: job.waitingSinceMs,
  };
}

function entryRow({ scope, storedAtMs, entry }: LogRecord, { seq, place }: Place): Row<typeof ENTRY> {
  const { atMs, callId, eventId, ...words } = entry!;
  const at = { day: dayOf(storedAtMs), scope, seq, leaf: place, at: atMs, stored_at: storedAtMs };
  return { ...words, ...at, call: callId, event: eventId };
}

/** A transaction's rows lie in one partition each, and its leaves are of one kind. */
function belongs(record: LogRecord, { kind, hasBodies, sinceMs, records, bytes }: Group): boolean {
  const isAlike = record.kind === kind && hasBody(record) === hasBodies;
  const isNear = record.storedAtMs <= sinceMs + GROUP_MS && dayOf(record.storedAtMs) === dayOf(sinceMs);
  return isAlike && isNear && records.length < GROUP_RECORDS && bytes < GROUP_BYTES;
}

const hasBody = ({ event }: LogRecord): boolean => event !== undefined && event.parcel !== null;
const bytesOf = ({ event }: LogRecord): number => event?.parcel?.length ?? 0;
const dayOf = (ms: number): number => Math.floor(ms / DAY_MS);
const listOf = (numbers: readonly number[]): string => `{${numbers.join(',')}}`;

const LEAVES = {
  environment: 'text',
  tx: 'number',
  first: 'number',
  stored_at: 'number',
  count: 'number',
  kind: 'number',
  scopes: 'list',
  places: 'list',
  hashes: 'bytes',
} as const satisfies Columns;

const SEGMENT = {
  day: 'number',
  tx: 'number',
  events: 'number',
  bytes: 'bytes',
} as const satisfies Columns;

const EVENT = {
  scope: 'number',
  seq: 'number',
  id: 'text',
  origin: 'number',
  provider: 'text',
  type: 'text',
  key: 'text',
  dedupe_key: 'bytes',
  body_key: 'bytes',
  occurred_at: 'number',
  received_at: 'number',
  stored_at: 'number',
  account: 'text',
  subject: 'text',
  body_start: 'number',
  headers_bytes: 'number',
  body_bytes: 'number',
  body_sha256: 'bytes',
  sealed: 'flag',
  secret: 'text',
  leaf: 'number',
  duplicates: 'number',
  jobs: 'number',
} as const satisfies Columns;

const KEY = {
  space: 'number',
  key: 'bytes',
  event: 'number',
} as const satisfies Columns;

const JOB = {
  event: 'number',
  place: 'number',
  state: 'number',
  hold: 'flag',
  scope: 'number',
  queue: 'number',
  attempts: 'number',
  max_attempts: 'number',
  generation: 'number',
  fence: 'number',
  order_limit: 'number',
  due_at: 'number',
  updated_at: 'number',
  lease_until: 'number',
  line: 'number',
  id: 'text',
  order_key: 'key',
  parked_on: 'text',
  error: 'text',
  ahead: 'flag',
  waits_since: 'number',
} as const satisfies Columns;

const ATTEMPT = {
  day: 'number',
  event: 'number',
  place: 'number',
  fence: 'number',
  attempt: 'number',
  ended_at: 'number',
  error: 'text',
} as const satisfies Columns;

const ENTRY = {
  day: 'number',
  scope: 'number',
  seq: 'number',
  leaf: 'number',
  id: 'text',
  at: 'number',
  stored_at: 'number',
  action: 'key',
  status: 'text',
  actor: 'key',
  provider: 'text',
  target: 'key',
  call: 'text',
  event: 'text',
  record: 'text',
  personal: 'bytes',
} as const satisfies Columns;
