/** The log of the neutral form, written: rows numbered as they come, bodies in segments. @module */
import { crc32 } from 'node:zlib';
import { assert } from '../../core/errors.js';
import { keyText } from '../../core/key-text.js';
import type { LogRecord, PortableEntry, PortableEvent, PortableJob } from '../../core/portable.js';
import type { Environment } from '../../core/scope.js';
import { bodySpace, keySpace } from './dedupe.js';
import type { Parameter } from './engine-binding.js';
import { JOBS_PER_EVENT } from './job-table.js';
import { JOB_STATES, RUNNING } from './queues.js';
import { RowQueue } from './row-queue.js';
import type { Sql } from './sql.js';

/** What one segment holds at most, and over which time. */
const SEGMENT_BYTES = 64 * 1024;
const SEGMENT_MS = 60_000;
/** Jobs of one row of `lease`. */
export const LEASE_JOBS = 512;

const LEAF = ['n', 'hash', 'scope', 'ref'] as const;
const EVENT = [
  'seq',
  'id',
  'scope',
  'origin',
  'provider',
  'type',
  'key',
  'dedupe_key',
  'body_key',
  'occurred_at',
  'received_at',
  'stored_at',
  'account',
  'subject',
  'segment',
  'body_start',
  'headers_bytes',
  'body_bytes',
  'body_sha256',
  'sealed',
  'secret',
  'leaf',
  'duplicates',
  'jobs',
] as const;
const JOB = [
  'seq',
  'id',
  'queue',
  'state',
  'attempts',
  'max_attempts',
  'generation',
  'fence',
  'due_at',
  'updated_at',
  'lease',
  'order_key',
  'order_limit',
  'hold',
  'parked_on',
  'error',
  'ahead',
  'waits_since',
] as const;
const ATTEMPT = ['job', 'fence', 'attempt', 'ended_at', 'error'] as const;
const KEY = ['space', 'key', 'event'] as const;
const ENTRY = [
  'seq',
  'scope',
  'id',
  'at',
  'stored_at',
  'action',
  'status',
  'actor',
  'provider',
  'target',
  'call',
  'event',
  'leaf',
  'record',
  'personal',
] as const;

/** Rows of one table, by the names of its columns. */
class Table<Column extends string> {
  readonly #rows: RowQueue;

  constructor(
    sql: Sql,
    name: string,
    readonly columns: readonly Column[],
  ) {
    this.#rows = new RowQueue(sql, `insert into ${name} (${columns.join(', ')})`);
  }

  add(row: Readonly<Record<Column, Parameter>>): void {
    this.#rows.add(...this.columns.map((column) => row[column]));
  }

  flush(): void {
    this.#rows.flush();
  }
}

interface Segment {
  id: number;
  firstEvent: number;
  sinceMs: number;
  parts: Uint8Array[];
  bytes: number;
}

/** Numbers what comes, and puts it where the verbs look for it. */
export class Filler {
  event = 0;
  /** Leases of claimed jobs: whoever opens the file ends them. */
  readonly running: { seq: number; untilMs: number }[] = [];
  #audit = 0;
  #segment = 0;
  #storedAtMs = 0;
  readonly #leaf: Record<Environment, number> = { sandbox: 0, live: 0 };
  readonly #leaves: Record<Environment, Table<(typeof LEAF)[number]>>;
  readonly #events: Table<(typeof EVENT)[number]>;
  readonly #jobs: Table<(typeof JOB)[number]>;
  readonly #attempts: Table<(typeof ATTEMPT)[number]>;
  readonly #keys: Table<(typeof KEY)[number]>;
  readonly #entries: Table<(typeof ENTRY)[number]>;

  constructor(readonly sql: Sql) {
    this.#leaves = { sandbox: new Table(sql, 'leaf_sandbox', LEAF), live: new Table(sql, 'leaf_live', LEAF) };
    this.#events = new Table(sql, 'event', EVENT);
    this.#jobs = new Table(sql, 'job', JOB);
    this.#attempts = new Table(sql, 'attempt', ATTEMPT);
    this.#keys = new Table(sql, 'dedupe', KEY);
    this.#entries = new Table(sql, 'audit', ENTRY);
  }

