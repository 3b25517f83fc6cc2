/**
 * A call whose earlier sending has no known outcome: its holder is gone, or it ended `unknown`. It is sent again only to
 * a target that recognises the key; otherwise it is looked up, and if that says nothing, it stays `unknown`.
 *
 * @module
 */
import type { CallResult } from '../core/call.js';
import { AppError } from '../core/errors.js';
import type { HttpAnswer } from '../core/ports.js';
import type { Conclusion } from './conclusion.js';
import type { OutboundParts } from './parts.js';
import type { Plan } from './plan.js';
import { renderRequest } from './request.js';
import { transmit } from './transmit.js';
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
  const listing = await askProvider(parts, plan, earlier);
  if (!listing.ok) return unknown(listing.passes ? lookUpDelayMs(parts, plan) : undefined);
  const output = foundOutput(plan, listing.answer);
  // "Not there" does not permit to send again: the old request may still be on its way from another machine.
  return output === undefined ? unknown() : { state: 'done', output: output.value };
}

/** The listing, or whether it makes sense to ask for it again. */
type Listing = { ok: true; answer: HttpAnswer } | { ok: false; passes: boolean };

async function askProvider(parts: OutboundParts, plan: Plan, earlier: Earlier): Promise<Listing> {
  const { found, connection, input, mark, context } = plan;
  const request = found.action.reconcile!.request(input, mark, connection.view, earlier.startedAtMs);
  const ending = await transmit(parts, {
    exchange: {
      action: `${found.name} (look-up)`,
      connector: found.connector,
      connection,
      rendered: renderRequest(request, found.connector, connection.view),
      ...(context.signal && { signal: context.signal }),
    },
    write: false,
    callId: earlier.callId,
    earlierMaybe: false,
    isKeyed: () => false,
    renew: async () => 'recorded',
  });
  if (ending.kind === 'answered') return { ok: true, answer: ending.answer };
  return { ok: false, passes: ending.kind === 'failed' && ending.error.row.retry === 'later' };
}

/** What the listing shows of our call, if it shows it and reads as the action promises. */
function foundOutput({ found, input, mark }: Plan, answer: HttpAnswer): { value: unknown } | undefined {
  try {
    const verdict = found.action.reconcile!.decide(answer, input, mark);
    if (verdict?.found !== true) return undefined;
    const checked = found.action.output.safeParse(verdict.output);
    return checked.success ? { value: checked.data } : undefined;
  } catch {
    return undefined;
  }
}
