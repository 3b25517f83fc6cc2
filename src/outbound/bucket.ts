/**
 * One bucket of a rate limit as this process sees it: what is declared, what the provider's answers taught, who is
 * under way. Instants are monotonic milliseconds.
 *
 * @module
 */
import { conformsAtMs, taken, type Rate } from '../core/gcra.js';
import type { LimitBucket } from '../core/limit.js';
import type { LimitDraw } from '../core/limit-verbs.js';
import { EasedRate } from './eased-rate.js';
import { LearntRate } from './learnt-rate.js';

/** What an answer says about a bucket. */
export interface BucketNews {
  atMs: number;
  /** The provider asked to slow down. */
  refused: boolean;
  /** It named the time; absent means that it did not. */
  waitMs?: number;
  /** Units left in its window, and how long the window still lasts. */
  left?: { remaining: number; resetMs: number; limit?: number };
}

export interface BucketSettings extends Pick<LimitBucket, 'burst' | 'concurrency'> {
  ratePerSecond?: number;
  /** Nothing is declared: begin with a few at once and allow one more for each that was taken. */
  slowStart?: boolean;
  /** The part of what cannot be drawn from together that this process may use; the others have the rest. */
  fraction?: () => number;
  /** The store has what is declared, under this name, and all processes draw from it. */
  drawnFrom?: string;
}

/** After a refusal without a time: the shortest pause, doubled as long as refusals go on. */
const PAUSE_MS = 250;
const PAUSE_MAX_MS = 30_000;
const SLOW_START = 4;
/** Room for one that comes late, so that lateness does not add up; more where the provider is known to save up more. */
const LEARNT_BURST = 2;
/** A busy machine is late by a quarter of a second, hardly by more. */
const CAUGHT_UP_SECONDS = 0.25;
/** Less than this part of a window left: the rest is spread over its time. */
const SCARCE = 0.2;
const SCARCE_UNITS = 10;

export class Bucket {
  /** Requests under way. */
  running = 0;
  readonly #declared: number | undefined;
  readonly #burst: number;
  readonly #concurrency: number;
  readonly #fraction: () => number;
  readonly #drawnFrom: string | undefined;
  /** The store was asked, and there is nothing before. */
  #drawAtMs = -Infinity;
  readonly #learnt: EasedRate | LearntRate;
  /** Requests that may be under way; grows up to the concurrency. */
  #room: number;
  #theoreticalMs = -Infinity;
  #blockedUntilMs = -Infinity;
  #pauseMs = 0;
  #spread: { ratePerSecond: number; untilMs: number } | undefined;

  constructor(settings: BucketSettings) {
    const { ratePerSecond, burst = 1, concurrency = Infinity, slowStart = false, fraction, drawnFrom } = settings;
    this.#drawnFrom = ratePerSecond === undefined ? undefined : drawnFrom;
    this.#declared = ratePerSecond;
    this.#burst = burst;
    this.#concurrency = concurrency;
    this.#fraction = fraction ?? (() => 1);
    this.#learnt = ratePerSecond === undefined ? new LearntRate() : new EasedRate(ratePerSecond);
    this.#room = slowStart ? Math.min(SLOW_START, concurrency) : concurrency;
  }

  /** What is believed at the moment; `undefined` while nothing limits it. */
  ratePerSecond(nowMs: number): number | undefined {
    return this.#learnt.rateAt(nowMs);
  }

