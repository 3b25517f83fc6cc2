/**
 * The queues with their counters, in memory: what a claim asks first and what `depth` answers from.
 *
 * A counter changes together with the row it counts; the ones that changed are written before the commit of their
 * group, so depth and status cost the same at any backlog.
 *
 * @module
 */
import type { JobState } from '../../core/event.js';
import type { Sql } from './sql.js';

/** In the order of the numbers that the `job` table holds. */
export const JOB_STATES = ['ready', 'blocked', 'running', 'parked', 'completed', 'dead'] as const;

export const READY = 0;
export const BLOCKED = 1;
export const RUNNING = 2;
export const PARKED = 3;
export const COMPLETED = 4;
export const DEAD = 5;
export type StateNumber = 0 | 1 | 2 | 3 | 4 | 5;

export interface Queue {
  readonly id: number;
  readonly scope: number;
  readonly name: string;
  paused: boolean;
  scopePaused: boolean;
  /** By state number. */
  readonly counts: number[];
  /** No ready job falls due before this moment. */
  dueAtMs: number;
  dirty: boolean;
}

type QueueColumns = Record<JobState | 'id' | 'scope' | 'paused' | 'scopePaused', number> & { name: string };

export class Queues {
  readonly #byId = new Map<number, Queue>();
  readonly #byName = new Map<number, Map<string, Queue>>();
  readonly #pausedScopes = new Set<number>();
  readonly #dirty: Queue[] = [];
  /** Queues with ready jobs, in the order in which they are served. */
  readonly #waiting = new Map<number, Queue>();
  #isLoaded = false;

  constructor(readonly sql: Sql) {}

  reset(): void {
    this.#isLoaded = false;
    this.#dirty.length = 0;
  }

  /** The queue of that name; a new one gets a row. */
  named(scope: number, name: string): Queue {
    const known = this.find(scope, name);
    if (known !== undefined) return known;
    const { id } = this.sql.one<{ id: number }>(
      'insert into queue (scope, name) values (?, ?) returning id',
      scope,
      name,
    )!;
    const counts = JOB_STATES.map(() => 0);
    const scopePaused = this.#pausedScopes.has(scope);
    return this.#add({ id, scope, name, paused: false, scopePaused, counts, dueAtMs: Infinity, dirty: false });
  }

  find(scope: number, name: string): Queue | undefined {
    this.#load();
    return this.#byName.get(scope)?.get(name);
  }

  byId(id: number): Queue {
    this.#load();
    return this.#byId.get(id)!;
  }

  ofScope(scope: number): Iterable<Queue> {
    this.#load();
    return this.#byName.get(scope)?.values() ?? [];
  }

  all(): Iterable<Queue> {
    this.#load();
    return this.#byId.values();
  }

  /** A job came into a state. */
  entered(queue: Queue, state: StateNumber, dueAtMs: number): void {
    this.#change(queue, state, 1);
    if (state === READY && dueAtMs < queue.dueAtMs) queue.dueAtMs = dueAtMs;
  }

  /** A job left a state. */
  left(queue: Queue, state: StateNumber): void {
    this.#change(queue, state, -1);
  }

  #change(queue: Queue, state: StateNumber, by: 1 | -1): void {
    const count = (queue.counts[state] = queue.counts[state]! + by);
    if (state === READY) {
      if (count === 0) {
        this.#waiting.delete(queue.id);
        queue.dueAtMs = Infinity;
      } else if (count === 1 && by === 1) this.#waiting.set(queue.id, queue);
    }
    if (!queue.dirty) {
      queue.dirty = true;
      this.#dirty.push(queue);
    }
  }

  /** Queues that may have a due job now and are not paused; those served longest ago come first. */
  claimable(nowMs: number): Queue[] {
    this.#load();
    const due: Queue[] = [];
    for (const queue of this.#waiting.values()) {
      if (!queue.paused && !queue.scopePaused && queue.dueAtMs <= nowMs) due.push(queue);
    }
    return due;
  }

  /** Queues with ready jobs, due or not, that are not paused. */
  *waiting(): Iterable<Queue> {
    this.#load();
    for (const queue of this.#waiting.values()) if (!queue.paused && !queue.scopePaused) yield queue;
  }

  /** Moves a queue behind the others. */
  served(queue: Queue): void {
    if (this.#waiting.delete(queue.id)) this.#waiting.set(queue.id, queue);
  }

  pause(scope: number, name: string | undefined, paused: boolean): void {
    if (name !== undefined) return this.#pauseOne(this.named(scope, name), paused);
    this.sql.run('update scope set paused = ? where id = ?', paused ? 1 : 0, scope);
    this.#load();
    if (paused) this.#pausedScopes.add(scope);
    else this.#pausedScopes.delete(scope);
    for (const queue of this.ofScope(scope)) {
      queue.scopePaused = paused;
      if (!paused && queue.paused) this.#pauseOne(queue, false);
    }
  }

  #pauseOne(queue: Queue, paused: boolean): void {
    queue.paused = paused;
    this.sql.run('update queue set paused = ? where id = ?', paused ? 1 : 0, queue.id);
  }

  flush(): void {
    for (const queue of this.#dirty) {
      queue.dirty = false;
      this.sql.run(UPDATE, ...queue.counts, queue.id);
    }
    this.#dirty.length = 0;
  }

  #load(): void {
    if (this.#isLoaded) return;
    this.#isLoaded = true;
    this.#byId.clear();
    this.#byName.clear();
    this.#waiting.clear();
    this.#pausedScopes.clear();
    for (const { id } of this.sql.all<{ id: number }>('select id from scope where paused = 1')) {
      this.#pausedScopes.add(id);
    }
    for (const row of this.sql.all<QueueColumns>(LOAD)) {
      const { id, scope, name } = row;
      const counts = JOB_STATES.map((state) => row[state]);
      const flags = { paused: row.paused === 1, scopePaused: this.#pausedScopes.has(scope), dirty: false };
      // Zero means: somebody has to look. The first claim learns the exact moment.
      const queue = this.#add({ id, scope, name, ...flags, counts, dueAtMs: 0 });
      if (counts[READY]! > 0) this.#waiting.set(id, queue);
    }
  }

  #add(queue: Queue): Queue {
    this.#byId.set(queue.id, queue);
    let names = this.#byName.get(queue.scope);
    if (names === undefined) this.#byName.set(queue.scope, (names = new Map()));
    names.set(queue.name, queue);
    return queue;
  }
}

const LOAD = `select id, scope, name, paused, ready, blocked, running, parked, completed, dead from queue order by id`;
const UPDATE = `update queue set ready = ?, blocked = ?, running = ?, parked = ?, completed = ?, dead = ? where id = ?`;
