/**
 * The key of a write that an agent made without one: the same call by the same agent in the same session is one call,
 * until nobody has asked for it for ten minutes. A model that repeats itself after a lost answer then repeats nothing.
 *
 * The ledger is what decides, so that this holds over restarts: an old outcome is answered from the ledger, which sends
 * nothing, and is passed over by the next key in line. What is remembered here only shortens the way, and counts an
 * answer that was repeated as asked for. A payment is never given a key.
 *
 * @module
 */
import { canonicalHash } from '../core/canonical.js';
import type { CallResult } from '../core/call.js';
import type { CallContext, Effect } from '../core/operation.js';
import type { ActionCall } from '../outbound/index.js';
import type { Gateway } from './gateway.js';

export const REPLAY_WINDOW_MS = 10 * 60_000;
const REMEMBERED_MAX = 10_000;
/** A chain that is longer belongs to nobody who works: it ends as it is. */
const GENERATIONS_MAX = 1_000;

interface Told {
  generation: number;
  atMs: number;
}

const remembered = new WeakMap<object, Map<string, Told>>();

/** Makes the call, under a key of ours where an agent brought none. @throws AppError `store_unavailable`. */
export async function callUnderKey(gateway: Gateway, call: ActionCall, effect: Effect): Promise<CallResult> {
  if (!needsKey(call.context, effect)) return await gateway.callAction(call);
  const base = baseOf(call);
  const told = toldOf(gateway);
  let generation = told.get(base)?.generation ?? 0;
  for (;;) {
    const context = { ...call.context, idempotencyKey: `mcp:${base}:${generation}` };
    const result = await gateway.callAction({ ...call, context });
    const isOver = isPassedOver(result, told.get(base), call.context, gateway.clock.nowMs());
    if (isOver && generation < GENERATIONS_MAX) {
      generation += 1;
      continue;
    }
    remember(told, base, { generation, atMs: gateway.clock.nowMs() });
    return result;
  }
}

function needsKey({ principal, idempotencyKey, dryRun }: CallContext, effect: Effect): boolean {
  return principal.via === 'mcp' && idempotencyKey === undefined && !dryRun && effect !== 'read' && effect !== 'pay';
}

/** Only what provably took place is passed over: what may be under way or unknown is never done again. */
function isPassedOver(
  { state, endedAtMs = 0 }: CallResult,
  told: Told | undefined,
  { repeat }: CallContext,
  nowMs: number,
): boolean {
  if (state !== 'replayed') return false;
  if (repeat === true) return true;
  return nowMs - Math.max(endedAtMs, told?.atMs ?? 0) > REPLAY_WINDOW_MS;
}

function baseOf({ action, input, context: { principal, connection } }: ActionCall): string {
  const { type, id, onBehalfOf, agent } = principal;
  const who = {
    type,
    id,
    ...(onBehalfOf && { onBehalfOf: onBehalfOf.id }),
    ...(agent?.session && { session: agent.session }),
  };
  return Buffer.from(canonicalHash({ who, action, input, connection })).toString('hex');
}

function toldOf(gateway: object): Map<string, Told> {
  const known = remembered.get(gateway) ?? new Map<string, Told>();
  remembered.set(gateway, known);
  return known;
}

function remember(told: Map<string, Told>, base: string, fact: Told): void {
  // The one that was asked for longest ago goes first.
  told.delete(base);
  told.set(base, fact);
  if (told.size <= REMEMBERED_MAX) return;
  const [oldest] = told.keys();
  if (oldest !== undefined) told.delete(oldest);
}
