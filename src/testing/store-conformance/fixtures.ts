/** Events, calls and entries to put into a store, each different from the one before. @module */
import { createHash } from 'node:crypto';
import type { NewAuditEntry } from '../../core/audit.js';
import type { CallSettlement, NewCall, TakeUp } from '../../core/call.js';
import type { NewEvent, NewJob } from '../../core/event.js';
import type { IdKind } from '../../core/ids.js';
import type { ClaimedJob, JobSettlement } from '../../core/job.js';
import type { Clock, Random } from '../../core/ports.js';
import type { NewSecret } from '../../core/secret.js';
import type { NewSource } from '../../core/source.js';
import type { NewConnection } from '../../core/stored-connection.js';
import type { Store } from '../../core/store.js';

export class Fixtures {
  #count = 0;

  constructor(
    readonly clock: Clock,
    readonly newId: (kind: IdKind) => string,
    readonly random: Random,
  ) {}

  job(over: Partial<NewJob> = {}): NewJob {
    return { id: this.newId('job'), queue: 'notify', maxAttempts: 3, ...over };
  }

  /** An event with one job on the queue `notify`, unless it says otherwise. */
  event(over: Partial<NewEvent> = {}): NewEvent {
    const number = this.#count++;
    const key = over.key ?? `delivery-${number}`;
    const body = over.body ?? Buffer.from(`{"number":${number}}`);
    return {
      id: this.newId('event'),
      sourceId: 'src_one',
      provider: 'acme',
      type: 'issues.opened',
      key,
      dedupeKey: hash(`key:${key}`).subarray(0, 16),
      receivedAtMs: this.clock.nowMs(),
      headers: '{"content-type":"application/json"}',
      body,
      bodySha256: hash(body),
      sealed: false,
      jobs: [this.job()],
      leaf: hash(`leaf:${number}`),
      ...over,
    };
  }

  entry(over: Partial<NewAuditEntry> = {}): NewAuditEntry {
    const record = over.record ?? `{"n":${this.#count++}}`;
    return {
      id: this.newId('audit'),
      atMs: this.clock.nowMs(),
      record,
      action: 'globex.sendMessage',
      status: 'succeeded',
      actor: 'prn_someone',
      ...over,
    };
  }

  call(over: Partial<NewCall> = {}): NewCall {
    const number = this.#count++;
    return {
      id: this.newId('call'),
      key: `key-${number}`,
      operation: 'globex.sendMessage',
      inputHash: hash('input'),
      sending: true,
      leaseMs: 10_000,
      keyTtlMs: 35 * 24 * 60 * 60 * 1000,
      entry: this.entry({ status: 'started' }),
      ...over,
    };
  }

  settlement(callId: string, over: Partial<CallSettlement> = {}): CallSettlement {
    const settled = { fence: 1, state: 'done' as const, result: '{"ok":true}', attempts: 1, durationMs: 12 };
    return { callId, ...settled, entry: this.entry(), ...over };
  }

  takeUp(callId: string, over: Partial<TakeUp> = {}): TakeUp {
    const entry = this.entry({ status: 'started' });
    return { callId, fence: 1, ground: 'not_found', leaseMs: 10_000, entry, ...over };
  }

  /** The first value under a name. */
  secret(name: string, over: Partial<NewSecret> = {}): NewSecret {
    const sealed = new Uint8Array(this.random.bytes(60));
    return { id: this.newId('secret'), name, sealed, facts: '{"owner":"ops"}', expectedVersion: 0, ...over };
  }

  connection(over: Partial<NewConnection> = {}): NewConnection {
    const connection = { id: this.newId('connection'), provider: 'acme', state: 'connected' as const };
    return { ...connection, facts: '{"credential":"bearer"}', createdBy: 'prn_someone', ...over };
  }

  source(over: Partial<NewSource> = {}): NewSource {
    const id = this.newId('source');
    const secret = { id: this.newId('secret'), sealed: this.random.bytes(40), createdAtMs: this.clock.nowMs() };
    return {
      id,
      provider: 'acme',
      path: `/in/${id}`,
      secrets: [{ ...secret, createdBy: 'prn_someone' }],
      createdAtMs: this.clock.nowMs(),
      createdBy: 'prn_someone',
      ...over,
    };
  }
}

export function hash(data: string | Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(data).digest());
}

export const LEASE_MS = 30_000;

export async function claim(store: Store, limit = 100): Promise<ClaimedJob[]> {
  const { claimed } = await store.system.turn({ settled: [], claim: { limit, leaseMs: LEASE_MS, owner: 'suite' } });
  return claimed;
}

type Ending<Settlement = JobSettlement> = Settlement extends unknown ? Omit<Settlement, 'id' | 'fence'> : never;

/** Settles jobs in the same way. @returns the ids that were refused. */
export async function settle(
  store: Store,
  jobs: readonly { id: string; fence: number }[],
  ending: Ending,
): Promise<string[]> {
  const settled = jobs.map(({ id, fence }) => ({ id, fence, ...ending }) as JobSettlement);
  return (await store.system.turn({ settled })).refused;
}

/** Begins jobs that were claimed ahead. @returns the ids that were refused. */
export async function start(store: Store, jobs: readonly { id: string; fence: number }[]): Promise<string[]> {
  const { refused } = await store.system.turn({ settled: [], start: jobs.map(({ id, fence }) => ({ id, fence })) });
  return refused;
}

/** Claims one job at a time and completes it until none is due. @returns the keys of their events, in order. */
export async function drain(store: Store): Promise<string[]> {
  const keys: string[] = [];
  for (;;) {
    const jobs = await claim(store, 1);
    if (jobs.length === 0) return keys;
    keys.push(jobs[0]!.event.key);
    await settle(store, jobs, { outcome: 'completed' });
  }
}
