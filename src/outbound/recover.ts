/**
 * A call whose earlier sending has no known outcome: its holder is gone, or it ended `unknown`. It is sent again only to
 * a target that recognises the key; otherwise it is looked up, and if that says nothing, it stays `unknown`.
 *
 * @module
 */
import type { CallResult } from '../core/call.js';
import { AppError } from '../core/errors.js';
import type { Conclusion } from './conclusion.js';
import type { OutboundParts } from './parts.js';
import type { Plan } from './plan.js';
import { reconcile } from './reconcile.js';
import {
  NOBODYS_FENCE,
  announceRepeat,
  canLookUp,
  isKeyed,
  lookUpDelayMs,
  sendHeld,
  settle,
  type Held,
} from './write-call.js';

/** What is known of the earlier sending. */
export interface Earlier {
  callId: string;
  fence: number;
  attempts: number;
  startedAtMs: number;
  /** From here on a look-up is allowed to conclude something. */
  lookUpFromMs: number;
}

export async function recover(parts: OutboundParts, plan: Plan, earlier: Earlier): Promise<CallResult> {
  const nowMs = parts.clock.nowMs();
  const { callId, fence, startedAtMs, attempts } = earlier;
  if (isKeyed(plan, startedAtMs, nowMs)) {
    if (fence === NOBODYS_FENCE) await announceRepeat(parts, plan, callId);
    const held: Held = { callId, fence, startedAtMs, attemptsBefore: attempts, earlierMaybe: true };
    return await sendHeld(parts, plan, held);
  }
  const startedMs = parts.clock.monotonicMs();
  const conclusion = await lookUp(parts, plan, earlier, nowMs);
  const durationMs = parts.clock.monotonicMs() - startedMs;
  return await settle(parts, plan, { callId, fence }, conclusion, { attempts, durationMs });
}

async function lookUp(parts: OutboundParts, plan: Plan, earlier: Earlier, nowMs: number): Promise<Conclusion> {
  const error = new AppError('outcome_unknown', { operation: plan.found.name, callId: earlier.callId });
  const unknown = (retryAfterMs?: number): Conclusion => ({
    state: 'unknown',
    error,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
  if (!canLookUp(plan)) return unknown();
  if (nowMs < earlier.lookUpFromMs) return unknown(earlier.lookUpFromMs - nowMs);
  const asked = await reconcile(parts, plan, earlier);
  if (asked.is === 'no_answer') return unknown(asked.passes ? lookUpDelayMs(parts, plan) : undefined);
  // "Not there" does not permit to send again: the old request may still be on its way from another machine.
  return asked.is === 'found' ? { state: 'done', output: asked.value } : unknown();
}
