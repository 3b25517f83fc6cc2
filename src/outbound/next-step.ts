/**
 * The decision table after an attempt that did not succeed: wait and try again, or give up, and if so, as what. Pure.
 *
 * For a write the question before every other is whether it may have taken place. It is sent again only if it
 * certainly did not, or if the target recognises the key and is still within the key's life.
 *
 * @module
 */
import { CALL_BACKOFF, fullJitterMs } from '../core/backoff.js';
import type { NetFailure, Random } from '../core/ports.js';
import type { FailedOutcome } from './failure-error.js';

/** Statuses after which another try makes sense, as far as effects allow it (requirements C1). */
export const RETRY_STATUSES: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Spreads out callers who were all told the same Retry-After. */
const RETRY_AFTER_JITTER_MS = 500;

/** A shorter spread would only make a wave of everybody who stayed away. */
const CIRCUIT_SPREAD_MS = 5_000;

export interface Situation {
  /** Whether the action changes anything. */
  write: boolean;
  /** Attempts made, this one included. */
  attempts: number;
  /** Attempts allowed. */
  attemptsMax: number;
  /** The target takes our key, and the key is young enough to be recognised. */
  keyed: boolean;
  /** An earlier attempt, of this process or of another, may have taken effect. */
  earlierMaybe: boolean;
  /** The longest wait inside the call. */
  holdMs: number;
}

export type NextStep =
  | { kind: 'retry'; delayMs: number }
  /** Certainly without effect. `retryAfterMs`: another call can work by then. */
  | { kind: 'failed'; retryAfterMs?: number }
  /** It may have taken place. `retryAfterMs`: then it may be sent again under the same key. */
  | { kind: 'unknown'; retryAfterMs?: number };

export function nextStep(outcome: FailedOutcome, situation: Situation, random: Random): NextStep {
  if (outcome.kind === 'held_back') {
    const retryAfterMs = outcome.retryAfterMs + spreadMs(outcome, random);
    return { kind: situation.write && situation.earlierMaybe ? 'unknown' : 'failed', retryAfterMs };
  }
  const maybe = situation.write && (situation.earlierMaybe || mayHaveTakenEffect(outcome));
  const again = isWorthAnother(outcome, situation) && (!maybe || situation.keyed);
  const waitMs = waitBefore(outcome, situation.attempts, random);
  if (!again) return givenUp(outcome, situation, maybe, waitMs);
  const held = (askedWaitMs(outcome) ?? 0) <= situation.holdMs;
  if (held && situation.attempts < situation.attemptsMax) return { kind: 'retry', delayMs: waitMs };
  return { kind: maybe ? 'unknown' : 'failed', retryAfterMs: waitMs };
}

/** Whether nothing is wrong with the call but its time: it was held back, or asked to come back after a long while. */
export function isTooEarly(outcome: FailedOutcome, holdMs: number): boolean {
  if (outcome.kind === 'held_back') return true;
  if (outcome.kind !== 'refused') return false;
  return outcome.failure.code === 'rate_limited' || (askedWaitMs(outcome) ?? 0) > holdMs;
}

/** Whether this very attempt can have had its effect although it did not succeed. */
export function mayHaveTakenEffect(outcome: FailedOutcome): boolean {
  switch (outcome.kind) {
    case 'not_sent':
    case 'held_back':
      return false;
    case 'no_answer':
      return outcome.failure.sent === 'maybe';
    default:
      return !outcome.failure.safeToRetry && isNoVerdict(outcome.failure.code);
  }
}

function givenUp(outcome: FailedOutcome, { keyed }: Situation, maybe: boolean, waitMs: number): NextStep {
  if (!maybe) return { kind: 'failed' };
  if (!keyed) return { kind: 'unknown' };
  // A target that recognises the key and rejects the request has not carried it out before, or it would have
  // answered as it did then. A refused credential is no such verdict: it comes from in front of the target.
  const isVerdict = outcome.kind === 'refused' && outcome.failure.code === 'provider_rejected';
  return isVerdict ? { kind: 'failed' } : { kind: 'unknown', retryAfterMs: waitMs };
}

function isWorthAnother(outcome: FailedOutcome, situation: Situation): boolean {
  switch (outcome.kind) {
    case 'not_sent':
    case 'held_back':
      return false;
    case 'no_answer':
      return !isOurs(outcome.failure);
    default: {
      if (isInProgress(outcome, situation)) return true;
      const { status, failure } = outcome;
      if (failure.advice !== undefined) return failure.advice === 'retry';
      // A failure inside a 2xx says by its code alone that it will pass.
      const passes = RETRY_STATUSES.has(status) || failure.safeToRetry || status < 300;
      return isNoVerdict(failure.code) && passes;
    }
  }
}

/** Refused, stopped or unsendable on our side: another try would end the same. */
function isOurs({ kind, sent }: NetFailure): boolean {
  return kind === 'denied' || kind === 'aborted' || (kind === 'malformed' && sent === 'no');
}

/** 409 is what a target that takes keys says while it still works on the first request under this key. */
function isInProgress(outcome: FailedOutcome, { keyed, earlierMaybe }: Situation): boolean {
  return keyed && earlierMaybe && outcome.kind === 'refused' && outcome.status === 409;
}

function isNoVerdict(code: string): boolean {
  return code === 'provider_unavailable' || code === 'rate_limited';
}

/** Everybody was told the same time; whoever waits for a provider to work again comes back over twice as long. */
function spreadMs({ why, retryAfterMs }: FailedOutcome & { kind: 'held_back' }, random: Random): number {
  const overMs = why === 'circuit' ? Math.max(retryAfterMs, CIRCUIT_SPREAD_MS) : RETRY_AFTER_JITTER_MS;
  return fullJitterMs({ attempt: 1, baseMs: overMs, capMs: overMs }, random);
}

/** Never earlier than asked, and never at once. */
function waitBefore(outcome: FailedOutcome, attempts: number, random: Random): number {
  const asked = askedWaitMs(outcome);
  if (asked === undefined) return fullJitterMs({ ...CALL_BACKOFF, attempt: attempts }, random);
  return asked + fullJitterMs({ attempt: 1, baseMs: RETRY_AFTER_JITTER_MS, capMs: RETRY_AFTER_JITTER_MS }, random);
}

function askedWaitMs(outcome: FailedOutcome): number | undefined {
  return outcome.kind === 'refused' ? outcome.failure.retryAfterMs : undefined;
}
