/**
 * The synchronous engine: one connection, its caches, and one open group at a time. Verbs are plain functions over it.
 *
 * A group is a transaction. Verbs check before they write, so that a refusal leaves nothing behind; what caches hold
 * beyond the tables is flushed before a commit and dropped after a rollback.
 *
 * @module
 */
import { Bodies } from './bodies.js';
import { Dedupe } from './dedupe.js';
import type { Connection } from './engine-binding.js';
import { Leases } from './leases.js';
import { Names } from './names.js';
import { Numbers } from './numbers.js';
import { Queues } from './queues.js';
import { Rows } from './rows.js';
import { Sql } from './sql.js';

const RAISE_EPOCH = `insert into meta (name, value) values ('owner_epoch', 1)
  on conflict (name) do update set value = value + 1`;

export class Engine {
  readonly sql: Sql;
  readonly names: Names;
  readonly numbers: Numbers;
  readonly bodies: Bodies;
  readonly dedupe: Dedupe;
  readonly queues: Queues;
  readonly leases: Leases;
  /** What events bring, not all of it in its table yet: see {@link settle}. */
  readonly rows: Rows;
  #nowMs = 0;
  #epoch = 0;

  constructor(
    readonly connection: Connection,
    /** Where the database is, for messages. */
    readonly path: string,
  ) {
    this.sql = new Sql(connection);
    this.names = new Names(this.sql);
    this.numbers = new Numbers(this.sql);
    this.bodies = new Bodies(this.sql, this.numbers);
    this.dedupe = new Dedupe(this.sql);
    this.queues = new Queues(this.sql);
    this.leases = new Leases(this.sql, this.queues);
    this.rows = new Rows(this.sql);
  }

  /** The time of this group. Leases and delays live by it; it never goes backwards. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** The time for `stored_at` columns. */
  get storedAtMs(): number {
    return this.numbers.storedAtMs(this.#nowMs);
  }

  /** Counts the owners of this database; 0 for who only reads. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Begins the epoch of this owner, in the open group. */
  beginEpoch(): void {
    this.sql.run(RAISE_EPOCH);
    this.#epoch = this.sql.one<{ value: number }>('select value from meta where name = ?', 'owner_epoch')!.value;
  }

  setNow(nowMs: number): void {
    if (nowMs > this.#nowMs) this.#nowMs = nowMs;
  }

  begin(): void {
    this.sql.exec('begin immediate');
  }

  /** Puts the rows of accepted events into their tables: whoever reads those in the same group calls this first. */
  settle(): void {
    this.rows.flush();
  }

  /** Writes what the caches hold beyond the tables. */
  flush(): void {
    this.rows.flush();
    this.bodies.flush(this.storedAtMs);
    this.dedupe.flush();
    this.queues.flush();
    this.numbers.flush();
  }

  /** Returns only when the log is on the disk. */
  commit(): void {
    this.flush();
    this.sql.exec('commit');
  }

  rollback(): void {
    this.reset();
    if (this.connection.isTransaction) this.sql.exec('rollback');
  }

  /** Runs one verb so that its failure, whatever it wrote, leaves the group as it was before it. */
  guarded<Result>(run: () => Result): Result {
    this.flush();
    this.sql.exec('savepoint verb');
    try {
      const result = run();
      this.flush();
      this.sql.exec('release verb');
      return result;
    } catch (error) {
      this.reset();
      this.sql.exec('rollback to verb');
      this.sql.exec('release verb');
      throw error;
    }
  }

  /** Forgets what is not known to be in the tables. */
  reset(): void {
    this.rows.reset();
    this.names.reset();
    this.numbers.reset();
    this.bodies.reset();
    this.dedupe.reset();
    this.queues.reset();
    this.leases.reset();
  }

  /**
   * Leaves one file that is complete without its log. The connection itself may live on until the garbage collector
   * has been to its statements, so what SQLite does at the end of the last connection is done here.
   */
  close(): void {
    try {
      this.sql.exec('pragma wal_checkpoint(truncate)');
    } catch {
      // What is committed is in the log, and the next owner reads it there.
    }
    this.sql.close();
  }

  /** Ends like a killed process: the log stays as it is. */
  abandon(): void {
    this.sql.close();
  }
}
