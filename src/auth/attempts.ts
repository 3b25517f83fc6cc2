/**
 * How often somebody may try: to sign in, to exchange a code, to guess a passphrase. Counted here, and, where several
 * nodes share a store, there, so that another node is not another set of attempts.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { AppError } from '../core/errors.js';
import { conformsAtMs, taken, type Rate } from '../core/gcra.js';
import type { LimitVerbs } from '../core/limit-verbs.js';
import type { Clock } from '../core/ports.js';

/** Each with what people are told of it. An office behind one address has to pass, somebody who guesses has not. */
const KINDS = {
  /** Pages of signing in, by address. */
  page: { ratePerSecond: 1, burst: 60, says: 'Signing in from this address' },
  /** Ways back from a provider to which an account was to be connected, by address. */
  callback: { ratePerSecond: 1, burst: 60, says: 'Connecting accounts from this address' },
  /** Codes and refresh tokens, by address. */
  token: { ratePerSecond: 2, burst: 120, says: 'Exchanging tokens from this address' },
  /** Documents of programs that are fetched, by the person who is asked for access. */
  document: { ratePerSecond: 0.1, burst: 20, says: 'Looking at a new program' },
  /** Sign-ins and new tokens, by person. */
  person: { ratePerSecond: 0.1, burst: 30, says: 'Signing in as this person' },
  /** Codes for the first admin, by person. */
  admin_code: { ratePerSecond: 0.1, burst: 5, says: 'Entering a code' },
  /** Decisions on the page of an approval, by address. */
  decision: { ratePerSecond: 0.2, burst: 20, says: 'Deciding from this address' },
  /** Guesses at one approver's passphrase. */
  passphrase: { ratePerSecond: 0.1, burst: 5, says: 'Deciding as this approver' },
} satisfies Record<string, Rate & { says: string }>;

export type AttemptKind = keyof typeof KINDS;

/** Addresses and names are invented at will: so many are remembered, the most used ones longest. */
const KNOWN_MAX = 20_000;

export interface AttemptsParts {
  clock: Clock;
  /** Of a store that several nodes share. */
  limits?: LimitVerbs | undefined;
}

export class Attempts {
  /** By bucket, the theoretical arrival time of gcra.ts. */
  readonly #known = new Map<string, number>();

  constructor(private readonly parts: AttemptsParts) {}

  /**
   * Counts one.
   *
   * @param whose an address, a person, a name; where nobody knows it, nothing is counted
   * @throws AppError `too_many_attempts`; what the store throws
   */
  async count(kind: AttemptKind, whose: string): Promise<void> {
    if (whose === '') return;
    const { says, ...rate } = KINDS[kind];
    const bucket = `${kind} ${createHash('sha256').update(whose).digest('base64url').slice(0, 22)}`;
    const waitMs = this.#takeHere(bucket, rate) || (await this.#takeThere(bucket, rate));
    if (waitMs > 0) throw new AppError('too_many_attempts', { what: says, retryAfterMs: Math.ceil(waitMs) });
  }

  #takeHere(bucket: string, rate: Rate): number {
    const nowMs = this.parts.clock.monotonicMs();
    const theoreticalMs = this.#known.get(bucket) ?? 0;
    const waitMs = conformsAtMs(theoreticalMs, 1, rate, nowMs) - nowMs;
    if (waitMs > 0) return waitMs;
    if (this.#known.size >= KNOWN_MAX) this.#forget(nowMs);
    this.#known.set(bucket, taken(theoreticalMs, 1, rate, nowMs));
    return 0;
  }

  async #takeThere(bucket: string, rate: Rate): Promise<number> {
    const { limits } = this.parts;
    if (limits === undefined) return 0;
    const [grant] = await limits.take([[{ bucket: `attempts ${bucket}`, cost: 1, ...rate }]], 0);
    return grant === undefined || grant.kind === 'granted' ? 0 : grant.inMs;
  }

  /** What is over, or, if that is little, the half that is over first: a flood does not wash away who is held. */
  #forget(nowMs: number): void {
    const sorted = [...this.#known].sort(([, one], [, two]) => one - two);
    const over = sorted.filter(([, atMs]) => atMs <= nowMs).length;
    for (const [bucket] of sorted.slice(0, Math.max(over, KNOWN_MAX / 2))) this.#known.delete(bucket);
  }
}
