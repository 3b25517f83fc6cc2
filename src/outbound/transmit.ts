/** Sends until it works, or until the decision table says that it must stop. @module */
import { AppError, isAppError } from '../core/errors.js';
import type { HttpAnswer, Random } from '../core/ports.js';
import { attempt, departureOf, type AttemptOutcome, type AttemptParts, type Exchange } from './attempt.js';
import { errorOf, type FailedOutcome } from './failure-error.js';
import { isTooEarly, mayHaveTakenEffect, nextStep } from './next-step.js';

export interface Transmission {
  exchange: Exchange;
  write: boolean;
  /** The call as the ledger knows it, for the error that says we do not know. */
  callId: string;
  /** Whether the target would recognise a repeat if it were sent now. */
  isKeyed: () => boolean;
  /** Provider codes by which the target refuses a repeat instead of answering as it did. */
  refusedWith?: readonly string[];
  /** An attempt before this one, by whoever held the call then, may have taken effect. */
  earlierMaybe: boolean;
  /** Makes one more attempt durable before its first byte. `lost`: somebody else holds the call. */
  renew: () => Promise<'recorded' | 'lost'>;
}

export type Ending = {
  attempts: number;
  /** Of the last answer, if there was one. */
  status?: number;
  /** The last answer, where it was a refusal. */
  refusal?: HttpAnswer;
} & (
  | { kind: 'answered'; answer: HttpAnswer }
  /** The target refused a repeat, so an earlier attempt took effect. */
  | { kind: 'repeated' }
  | { kind: 'failed'; error: AppError; retryAfterMs?: number; tooEarly?: true }
  | { kind: 'unknown'; error: AppError; retryAfterMs?: number; tooEarly?: true }
  /** Another process took the call over; it has the outcome, not we. */
  | { kind: 'lost' }
);

export async function transmit(parts: AttemptParts & { random: Random }, sending: Transmission): Promise<Ending> {
  const { exchange, write } = sending;
  const { holdMs, retries } = parts.settings;
  const departure = departureOf(parts, exchange);
  let { earlierMaybe } = sending;
  // After a refused token there is one renewal and one more attempt, and not a second of either.
  let renewed = false;
  parts.traffic.began(departure);
  for (let attempts = 1; ; attempts++) {
    let outcome = await attempt(parts, exchange, attempts, departure);
    if (!renewed && isTokenRefused(outcome, exchange)) {
      renewed = true;
      const fresh = await freshToken(parts, exchange);
      if (fresh === true && (await sending.renew()) === 'lost') return { kind: 'lost', attempts };
      if (fresh === true) continue;
      if (fresh !== false) outcome = { kind: 'not_sent', error: fresh };
    }
    if (outcome.kind === 'answered') {
      return { kind: 'answered', answer: outcome.answer, attempts, status: outcome.answer.status };
    }
    const early = isTooEarly(outcome, holdMs) && { tooEarly: true as const };
    const end = { attempts: wasSent(outcome) ? attempts : attempts - 1, ...statusOf(outcome), ...early };
    if (earlierMaybe && isRefusedRepeat(outcome, sending))
      return { kind: 'repeated', attempts: end.attempts, ...statusOf(outcome) };
    const keyed = sending.isKeyed();
    const situation = {
      write,
      attempts,
      attemptsMax: exchange.stream === undefined ? retries + 1 : 1,
      keyed,
      earlierMaybe,
      holdMs,
    };
    const step = nextStep(outcome, situation, parts.random);
    if (step.kind === 'failed') return { ...failure(outcome, sending, step.retryAfterMs), ...end };
    if (step.kind === 'unknown') return { ...ignorance(sending, step.retryAfterMs), ...end };
    earlierMaybe ||= write && mayHaveTakenEffect(outcome);
    if (!parts.traffic.mayRetry(departure)) {
      return { ...(earlierMaybe ? ignorance(sending, step.delayMs) : failure(outcome, sending, step.delayMs)), ...end };
    }
    await parts.clock.sleep(step.delayMs, exchange.signal);
    if ((await sending.renew()) === 'lost') return { kind: 'lost', attempts };
  }
}

/** The provider does not take the token as such; a permission that is missing is another thing. */
function isTokenRefused(outcome: AttemptOutcome, { connector, stream }: Exchange): boolean {
  // A body that was streamed is gone.
  if (outcome.kind !== 'refused' || outcome.failure.code !== 'provider_auth' || stream !== undefined) return false;
  return outcome.status === 401 || connector.auth?.refused_token_codes?.includes(outcome.failure.providerCode) === true;
}

/** Whether there is another token now; or why there will be none. */
async function freshToken({ connections }: AttemptParts, { connection }: Exchange): Promise<boolean | AppError> {
  try {
    return (await connections.refused?.(connection)) === true;
  } catch (error) {
    if (isAppError(error)) return error;
    throw error;
  }
}

function wasSent({ kind }: AttemptOutcome): boolean {
  return kind !== 'not_sent' && kind !== 'held_back';
}

function statusOf(outcome: FailedOutcome): { status?: number; refusal?: HttpAnswer } {
  if (outcome.kind !== 'refused') return {};
  return { status: outcome.status, ...(outcome.answer && { refusal: outcome.answer }) };
}

function isRefusedRepeat(outcome: FailedOutcome, { refusedWith = [] }: Transmission): boolean {
  return outcome.kind === 'refused' && refusedWith.includes(outcome.failure.providerCode);
}

type Unanswered = Extract<Ending, { kind: 'failed' | 'unknown' }>;

function failure(
  outcome: FailedOutcome,
  { exchange }: Transmission,
  retryAfterMs?: number,
): Omit<Unanswered, 'attempts'> {
  const { action, connector, rendered } = exchange;
  const scene = { action, provider: connector.title, ...(rendered.url && { host: rendered.url.host }) };
  const error = errorOf(outcome, scene);
  return { kind: 'failed', error, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

function ignorance({ exchange, callId }: Transmission, retryAfterMs?: number): Omit<Unanswered, 'attempts'> {
  const error = new AppError('outcome_unknown', { operation: exchange.action, callId });
  return { kind: 'unknown', error, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}
