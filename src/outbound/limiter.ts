/**
 * Who may send now: every request takes from its buckets, in a queue in which connections take turns. What would wait
 * longer than a call may hold is told when to come back instead.
 *
 * State is in memory of this process. Several processes divide a limit by the fraction each of them may use.
 *
 * @module
 */
import type { Clock } from '../core/ports.js';
import type { Bucket } from './bucket.js';

export interface Take {
  bucket: Bucket;
  cost: number;
}

export interface Entry {
  /** Requests of one group can stand in each other's way: one provider in one environment. */
  group: string;
  /** Who takes turns: the connection. */
  party: string;
  takes: readonly Take[];
  /** The longest wait. */
  holdMs: number;
  signal?: AbortSignal;
}

export type Admission =
  | { kind: 'admitted' }
  /** It would have to wait longer than it may. */
  | { kind: 'later'; retryAfterMs: number }
  | { kind: 'aborted' };

interface Waiter extends Entry {
  /** Place in the order: turns that its party has had when its own comes. */
  turn: number;
  settle: (admission: Admission) => void;
}

interface Group {
  /** By turn, then by arrival. */
  waiting: Waiter[];
  /** The turn that was served last. */
  turn: number;
  cancelTimer: () => void;
}

const WAITING_MAX = 2_000;
/** Without a rate there is no time to name; room is a matter of others ending. */
const ROOM_WAIT_MS = 1_000;

export class Limiter {
  readonly #clock: Clock;
  readonly #groups = new Map<string, Group>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when the request may be sent, or must not be. Whoever is admitted releases its buckets when done. */
  admit(entry: Entry): Admission | Promise<Admission> {
    if (entry.signal?.aborted === true) return { kind: 'aborted' };
    const nowMs = this.#clock.monotonicMs();
    const group = this.#groups.get(entry.group);
    const isFree = group === undefined || !group.waiting.some((other) => isInTheWay(other, entry));
    if (isFree && canGo(entry, nowMs)) {
      for (const { bucket, cost } of entry.takes) bucket.take(cost, nowMs);
      return { kind: 'admitted' };
    }
    return this.#wait(entry, group ?? this.#open(entry.group), nowMs);
  }

  /** Something ended: whoever waits for room may have it now. */
  released(name: string): void {
    const group = this.#groups.get(name);
    if (group !== undefined) this.#serve(name, group);
  }

  /** Waiting requests, for people and tests. */
  waiting(name: string): number {
    return this.#groups.get(name)?.waiting.length ?? 0;
  }

  #open(name: string): Group {
    const group = { waiting: [], turn: 0, cancelTimer: () => undefined };
    this.#groups.set(name, group);
    return group;
  }

  #wait(entry: Entry, group: Group, nowMs: number): Admission | Promise<Admission> {
    const place = placeOf(entry, group);
    const estimateMs = estimatedWaitMs(entry, group.waiting.slice(0, place.index), nowMs);
    if (estimateMs > entry.holdMs || group.waiting.length >= WAITING_MAX) {
      return { kind: 'later', retryAfterMs: Math.max(1, Math.ceil(estimateMs)) };
    }
    return new Promise((resolve) => {
      const leave = (admission: Admission): void => {
        group.waiting.splice(group.waiting.indexOf(waiter), 1);
        waiter.settle(admission);
        this.#serve(entry.group, group);
      };
      const cancel = this.#clock.after(entry.holdMs, () => {
        const atMs = this.#clock.monotonicMs();
        const ahead = group.waiting.slice(0, group.waiting.indexOf(waiter));
        leave({ kind: 'later', retryAfterMs: Math.max(1, Math.ceil(estimatedWaitMs(entry, ahead, atMs))) });
      });
      const aborted = (): void => leave({ kind: 'aborted' });
      const settle = (admission: Admission): void => {
        cancel();
        entry.signal?.removeEventListener('abort', aborted);
        resolve(admission);
      };
      const waiter: Waiter = { ...entry, turn: place.turn, settle };
      entry.signal?.addEventListener('abort', aborted, { once: true });
      group.waiting.splice(place.index, 0, waiter);
      this.#serve(entry.group, group);
    });
  }

  /** Admits everyone who can go, in order; nobody overtakes in a bucket that holds somebody up. */
  #serve(name: string, group: Group): void {
    group.cancelTimer();
    const nowMs = this.#clock.monotonicMs();
    const held = new Set<Bucket>();
    let nextMs = Infinity;
    const inOrder = group.waiting.slice();
    for (const waiter of inOrder) {
      const isHeld = waiter.takes.some(({ bucket }) => held.has(bucket));
      if (!isHeld && canGo(waiter, nowMs)) {
        for (const { bucket, cost } of waiter.takes) bucket.take(cost, nowMs);
        group.waiting.splice(group.waiting.indexOf(waiter), 1);
        group.turn = Math.max(group.turn, waiter.turn);
        waiter.settle({ kind: 'admitted' });
        continue;
      }
      for (const { bucket, cost } of waiter.takes) {
        const readyMs = bucket.readyAtMs(cost, nowMs);
        if (readyMs > nowMs || !bucket.hasRoom()) held.add(bucket);
        if (!isHeld && readyMs > nowMs) nextMs = Math.min(nextMs, readyMs);
      }
    }
    if (group.waiting.length === 0) this.#groups.delete(name);
    else if (nextMs < Infinity) {
      group.cancelTimer = this.#clock.after(nextMs - nowMs, () => this.#serve(name, group));
    }
  }
}

function canGo({ takes }: Entry, nowMs: number): boolean {
  return takes.every(({ bucket, cost }) => bucket.hasRoom() && bucket.readyAtMs(cost, nowMs) <= nowMs);
}

function isInTheWay(waiter: Waiter, { takes }: Entry): boolean {
  return waiter.takes.some(({ bucket }) => takes.some((take) => take.bucket === bucket));
}

/** A party that waits already gets its next turn after its last one; a new one is served with the next round. */
function placeOf({ party }: Entry, { waiting, turn: served }: Group): { index: number; turn: number } {
  const own = waiting.findLast((waiter) => waiter.party === party);
  const turn = Math.max(served, own?.turn ?? 0) + 1;
  const later = waiting.findIndex((waiter) => waiter.turn > turn);
  return { turn, index: later === -1 ? waiting.length : later };
}

/** How long the queue ahead keeps its buckets busy. */
function estimatedWaitMs({ takes }: Entry, ahead: readonly Waiter[], nowMs: number): number {
  return takes.reduce((longest, { bucket, cost }) => {
    const before = ahead.reduce((sum, waiter) => sum + (waiter.takes.find((t) => t.bucket === bucket)?.cost ?? 0), 0);
    const waitMs = bucket.waitMs(before, cost, nowMs);
    return Math.max(longest, waitMs, bucket.hasRoom() ? 0 : ROOM_WAIT_MS);
  }, 0);
}
