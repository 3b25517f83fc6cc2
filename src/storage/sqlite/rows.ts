/**
 * The rows that every accepted event brings: itself, its leaf and its jobs; and the entries of the audit log with their
 * leaves. They wait for the end of their group, so that few statements take them all; they were checked before, so
 * nothing refuses them there.
 *
 * @module
 */
import { RowQueue } from './row-queue.js';
import type { Sql } from './sql.js';

export class Rows {
  readonly events: RowQueue;
  readonly jobs: RowQueue;
  readonly entries: RowQueue;
  readonly leaves: { readonly sandbox: RowQueue; readonly live: RowQueue };

  constructor(sql: Sql) {
    this.events = new RowQueue(sql, EVENT, REPEATED_BY_EVENTS);
    this.jobs = new RowQueue(sql, JOB, REPEATED_BY_JOBS);
    this.entries = new RowQueue(sql, ENTRY, REPEATED_BY_ENTRIES);
    const leaves = (table: string): RowQueue =>
      new RowQueue(sql, `insert into ${table} (n, hash, scope, ref)`, ['scope']);
    this.leaves = { sandbox: leaves('leaf_sandbox'), live: leaves('leaf_live') };
  }

  flush(): void {
    for (const queue of this.#all()) queue.flush();
  }

  reset(): void {
    for (const queue of this.#all()) queue.reset();
  }

  #all(): RowQueue[] {
    return [this.events, this.jobs, this.entries, this.leaves.sandbox, this.leaves.live];
  }
}

const EVENT = `insert into event
  (seq, id, scope, origin, provider, type, key, dedupe_key, body_key, occurred_at, received_at, stored_at, account,
   subject, segment, body_start, headers_bytes, body_bytes, body_sha256, sealed, secret, leaf, jobs)`;

const JOB = `insert into job
  (seq, id, queue, state, max_attempts, due_at, updated_at, order_key, order_limit, hold)`;

const ENTRY = `insert into audit
  (seq, scope, id, at, stored_at, action, status, actor, provider, target, call, event, leaf, record, personal)`;

/** Deliveries of a group mostly come from one sender. */
const REPEATED_BY_EVENTS = [
  'scope',
  'origin',
  'provider',
  'type',
  'occurred_at',
  'stored_at',
  'account',
  'subject',
  'segment',
  'sealed',
  'secret',
  'jobs',
];

const REPEATED_BY_JOBS = ['queue', 'state', 'max_attempts', 'due_at', 'updated_at', 'order_key', 'order_limit', 'hold'];

/** Calls of a group mostly come from one caller. */
const REPEATED_BY_ENTRIES = ['scope', 'stored_at', 'action', 'status', 'actor', 'provider', 'event', 'personal'];
