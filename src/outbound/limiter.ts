/**
 * Who may send now: every request takes from its buckets, in a queue in which connections take turns. What would wait
 * longer than a call may hold is told when to come back instead.
 *
 * State is in memory of this process. What several processes draw from together is in the store: whoever could go here
 * asks there, those of one moment in one question, and the answer says when they go.
 *
 * @module
 */
import type { LimitDraw, LimitVerbs } from '../core/limit-verbs.js';
import type { Clock } from '../core/ports.js';
import type { Bucket } from './bucket.js';
import { DrawTurns } from './draw-turns.js';

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
  holdUntilMs: number;
  /** The store has been asked for it; `granted` when it goes. */
  asked?: 'asking' | 'granted';
  settle: (admission: Admission) => void;
}

interface Group {
  /** By turn, then by arrival. */
  waiting: Waiter[];
  /** The turn that was served last. */
  turn: number;
  cancelTimer: () => void;
  /** A question to the store is under way. */
  isAsking: boolean;
}

const WAITING_MAX = 2_000;
/** Without a rate there is no time to name; room is a matter of others ending. */
const ROOM_WAIT_MS = 1_000;
/** Requests in one question to the store. */
const ASKED_MAX = 64;
/** How long before its time a request may be granted: longer than an answer takes, so that no time is lost. */
const AHEAD_MS = 100;
/** A store that does not answer is asked again after this long. */
const ASK_AGAIN_MS = 1_000;

export class Limiter {
  readonly #clock: Clock;
  readonly #limits: LimitVerbs | undefined;
  readonly #turns: DrawTurns;
  readonly #groups = new Map<string, Group>();

  /** @param limits where buckets lie that other processes draw from, too */
  constructor(clock: Clock, limits?: LimitVerbs) {
    this.#clock = clock;
    this.#limits = limits;
    this.#turns = new DrawTurns(AHEAD_MS);
  }

  /** Resolves when the request may be sent, or must not be. Whoever is admitted releases its buckets when done. */
  admit(entry: Entry): Admission | Promise<Admission> {
    if (entry.signal?.aborted === true) return { kind: 'aborted' };
    const nowMs = this.#clock.monotonicMs();
    const group = this.#groups.get(entry.group);
    const isFree = group === undefined || !group.waiting.some((other) => isInTheWay(other, entry));
    if (isFree && canGo(entry, nowMs) && !mustAsk(entry)) {
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
    const group = { waiting: [], turn: 0, cancelTimer: () => undefined, isAsking: false };
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
        // What it was granted is lost; it is on its way back from the store, or its time is near.
        if (waiter.asked !== undefined) for (const { bucket } of entry.takes) bucket.release();
        if (group.waiting.includes(waiter)) group.waiting.splice(group.waiting.indexOf(waiter), 1);
        waiter.settle(admission);
        this.#serve(entry.group, group);
      };
      const cancel = this.#clock.after(entry.holdMs, () => {
        if (waiter.asked === 'granted') return;
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
      const waiter: Waiter = { ...entry, turn: place.turn, holdUntilMs: nowMs + entry.holdMs, settle };
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
    const asked: Waiter[] = [];
    let nextMs = Infinity;
    const inOrder = group.waiting.slice();
    for (const waiter of inOrder) {
      const isHeld = waiter.takes.some(({ bucket }) => held.has(bucket));
      if (waiter.asked === undefined && !isHeld && canGo(waiter, nowMs)) {
        const isAskedFor = mustAsk(waiter);
        if (isAskedFor && (group.isAsking || asked.length >= ASKED_MAX)) {
          for (const { bucket } of waiter.takes) held.add(bucket);
          continue;
        }
        for (const { bucket, cost } of waiter.takes) bucket.take(cost, nowMs);
        if (isAskedFor) {
          waiter.asked = 'asking';
          asked.push(waiter);
          continue;
        }
        group.waiting.splice(group.waiting.indexOf(waiter), 1);
        group.turn = Math.max(group.turn, waiter.turn);
        waiter.settle({ kind: 'admitted' });
        continue;
      }
      if (waiter.asked !== undefined) continue;
      for (const { bucket, cost } of waiter.takes) {
        const readyMs = bucket.readyAtMs(cost, nowMs);
        if (readyMs > nowMs || !bucket.hasRoom()) held.add(bucket);
        if (!isHeld && readyMs > nowMs) nextMs = Math.min(nextMs, readyMs);
      }
    }
    if (asked.length > 0) this.#ask(name, group, asked);
    if (group.waiting.length === 0 && !group.isAsking) {
      if (this.#groups.get(name) === group) this.#groups.delete(name);
    } else if (nextMs < Infinity) {
      group.cancelTimer = this.#clock.after(nextMs - nowMs, () => this.#serve(name, group));
    }
  }

  /** Asks the store for all of them in one question, and lets go whom it grants. */
  #ask(name: string, group: Group, asked: readonly Waiter[]): void {
    group.isAsking = true;
    this.#limits!.take(asked.map(drawsOf), AHEAD_MS)
      .then(
        (grants) => {
          for (const [at, waiter] of asked.entries()) {
            const grant = grants[at]!;
            // Who has left meanwhile has let go of its buckets.
            if (!group.waiting.includes(waiter)) continue;
            if (grant.kind === 'granted') this.#goIn(group, waiter, grant.inMs);
            else this.#putOff(group, waiter, grant);
          }
        },
        () => {
          for (const waiter of asked) if (group.waiting.includes(waiter)) this.#putOff(group, waiter, undefined);
        },
      )
      .finally(() => {
        group.isAsking = false;
        this.#serve(name, group);
      });
  }

  /** It has left the queue, and its buckets are taken. */
  #goIn(group: Group, waiter: Waiter, inMs: number): void {
    waiter.asked = 'granted';
    group.waiting.splice(group.waiting.indexOf(waiter), 1);
    group.turn = Math.max(group.turn, waiter.turn);
    for (const { bucket } of drawsOf(waiter)) this.#turns.won(bucket);
    if (inMs <= 0) waiter.settle({ kind: 'admitted' });
    else this.#clock.after(inMs, () => waiter.settle({ kind: 'admitted' }));
  }

  /** Nothing was granted: the narrowest bucket, or all where the store did not say, is asked for later. */
  #putOff(group: Group, waiter: Waiter, later: { inMs: number; bucket: string } | undefined): void {
    const nowMs = this.#clock.monotonicMs();
    delete waiter.asked;
    for (const { bucket, cost } of waiter.takes) {
      bucket.release();
      const draw = bucket.draw(cost);
      if (draw === undefined || (later !== undefined && later.bucket !== draw.bucket)) continue;
      const againMs = later === undefined ? ASK_AGAIN_MS : this.#turns.askAgainInMs(draw.bucket, later.inMs);
      bucket.drawAgainAt(nowMs + againMs);
    }
    if (later === undefined || nowMs + later.inMs <= waiter.holdUntilMs) return;
    group.waiting.splice(group.waiting.indexOf(waiter), 1);
    waiter.settle({ kind: 'later', retryAfterMs: Math.max(1, Math.ceil(later.inMs)) });
  }
}

/** Whether some of it is to be drawn from the store. */
function mustAsk({ takes }: Entry): boolean {
  return takes.some(({ bucket, cost }) => bucket.draw(cost) !== undefined);
}

function drawsOf({ takes }: Entry): LimitDraw[] {
  return takes.flatMap(({ bucket, cost }) => bucket.draw(cost) ?? []);
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
