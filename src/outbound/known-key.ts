/**
 * A key that the ledger knows: what its first call came to is the answer, whether or not the call could be made once more.
 *
 * @module
 */
import type { CallBeginning, CallResult } from '../core/call.js';
import { AppError } from '../core/errors.js';
import { outcomeDraft, type OutcomeFacts } from './entries.js';
import { shownKey } from './idempotency-key.js';
import type { OutboundParts } from './parts.js';
import { NOBODYS_FENCE, beginCall, inFlight, settle, type KeyedCall } from './write-call.js';

/** An answer that is there, and needs nothing sent or looked up. */
type Known = Extract<CallBeginning, { kind: 'done' | 'running' | 'mismatch' }>;

export async function tellKnown(
  parts: OutboundParts,
  call: Omit<KeyedCall, 'inputHash'>,
  known: Known,
): Promise<CallResult> {
  const { key } = call;
  const { callId } = known;
  switch (known.kind) {
    case 'done': {
      await record(parts, call, { status: 'replayed', callId });
      const { result, endedAtMs } = known;
      return { callId, idempotencyKey: key, state: 'replayed', output: JSON.parse(result), endedAtMs };
    }
    case 'running':
      await record(parts, call, { status: 'duplicate', callId });
      return inFlight(parts, call, callId, parts.settings.timeoutMs);
    case 'mismatch': {
      const error = new AppError('idempotency_mismatch', { key: shownKey(key, parts.secrets) });
      await record(parts, call, { status: 'failed', error });
      return { callId, idempotencyKey: key, state: 'failed', error: error.view() };
    }
  }
}

/**
 * What the ledger says of a call that cannot be planned now. What may have been sent and cannot be looked up any more
 * is `unknown`, and no failure; a later call that can be planned still settles it.
 *
 * @param problem why it cannot be planned
 * @returns nothing for a key that nobody used, or whose call certainly had no effect
 */
export async function toldByLedger(
  parts: OutboundParts,
  call: KeyedCall,
  problem: AppError,
): Promise<CallResult | undefined> {
  const { context, found, key } = call;
  const row = await parts.calls.underKey(context.scope, key);
  if (row === undefined || row.state === 'failed') return undefined;
  const beginning = await beginCall(parts, call);
  switch (beginning.kind) {
    case 'taken_over':
    case 'unknown': {
      const { callId } = beginning;
      const held = { callId, fence: beginning.kind === 'unknown' ? NOBODYS_FENCE : beginning.fence };
      const error = new AppError('outcome_unknown', { operation: found.name, callId });
      return await settle(parts, call, held, { state: 'unknown', error }, { attempts: row.attempts, durationMs: 0 });
    }
    case 'begun': {
      // Forgotten, or decided to have failed, since we looked: nothing was sent, and nothing will be.
      const held = { callId: context.callId, fence: beginning.fence };
      return await settle(parts, call, held, { state: 'failed', error: problem }, { attempts: 0, durationMs: 0 });
    }
    default:
      return await tellKnown(parts, call, beginning);
  }
}

async function record(
  { audit, entry }: OutboundParts,
  { context: { scope }, facts }: Pick<KeyedCall, 'context' | 'facts'>,
  outcome: OutcomeFacts,
): Promise<void> {
  await audit.append(scope, [entry(scope, outcomeDraft(facts, outcome))]);
}
