/**
 * A write between its two lines in the ledger: begun durably before the first byte, settled with what came of it, and
 * never sent by anybody who does not hold its fence.
 *
 * @module
 */
import type { CallBeginning, CallResult, CallSettlement, TakenUp, TakeUp } from '../core/call.js';
import { AppError } from '../core/errors.js';
import { concludeEnding, outcomeFacts, resultOf, storedText, type Conclusion } from './conclusion.js';
import { intentDraft, outcomeDraft } from './entries.js';
import { shownKey } from './idempotency-key.js';
import type { OutboundParts } from './parts.js';
import type { Plan } from './plan.js';
import { exchangeOf } from './exchange-of.js';
import { reconcile } from './reconcile.js';
import { transmit } from './transmit.js';

/** A call we may work on. */
export interface Held {
  callId: string;
  /** The call is `sending` under it: its next attempt is durable already. */
  fence: number;
  /** When its key was first sent; the life of the key is counted from here. */
  startedAtMs: number;
  /** Attempts of earlier holders. */
  attemptsBefore: number;
  /** One of them may have taken effect. */
  earlierMaybe: boolean;
}

/** A call as its key knows it. What it is to send may not be known any more. */
export interface KeyedCall extends Pick<Plan, 'context' | 'facts' | 'key' | 'inputHash'> {
  found: Pick<Plan['found'], 'name'>;
}

/** The fence that settles an `unknown` call by decision (see `CallSettlement`). */
export const NOBODYS_FENCE = 0;

/** Part of a key's life in which we rely on it. The rest is left to clocks that differ. */
const TRUSTED_PART_OF_KEY_LIFE = 0.9;

/** Whether the target would still recognise the key of a call that was first sent at `startedAtMs`. */
export function isKeyed({ idempotency }: Plan, startedAtMs: number, nowMs: number): boolean {
  if (idempotency === 'none') return false;
  return nowMs - startedAtMs < idempotency.keyTtlMs * TRUSTED_PART_OF_KEY_LIFE;
}

/** Writes the intent of a call, or finds what an earlier one under its key came to. */
export async function beginCall(
  { settings, calls, entry }: OutboundParts,
  { context: { scope, callId }, key, found, inputHash, facts }: KeyedCall,
): Promise<CallBeginning> {
  const { leaseMs, keyTtlMs } = settings;
  const call = { id: callId, key, operation: found.name, inputHash: inputHash(), sending: true, leaseMs, keyTtlMs };
  return await calls.begin(scope, { ...call, entry: entry(scope, intentDraft(facts)) });
}

/** Sends a call that we hold, and settles it. */
export async function sendHeld(parts: OutboundParts, plan: Plan, held: Held): Promise<CallResult> {
  const startedMs = parts.clock.monotonicMs();
  const { callId, fence, startedAtMs, attemptsBefore, earlierMaybe } = held;
  const renew = (): Promise<'recorded' | 'lost'> =>
    parts.calls.sending(plan.context.scope, callId, fence, parts.settings.leaseMs);
  const ending = await transmit(parts, {
    exchange: exchangeOf(plan),
    write: true,
    refusedWith: plan.idempotency === 'none' ? undefined : plan.idempotency.refusedWith,
    callId,
    earlierMaybe,
    isKeyed: () => isKeyed(plan, startedAtMs, parts.clock.nowMs()),
    renew,
  });
  if (ending.kind === 'lost') return inFlight(parts, plan, callId, parts.settings.timeoutMs);
  const concluded =
    ending.kind === 'repeated'
      ? { ...(await madeBefore(parts, plan, held)), httpStatus: ending.status }
      : concludeEnding(parts, plan, ending);
  const conclusion = withLookUp(parts, plan, concluded);
  const durationMs = parts.clock.monotonicMs() - startedMs;
  return await settle(parts, plan, held, conclusion, { attempts: attemptsBefore + ending.attempts, durationMs });
}