  add(records: readonly LogRecord[]): void {
    let segment: Segment | undefined;
    for (const record of records) {
      const { environment, index, scope, hash } = record;
      const n = ++this.#leaf[environment];
      assert(index === n - 1, 'leaves come in the order of their tree');
      // Commits of several nodes may be a moment out of order; here a later one is never older.
      const storedAtMs = (this.#storedAtMs = Math.max(this.#storedAtMs, record.storedAtMs));
      let ref = 0;
      if (record.entry !== undefined) ref = this.#entry(record.entry, scope, n, storedAtMs);
      if (record.event !== undefined) {
        const seq = ++this.event;
        if (segment !== undefined && (segment.bytes >= SEGMENT_BYTES || storedAtMs > segment.sinceMs + SEGMENT_MS)) {
          segment = this.#close(segment, seq - 1, segment.sinceMs);
        }
        segment = this.#parcel(segment, record.event, seq, storedAtMs);
        this.#event(record.event, { seq, scope, leaf: n, storedAtMs, segment });
        ref = -seq;
      }
      this.#leaves[environment].add({ n, hash, scope, ref });
    }
    if (segment !== undefined) this.#close(segment, this.event, segment.sinceMs);
    const { sandbox, live } = this.#leaves;
    for (const queue of [sandbox, live, this.#events, this.#jobs, this.#attempts, this.#keys, this.#entries]) {
      queue.flush();
    }
  }

  #entry(entry: PortableEntry, scope: number, leaf: number, storedAtMs: number): number {
    const { atMs, callId, eventId, ...words } = entry;
    const seq = ++this.#audit;
    this.#entries.add({ ...words, seq, scope, leaf, at: atMs, stored_at: storedAtMs, call: callId, event: eventId });
    return seq;
  }

  /** The parcel goes to the end of the open segment. */
  #parcel(open: Segment | undefined, event: PortableEvent, seq: number, storedAtMs: number): Segment | undefined {
    if (event.parcel === null) return open;
    const segment = open ?? { id: ++this.#segment, firstEvent: seq, sinceMs: storedAtMs, parts: [], bytes: 0 };
    segment.parts.push(event.parcel, event.bodySha256);
    segment.bytes += event.parcel.length + event.bodySha256.length;
    return segment;
  }

  #close({ id, firstEvent, parts, bytes }: Segment, lastEvent: number, storedAtMs: number): undefined {
    const blob = Buffer.concat(parts, bytes);
    this.sql.run(SEGMENT, id, firstEvent, lastEvent, storedAtMs, crc32(blob), blob);
  }

  #event(
    event: PortableEvent,
    at: { seq: number; scope: number; leaf: number; storedAtMs: number; segment: Segment | undefined },
  ): void {
    const { seq, scope, leaf, storedAtMs, segment } = at;
    const { origin, dedupeKey, bodyKey, parcel, bodySha256 } = event;
    const isKept = parcel !== null && segment !== undefined;
    const start = isKept ? segment.bytes - parcel.length - bodySha256.length : 0;
    this.#events.add({
      seq,
      id: event.id,
      scope,
      origin,
      provider: event.provider,
      type: event.type,
      key: event.key,
      dedupe_key: dedupeKey,
      body_key: bodyKey,
      occurred_at: event.occurredAtMs,
      received_at: event.receivedAtMs,
      stored_at: storedAtMs,
      account: event.account,
      subject: event.subject,
      segment: isKept ? segment.id : 0,
      body_start: start,
      headers_bytes: event.headersBytes,
      body_bytes: event.bodyBytes,
      body_sha256: bodySha256,
      sealed: Number(event.sealed),
      secret: event.secretId,
      leaf,
      duplicates: event.duplicates,
      jobs: event.jobCount,
    });
    if (event.isKeyKnown) this.#keys.add({ space: keySpace(origin), key: dedupeKey, event: seq });
    if (event.isBodyKeyKnown) this.#keys.add({ space: bodySpace(origin), key: bodyKey, event: seq });
    for (const job of event.jobs) this.#job(job, seq * JOBS_PER_EVENT + job.place);
  }

  #job(job: PortableJob, seq: number): void {
    const state = JOB_STATES.indexOf(job.state);
    const lease = state === RUNNING ? Math.floor(this.running.length / LEASE_JOBS) + 1 : null;
    if (lease !== null) this.running.push({ seq, untilMs: job.leaseUntilMs ?? 0 });
    this.#jobs.add({
      seq,
      id: job.id,
      queue: job.queue,
      state,
      attempts: job.attempts,
      max_attempts: job.maxAttempts,
      generation: job.generation,
      fence: job.fence,
      due_at: job.dueAtMs,
      updated_at: job.updatedAtMs,
      lease,
      order_key: job.orderKey === null ? null : keyText(job.orderKey),
      order_limit: job.orderLimit,
      hold: Number(job.hold),
      parked_on: job.parkedOn,
      error: job.error,
      ahead: Number(job.ahead),
      waits_since: job.waitingSinceMs,
    });
    for (const { fence, attempt, endedAtMs, error } of job.past)
      this.#attempts.add({ job: seq, fence, attempt, ended_at: endedAtMs, error });
  }
}

const SEGMENT = `insert into segment (id, first_event, last_event, stored_at, crc, bytes) values (?, ?, ?, ?, ?, ?)`;
