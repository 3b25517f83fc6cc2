/**
 * One bucket of a rate limit as this process sees it: what is declared, what the provider's answers taught, who is
 * under way.
 *
 * @module
 */
import type { LimitBucket } from '../core/limit.js';
import { conformsAtMs, taken, type Rate } from '../core/gcra.js';

/** What an answer says about a bucket. Instants are monotonic milliseconds. */
export interface BucketNews {
  atMs: number;
  /** The provider asked to slow down. */
  refused: boolean;
  /** It named the time; absent means that it did not. */
  waitMs?: number;
  /** Units left in its window, and how long the window still lasts. */
  left?: { remaining: number; resetMs: number; limit?: number };
}

/** After a refusal without a time: the shortest pause, doubled as long as refusals go on. */
const PAUSE_MS = 250;
const PAUSE_MAX_MS = 30_000;
/** What is admitted is counted over this long, to see what a provider really takes. */
const SAMPLE_MS = 1_000;
/** After a refusal the rate falls to this part of what it was, or of what was seen to be taken. */
const FALL = 0.9;
const RATE_MIN = 0.02;
/** What a second without refusals adds to a rate that was learnt: a hundredth, twice as much while far below. */
const RISE_PER_SECOND = 0.01;
const QUICK_RISE_PER_SECOND = 1;
/** Less than this part of a window left: the rest is spread over its time. */
const SCARCE = 0.2;
const SCARCE_UNITS = 10;

export class Bucket {
  /** Requests under way. */
  running = 0;
  readonly concurrency: number;
  readonly #declared: Rate | undefined;
  #rate: Rate | undefined;
  /** Where the last refusal was met; rising slows down near it. */
  #ceiling: number | undefined;
  #theoreticalMs = -Infinity;
  #blockedUntilMs = -Infinity;
  #pauseMs = 0;
  #risenAtMs = 0;
  #refusedAtMs = -Infinity;
  #spread: { ratePerSecond: number; untilMs: number } | undefined;
  #sample = { sinceMs: 0, units: 0, lastRate: 0 };
  readonly #fraction: () => number;

  /** @param fraction the part of the limit that this process may use; the others have the rest */
  constructor(declared: Pick<LimitBucket, 'burst' | 'concurrency'>, ratePerSecond?: number, fraction = () => 1) {
    const { burst = 1, concurrency = Infinity } = declared;
    this.#declared = ratePerSecond === undefined ? undefined : { ratePerSecond, burst };
    this.#rate = this.#declared;
    this.concurrency = concurrency;
    this.#fraction = fraction;
  }

  /** What is believed at the moment; `undefined` while nothing limits it. */
  get ratePerSecond(): number | undefined {
    return this.#rate?.ratePerSecond;
  }

  /** When `cost` units may go, as far as rates decide. */
  readyAtMs(cost: number, nowMs: number): number {
    const rate = this.#effective(nowMs);
    const atMs = rate === undefined ? nowMs : conformsAtMs(this.#theoreticalMs, cost, rate, nowMs);
    return Math.max(atMs, this.#blockedUntilMs);
  }

  /** How long `cost` units wait behind `before` others. */
  waitMs(before: number, cost: number, nowMs: number): number {
    const rate = this.#effective(nowMs);
    if (rate === undefined) return Math.max(0, this.#blockedUntilMs - nowMs);
    const queuedMs = (before * 1000) / rate.ratePerSecond;
    return Math.max(0, this.readyAtMs(cost, nowMs) - nowMs + queuedMs);
  }

  /** Nothing of it is in use, and nothing was learnt that a new one would not know. */
  isRested(nowMs: number): boolean {
    const isFull = this.#theoreticalMs <= nowMs && this.#blockedUntilMs <= nowMs;
    return this.running === 0 && isFull && this.#rate === this.#declared;
  }

  hasRoom(): boolean {
    return this.running < this.concurrency;
  }

  take(cost: number, nowMs: number): void {
    this.running++;
    const rate = this.#effective(nowMs);
    if (rate !== undefined) this.#theoreticalMs = taken(this.#theoreticalMs, cost, rate, nowMs);
  }

  release(): void {
    this.running--;
  }

  /** Learns from one answer. */
  learn(cost: number, news: BucketNews): void {
    if (news.refused) this.#refused(news);
    else this.#accepted(cost, news.atMs);
    if (news.left !== undefined) this.#counted(news.left, news.atMs);
  }

  #effective(nowMs: number): Rate | undefined {
    const spread = this.#spread !== undefined && this.#spread.untilMs > nowMs ? this.#spread.ratePerSecond : Infinity;
    const rate = Math.min(this.#rate?.ratePerSecond ?? Infinity, spread);
    if (rate === Infinity) return undefined;
    return { ratePerSecond: rate * this.#fraction(), burst: spread < Infinity ? 1 : (this.#rate?.burst ?? 1) };
  }

  #refused({ atMs, waitMs }: BucketNews): void {
    // Requests that were under way together are refused together; that is one lesson, not many.
    const isNews = atMs - this.#refusedAtMs > PAUSE_MS;
    this.#refusedAtMs = atMs;
    if (isNews) this.#pauseMs = Math.min(PAUSE_MAX_MS, Math.max(PAUSE_MS, this.#pauseMs * 2));
    this.#blockedUntilMs = Math.max(this.#blockedUntilMs, atMs + (waitMs ?? this.#pauseMs));
    if (!isNews) return;
    const seen = Math.max(this.#sample.lastRate, this.#sampleRate(atMs));
    const believed = this.#rate?.ratePerSecond ?? Infinity;
    this.#ceiling = Math.min(believed, seen > 0 ? seen : believed);
    const fallen = Math.max(RATE_MIN, (Number.isFinite(this.#ceiling) ? this.#ceiling : 1) * FALL);
    this.#rate = { ratePerSecond: Math.min(believed, fallen), burst: 1 };
    this.#risenAtMs = this.#blockedUntilMs;
    this.#theoreticalMs = Math.max(this.#theoreticalMs, this.#blockedUntilMs);
  }

  #accepted(cost: number, atMs: number): void {
    if (atMs - this.#sample.sinceMs >= SAMPLE_MS) {
      this.#sample = { sinceMs: atMs, units: 0, lastRate: this.#sampleRate(atMs) };
    }
    this.#sample.units += cost;
    if (atMs > this.#blockedUntilMs + this.#pauseMs) this.#pauseMs = 0;
    this.#rise(atMs);
  }

  /** A learnt rate rises while all goes well, up to what was declared. */
  #rise(atMs: number): void {
    const rate = this.#rate;
    if (rate === undefined || rate === this.#declared || atMs <= this.#risenAtMs) return;
    const seconds = (atMs - this.#risenAtMs) / 1000;
    this.#risenAtMs = atMs;
    const isFarBelow = this.#ceiling !== undefined && rate.ratePerSecond < this.#ceiling * 0.8;
    const factor = (1 + (isFarBelow ? QUICK_RISE_PER_SECOND : RISE_PER_SECOND)) ** Math.min(seconds, 5);
    const risen = rate.ratePerSecond * factor;
    const declared = this.#declared;
    if (declared !== undefined && risen >= declared.ratePerSecond) this.#rate = declared;
    else this.#rate = { ...rate, ratePerSecond: risen };
  }

  #sampleRate(atMs: number): number {
    const { sinceMs, units } = this.#sample;
    return (units * 1000) / Math.max(atMs - sinceMs, SAMPLE_MS);
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
