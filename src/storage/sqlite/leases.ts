/**
 * Which jobs are claimed, by which claim, until when.
 *
 * Only one process owns the file and all claims go through its engine, so memory knows every lease; the `lease` table
 * (one row a claim) is what a later owner finds the claimed jobs by.
 *
 * @module
 */
import { RUNNING, type Queue, type Queues } from './queues.js';
import type { Sql } from './sql.js';

/** A claimed job, as far as its settlement needs it. */
export interface Held {
  readonly id: string;
  readonly seq: number;
  readonly queue: Queue;
  readonly fence: number;
  attempts: number;
  readonly maxAttempts: number;
  readonly orderKey: string | null;
  readonly hold: number;
  /** 1: claimed ahead, its attempt is not counted. */
  ahead: number;
  /** Since when it is put off without a failure of its own. */
  readonly waitingSinceMs: number | null;
  lease: number;
}

interface Lease {
  readonly untilMs: number;
  /** How many jobs count on it. */
  jobs: number;
}

export class Leases {
  readonly #leases = new Map<number, Lease>();
  readonly #held = new Map<string, Held>();
  #nextId = 0;
  #isLoaded = false;

  constructor(
    readonly sql: Sql,
    readonly queues: Queues,
  ) {}

  reset(): void {
    this.#isLoaded = false;
  }

  find(jobId: string): Held | undefined {
    this.#load();
    return this.#held.get(jobId);
  }

  /** Opens a lease. Its jobs join by {@link hold} or {@link move}; their `lease` column is the caller's to write. */
  open(untilMs: number): number {
    this.#load();
    const id = this.#nextId++;
    this.#leases.set(id, { untilMs, jobs: 0 });
    return id;
  }

  /** Makes the list of its jobs durable, or forgets a lease that nobody joined. */
  write(id: number, owner: string, seqs: readonly number[]): void {
    const { untilMs, jobs } = this.#leases.get(id)!;
    if (jobs > 0) this.sql.run(INSERT, id, untilMs, owner, JSON.stringify(seqs));
    else this.#leases.delete(id);
  }

  hold(held: Held): void {
    this.#held.set(held.id, held);
    this.#leases.get(held.lease)!.jobs += 1;
  }

  /** Moves a held job to another lease. */
  move(held: Held, lease: number): void {
    this.#leave(held);
    held.lease = lease;
    this.#leases.get(lease)!.jobs += 1;
  }

  drop(held: Held): void {
    this.#held.delete(held.id);
    this.#leave(held);
  }

  /** Jobs whose lease has ended by now. */
  expired(nowMs: number): Held[] {
    this.#load();
    const ended = new Set<number>();
    for (const [id, { untilMs }] of this.#leases) if (untilMs <= nowMs) ended.add(id);
    return ended.size === 0 ? [] : this.all().filter(({ lease }) => ended.has(lease));
  }

  /** Every job that is claimed: what the process before us held, when we have just opened the file. */
  all(): Held[] {
    this.#load();
    return [...this.#held.values()];
  }

  /** When the first lease ends. */
  nextEndMs(): number | undefined {
    this.#load();
    let first: number | undefined;
    for (const { untilMs } of this.#leases.values()) if (first === undefined || untilMs < first) first = untilMs;
    return first;
  }

  #leave(held: Held): void {
    const lease = this.#leases.get(held.lease)!;
    lease.jobs -= 1;
    if (lease.jobs > 0) return;
    this.#leases.delete(held.lease);
    this.sql.run('delete from lease where id = ?', held.lease);
  }

  #load(): void {
    if (this.#isLoaded) return;
    this.#isLoaded = true;
    this.#leases.clear();
    this.#held.clear();
    this.#nextId = 1;
    const leases = this.sql.all<{ id: number; until: number; jobs: string }>('select id, until, jobs from lease');
    for (const { id, until, jobs } of leases) {
      this.#nextId = Math.max(this.#nextId, id + 1);
      this.#leases.set(id, { untilMs: until, jobs: 0 });
      for (const row of this.sql.all<HeldColumns>(HELD, jobs, id)) {
        this.hold({ ...row, queue: this.queues.byId(row.queue), lease: id });
      }
      if (this.#leases.get(id)!.jobs === 0) this.#leases.delete(id);
    }
  }
}

interface HeldColumns extends Omit<Held, 'queue' | 'lease'> {
  queue: number;
}

const INSERT = `insert into lease (id, until, owner, jobs) values (?, ?, ?, ?)`;
const HELD = `select id, seq, queue, fence, attempts, max_attempts as maxAttempts, order_key as orderKey, hold,
    ahead, waits_since as waitingSinceMs
  from job where seq in (select value from json_each(?)) and state = ${RUNNING} and lease = ?`;
