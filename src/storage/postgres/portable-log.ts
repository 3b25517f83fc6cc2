/** The log of the neutral form, read: both trees, merged in the order of the transactions, with what their leaves stand for. @module */
import type { JobState } from '../../core/event.js';
import { HASH_BYTES } from '../../core/merkle.js';
import type { LogRecord, PortableAttempt, PortableEntry, PortableEvent, PortableJob } from '../../core/portable.js';
import type { Environment } from '../../core/scope.js';
import type { Sql } from './database.js';
import { PARCEL } from './event-row.js';
import { PLACES } from './functions.js';
import { JOB_STATES } from './job-table.js';

const ROWS_AT_ONCE = 200;
/** A batch ends with the transaction that reaches one of these. */
const BATCH_RECORDS = 1_000;
const BATCH_BYTES = 8 * 1024 * 1024;

interface Leaves {
  environment: Environment;
  tx: number;
  stored_at: number;
  count: number;
  kind: 0 | 1;
  /** `{1,2}` */
  scopes: string;
  places: string;
  hashes: Uint8Array;
  bytes: number;
}

export async function* logOf(sql: Sql): AsyncGenerator<LogRecord[]> {
  const walk = new Walk(sql);
  let batch: Leaves[] = [];
  let [records, bytes] = [0, 0];
  for await (const leaves of merged(leavesOf(sql, 'sandbox'), leavesOf(sql, 'live'))) {
    batch.push(leaves);
    records += leaves.count;
    bytes += leaves.bytes;
    if (records < BATCH_RECORDS && bytes < BATCH_BYTES) continue;
    yield await walk.recordsOf(batch);
    [batch, records, bytes] = [[], 0, 0];
  }
  if (batch.length > 0) yield await walk.recordsOf(batch);
}

async function* leavesOf(sql: Sql, environment: Environment): AsyncGenerator<Leaves> {
  for (let after = 0; ;) {
    const rows = await sql.all<Leaves>(LEAVES, environment, after);
    yield* rows;
    if (rows.length < ROWS_AT_ONCE) return;
    after = rows.at(-1)!.tx;
  }
}

const LEAVES = `select environment, tx, stored_at, count, kind, scopes::text, places::text, hashes,
    (select coalesce(sum(octet_length(bytes)), 0) from fairlead.segment where segment.tx = leaves.tx) as bytes
  from fairlead.leaves where environment = $1 and tx > $2 order by tx limit ${ROWS_AT_ONCE}`;

async function* merged(one: AsyncGenerator<Leaves>, other: AsyncGenerator<Leaves>): AsyncGenerator<Leaves> {
  const walks = [one, other];
  const heads = [await one.next(), await other.next()];
  for (;;) {
    const [left, right] = heads.map((head) => (head.done === true ? Infinity : head.value.tx));
    const first = left! <= right! ? 0 : 1;
    const head = heads[first]!;
    if (head.done === true) return;
    yield head.value;
    heads[first] = await walks[first]!.next();
  }
}

type EventColumns = Omit<PortableEvent, 'jobs'> & { scope: number; seq: number };
type EntryColumns = PortableEntry & { scope: number; seq: number };
type JobColumns = Omit<PortableJob, 'state' | 'past'> & { event: number; state: number };
type AttemptColumns = PortableAttempt & { event: number; place: number };

class Walk {
  readonly #next: Record<Environment, number> = { sandbox: 0, live: 0 };
  #storedAtMs = 0;

  constructor(readonly sql: Sql) {}

