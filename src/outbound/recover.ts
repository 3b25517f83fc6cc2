/**
 * A call whose earlier sending has no known outcome: its holder is gone, or it ended `unknown`. It is sent again to a
 * target that recognises the key; otherwise it is looked up. What a look-up does not find is sent again only if whoever
 * sent it is known to be dead; else it stays `unknown`.
 *
 * @module
 */
import type { CallResult } from '../core/call.js';
import { AppError } from '../core/errors.js';
import type { Conclusion } from './conclusion.js';
import type { OutboundParts } from './parts.js';
import type { Plan } from './plan.js';
import { reconcile } from './reconcile.js';
import { canLookUp, inFlight, isKeyed, lookUpDelayMs, sendHeld, settle, takeUp, type Held } from './write-call.js';

/** What is known of the earlier sending. */
export interface Earlier {
  callId: string;
  /** Under which we may settle it: ours if we took it over, {@link NOBODYS_FENCE} if it ended `unknown`. */
  fence: number;
  /** The fence that the call has in the ledger: with another one somebody else has been there since. */
  seenFence: number;
  attempts: number;
  startedAtMs: number;
  /** From here on a look-up is allowed to conclude something. */
  lookUpFromMs: number;
}

export async function recover(parts: OutboundParts, plan: Plan, earlier: Earlier): Promise<CallResult> {
  const nowMs = parts.clock.nowMs();
  const { callId, startedAtMs, attempts, seenFence } = earlier;
  if (isKeyed(plan, startedAtMs, nowMs)) {
    const taken = await takeUp(parts, plan, callId, seenFence, 'same_key');
    if (taken.kind !== 'taken_up') return inFlight(parts, plan, callId, parts.settings.timeoutMs);
    return await sendHeld(parts, plan, heldBy(earlier, taken.fence, true));
  }
  const startedMs = parts.clock.monotonicMs();
  const settleAs = (conclusion: Conclusion): Promise<CallResult> => {
    const durationMs = parts.clock.monotonicMs() - startedMs;
    return settle(parts, plan, earlier, conclusion, { attempts, durationMs });
  };
  const seen = await lookUp(parts, plan, earlier, nowMs);
  if (seen !== 'not_found') return await settleAs(seen);
  const taken = isHidden(plan) ? undefined : await takeUp(parts, plan, callId, seenFence, 'not_found');
  if (taken === undefined || taken.kind === 'sender_may_live') return await settleAs(ignorance(plan, callId));
  if (taken.kind === 'lost') return inFlight(parts, plan, callId, parts.settings.timeoutMs);
  return await sendHeld(parts, plan, heldBy(earlier, taken.fence, false));
}

function heldBy({ callId, startedAtMs, attempts }: Earlier, fence: number, earlierMaybe: boolean): Held {
  return { callId, fence, startedAtMs, attemptsBefore: attempts, earlierMaybe };
}

/** A change that took place looks as if it had not, once somebody has changed the same thing after it. */
function isHidden({ found }: Plan): boolean {
  return found.action.effect === 'update';
}

function ignorance({ found }: Plan, callId: string, retryAfterMs?: number): Conclusion {
  const error = new AppError('outcome_unknown', { operation: found.name, callId });
  return { state: 'unknown', error, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

async function lookUp(
  parts: OutboundParts,
  plan: Plan,
  earlier: Earlier,
  nowMs: number,
): Promise<Conclusion | 'not_found'> {
  const { callId, lookUpFromMs } = earlier;
  if (!canLookUp(plan)) return ignorance(plan, callId);
  if (nowMs < lookUpFromMs) return ignorance(plan, callId, lookUpFromMs - nowMs);
  const asked = await reconcile(parts, plan, earlier);
  switch (asked.is) {
    case 'found':
      return { state: 'done', output: asked.value };
    case 'not_found':
      return 'not_found';
    case 'no_answer':
      return ignorance(plan, callId, asked.passes ? lookUpDelayMs(parts, plan) : undefined);
    default:
      return ignorance(plan, callId);
  }
}