  /** When `cost` units may go, as far as rates decide. */
  readyAtMs(cost: number, nowMs: number): number {
    const rate = this.#ownRate(nowMs);
    const atMs = rate === undefined ? nowMs : conformsAtMs(this.#theoreticalMs, cost, rate, nowMs);
    return Math.max(atMs, this.#blockedUntilMs, this.#drawAtMs);
  }

  /** What has to be asked of the store before `cost` units go; `undefined` where this process decides alone. */
  draw(cost: number): LimitDraw | undefined {
    if (this.#drawnFrom === undefined || this.#declared === undefined) return undefined;
    return { bucket: this.#drawnFrom, ratePerSecond: this.#declared, burst: this.#burst, cost };
  }

  /** The store has nothing for us: nobody asks again before `atMs`. */
  drawAgainAt(atMs: number): void {
    this.#drawAtMs = Math.max(this.#drawAtMs, atMs);
  }

  /** Units that could go at once now; `undefined` while nothing limits them. */
  leftAt(nowMs: number): number | undefined {
    if (this.#blockedUntilMs > nowMs || this.#drawAtMs > nowMs) return 0;
    const rate = this.#ownRate(nowMs);
    if (rate === undefined) return undefined;
    const owedMs = Math.max(0, this.#theoreticalMs - nowMs);
    return Math.max(0, Math.floor(rate.burst - (owedMs * rate.ratePerSecond) / 1000 + 1e-6));
  }

  /** How long `cost` units wait behind `before` others. */
  waitMs(before: number, cost: number, nowMs: number): number {
    const rate = this.#rate(nowMs);
    const queuedMs = rate === undefined ? 0 : (before * 1000) / rate.ratePerSecond;
    return Math.max(0, this.readyAtMs(cost, nowMs) - nowMs + queuedMs);
  }

  hasRoom(): boolean {
    const ours = this.#concurrency === Infinity ? Infinity : Math.floor(this.#concurrency * this.#fraction());
    return this.running < Math.min(this.#room, Math.max(1, ours));
  }

  take(cost: number, nowMs: number): void {
    this.running++;
    const rate = this.#ownRate(nowMs);
    if (rate !== undefined) this.#theoreticalMs = taken(this.#theoreticalMs, cost, rate, nowMs);
  }

  release(): void {
    this.running--;
  }

  /** Learns from one answer. */
  learn(cost: number, { atMs, refused, waitMs, left }: BucketNews): void {
    if (refused) this.#refused(atMs, waitMs);
    else this.#accepted(cost, atMs);
    if (left !== undefined) this.#counted(left, atMs);
  }

  /** Nothing of it is in use, and nothing was learnt that a new one would not know. */
  isRested(nowMs: number): boolean {
    const isFull = Math.max(this.#theoreticalMs, this.#blockedUntilMs, this.#drawAtMs) <= nowMs;
    return this.running === 0 && isFull && this.#learnt.rateAt(nowMs) === this.#declared;
  }

  /** What this process paces itself: all but a declared limit that the store has, as long as nothing lowers it. */
  #ownRate(nowMs: number): Rate | undefined {
    const rate = this.#rate(nowMs);
    return this.#drawnFrom !== undefined && rate?.ratePerSecond === this.#declared ? undefined : rate;
  }

  /**
   * What is left of a window is divided by the processes that draw from it, and so is a declared limit that the store
   * does not have. What was learnt from refusals is our part already: the others were sending, too.
   */
  #rate(nowMs: number): Rate | undefined {
    const spread = this.#spread !== undefined && this.#spread.untilMs > nowMs ? this.#spread.ratePerSecond : Infinity;
    const learnt = this.#learnt.rateAt(nowMs) ?? Infinity;
    if (learnt === Infinity && spread === Infinity) return undefined;
    const isDivided = this.#declared !== undefined && this.#drawnFrom === undefined;
    const rate = Math.min(isDivided ? learnt * this.#fraction() : learnt, spread * this.#fraction());
    const burst = rate === this.#declared ? this.#burst : Math.min(this.#burst, LEARNT_BURST);
    return { ratePerSecond: rate, burst: this.#declared === undefined ? this.#learntBurst(rate) : burst };
  }

  /** Whoever is late goes with those who follow: what was not sent in time is there all the same. */
  #learntBurst(rate: number): number {
    return Math.max(LEARNT_BURST, Math.min(this.#learnt.catchUpUnits, rate * CAUGHT_UP_SECONDS));
  }

  #accepted(cost: number, atMs: number): void {
    if (atMs > this.#blockedUntilMs + this.#pauseMs) this.#pauseMs = 0;
    if (this.#room < this.#concurrency) this.#room++;
    this.#learnt.accepted(cost, atMs);
  }

  #refused(atMs: number, waitMs: number | undefined): void {
    const pauseMs = waitMs ?? Math.min(PAUSE_MAX_MS, Math.max(PAUSE_MS, this.#pauseMs * 2));
    const untilMs = Math.max(this.#blockedUntilMs, atMs + pauseMs);
    if (!this.#learnt.refused(atMs, untilMs) && waitMs === undefined) return;
    if (waitMs === undefined) this.#pauseMs = pauseMs;
    this.#blockedUntilMs = untilMs;
    this.#theoreticalMs = Math.max(this.#theoreticalMs, untilMs);
  }

  /** What the provider counts itself is better than anything we could guess. */
  #counted({ remaining, resetMs, limit }: NonNullable<BucketNews['left']>, atMs: number): void {
    if (remaining <= 0) {
      this.#blockedUntilMs = Math.max(this.#blockedUntilMs, atMs + resetMs);
      return;
    }
    const isScarce = limit === undefined ? remaining <= SCARCE_UNITS : remaining <= limit * SCARCE;
    this.#spread = isScarce ? { ratePerSecond: (remaining * 1000) / resetMs, untilMs: atMs + resetMs } : undefined;
  }
}