  async recordsOf(batch: readonly Leaves[]): Promise<LogRecord[]> {
    const range = [batch[0]!.tx * PLACES, (batch.at(-1)!.tx + 1) * PLACES] as const;
    const scopes = [...new Set(batch.flatMap((leaves) => numbersOf(leaves.scopes)))];
    const events = await this.#events(scopes, range);
    const entries = byNumber(await this.sql.all<EntryColumns>(ENTRIES, `{${scopes.join(',')}}`, ...range));
    return batch.flatMap((leaves) => this.#records(leaves, events, entries));
  }

  async #events(scopes: readonly number[], range: readonly [number, number]): Promise<Map<number, PortableEvent>> {
    const events = byNumber(await this.sql.all<EventColumns>(EVENTS, `{${scopes.join(',')}}`, ...range));
    const jobs = new Map<number, PortableJob[]>();
    const attempts = new Map<string, PortableAttempt[]>();
    for (const { event, place, ...attempt } of await this.sql.all<AttemptColumns>(ATTEMPTS, ...range)) {
      listIn(attempts, `${event}.${place}`).push(attempt);
    }
    for (const { event, state, ...job } of await this.sql.all<JobColumns>(JOBS, ...range)) {
      const row = { ...job, state: JOB_STATES[state] as JobState, past: attempts.get(`${event}.${job.place}`) ?? [] };
      listIn(jobs, event).push(row);
    }
    return new Map([...events].map(([seq, event]) => [seq, { ...event, jobs: jobs.get(seq) ?? [] }]));
  }

  #records(
    { environment, tx, stored_at, kind, scopes, places, hashes }: Leaves,
    events: ReadonlyMap<number, PortableEvent>,
    entries: ReadonlyMap<number, PortableEntry>,
  ): LogRecord[] {
    // Clocks that were set back between two nodes or two starts.
    this.#storedAtMs = Math.max(this.#storedAtMs, stored_at);
    const scopeIds = numbersOf(scopes);
    return numbersOf(places).map((place, at) => {
      const seq = tx * PLACES + place;
      const record: LogRecord = {
        environment,
        index: this.#next[environment]++,
        scope: scopeIds[scopeIds.length === 1 ? 0 : at]!,
        hash: hashes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES),
        storedAtMs: this.#storedAtMs,
        kind: kind === 1 ? 'entry' : 'receipt',
      };
      const [event, entry] = kind === 0 ? [events.get(seq)] : [undefined, entries.get(seq)];
      if (event !== undefined) record.event = event;
      if (entry !== undefined) record.entry = entry;
      return record;
    });
  }
}

/** No two transactions have a number in common, and none numbers two events or two entries alike. */
function byNumber<Row extends { scope: number; seq: number }>(rows: readonly Row[]) {
  return new Map(rows.map(({ scope: _scope, seq, ...row }) => [seq, row]));
}

function listIn<Key, Item>(lists: Map<Key, Item[]>, key: Key): Item[] {
  let list = lists.get(key);
  if (list === undefined) lists.set(key, (list = []));
  return list;
}

function numbersOf(array: string): number[] {
  return array.slice(1, -1).split(',').map(Number);
}

const isKnown = (key: string, space: string): string => `exists (select from fairlead.dedupe d
  where d.key = event.${key} and d.space = ${space} and d.event = event.seq)`;

const EVENTS = `select scope, seq, id, origin, provider, type, key, dedupe_key as "dedupeKey", body_key as "bodyKey",
    ${isKnown('dedupe_key', 'event.origin * 2')} as "isKeyKnown",
    ${isKnown('body_key', 'event.origin * 2 + 1')} as "isBodyKeyKnown", occurred_at as "occurredAtMs",
    received_at as "receivedAtMs", account, subject, ${PARCEL}, headers_bytes as "headersBytes",
    body_bytes as "bodyBytes", body_sha256 as "bodySha256", sealed, secret as "secretId", duplicates, jobs as "jobCount"
  from fairlead.event as event where scope = any ($1::text::integer[]) and seq >= $2 and seq < $3`;

const ENTRIES = `select scope, seq, id, at as "atMs", action, status, actor, provider, target, call as "callId",
    event as "eventId", record, personal
  from fairlead.audit where scope = any ($1::text::integer[]) and seq >= $2 and seq < $3`;

const JOBS = `select event, place, id, queue, state, hold, attempts, max_attempts as "maxAttempts", generation, fence,
    order_limit as "orderLimit", order_key as "orderKey", due_at as "dueAtMs", updated_at as "updatedAtMs",
    lease_until as "leaseUntilMs", parked_on as "parkedOn", error, ahead, waits_since as "waitingSinceMs"
  from fairlead.job where event >= $1 and event < $2 order by event, place`;

const ATTEMPTS = `select event, place, fence, attempt, ended_at as "endedAtMs", error
  from fairlead.attempt where event >= $1 and event < $2 order by event, place, fence`;