/** The target says that it has seen the key, so the effect is there; what it made is asked for. */
async function madeBefore(parts: OutboundParts, plan: Plan, { callId, startedAtMs }: Held): Promise<Conclusion> {
  const error = new AppError('outcome_unknown', { operation: plan.found.name, callId });
  if (!canLookUp(plan)) return { state: 'unknown', error };
  const asked = await reconcile(parts, plan, { callId, startedAtMs });
  return asked.is === 'found' ? { state: 'done', output: asked.value } : { state: 'unknown', error };
}

/** Writes a conclusion down, and tells it. */
export async function settle(
  parts: OutboundParts,
  plan: Omit<KeyedCall, 'inputHash'>,
  { callId, fence }: Pick<Held, 'callId' | 'fence'>,
  conclusion: Conclusion,
  effort: { attempts: number; durationMs: number },
): Promise<CallResult> {
  const { scope } = plan.context;
  const facts = outcomeFacts(conclusion, effort, callId);
  if (conclusion.state === 'unknown') {
    parts.log('warn', 'it is not known whether a call took place', { action: plan.found.name, callId });
  }
  const entry = parts.entry(scope, outcomeDraft(plan.facts, facts));
  const { state } = conclusion;
  const durationMs = Math.round(effort.durationMs);
  const settlement = {
    callId,
    fence,
    state,
    result: storedText(conclusion),
    attempts: effort.attempts,
    durationMs,
    entry,
  };
  const isStillUnknown = fence === NOBODYS_FENCE && state === 'unknown';
  const settled = isStillUnknown ? 'lost' : await parts.calls.settle(scope, settlement);
  if (settled === 'lost') await settleLate(parts, plan, settlement, conclusion);
  return resultOf(callId, plan.key, conclusion);
}

/**
 * Somebody else holds the call by now, or nobody. What we know for certain is offered as a decision about an `unknown`
 * call; if that is refused as well, the log at least has it.
 */
async function settleLate(
  parts: OutboundParts,
  plan: Pick<KeyedCall, 'context'>,
  settlement: CallSettlement,
  conclusion: Conclusion,
): Promise<void> {
  const { scope } = plan.context;
  const isNews = settlement.fence !== NOBODYS_FENCE && conclusion.state === 'done';
  const settled = isNews ? await parts.calls.settle(scope, { ...settlement, fence: NOBODYS_FENCE }) : 'lost';
  if (settled === 'lost') await parts.audit.append(scope, [settlement.entry]);
}

/** Makes a call whose earlier sending has no known outcome `sending` again, with a second intent in the log. */
export async function takeUp(
  { calls, entry, settings }: OutboundParts,
  { context: { scope }, facts }: Plan,
  callId: string,
  fence: number,
  ground: TakeUp['ground'],
): Promise<TakenUp> {
  const intent = entry(scope, { ...intentDraft(facts), callId });
  return await calls.takeUp(scope, { callId, fence, ground, leaseMs: settings.leaseMs, entry: intent });
}

/** When a look-up can settle an `unknown` call, that is when to come back. */
function withLookUp(parts: OutboundParts, plan: Plan, conclusion: Conclusion): Conclusion {
  if (conclusion.state !== 'unknown' || conclusion.retryAfterMs !== undefined || !canLookUp(plan)) return conclusion;
  return { ...conclusion, retryAfterMs: lookUpDelayMs(parts, plan) };
}

export function canLookUp({ found, input, connection }: Plan): boolean {
  const { reconcile } = found.action;
  return reconcile !== undefined && (reconcile.isPossible?.(input, connection.view) ?? true);
}

/** After the end of the last attempt: its deadline, in case it is still on its way, and what a listing lags behind. */
export function lookUpDelayMs({ settings }: OutboundParts, { found }: Plan): number {
  return (found.action.timeoutMs ?? settings.timeoutMs) + found.action.settleMs;
}

/** @param retryAfterMs by when the attempt under way has ended, as a rule. */
export function inFlight(
  { secrets }: Pick<OutboundParts, 'secrets'>,
  { key }: Pick<Plan, 'key'>,
  callId: string,
  retryAfterMs: number,
): CallResult {
  const error = new AppError('call_in_flight', { key: shownKey(key, secrets) });
  return { callId, idempotencyKey: key, state: 'running', error: error.view(), retryAfterMs };
}
