/** A call that a person has to agree to: asked for once a key, and answered from what became of it. @module */
import { APPROVAL_TTL_MS, type ApprovalRow } from '../core/approval.js';
import type { CallResult } from '../core/call.js';
import { AppError, type ErrorView } from '../core/errors.js';
import { newId } from '../core/ids.js';
import type { ApprovalVerbs } from '../core/store.js';
import { NO_RULES } from '../policy/index.js';
import { outcomeDraft } from './entries.js';
import { shownKey } from './idempotency-key.js';
import type { OutboundParts } from './parts.js';
import type { Plan } from './plan.js';
import { STORED_CHARACTERS_MAX, storedCallOf } from './stored-call.js';

const SOON_MS = 1_000;

export type Asked =
  | { kind: 'answer'; result: CallResult }
  /** Agreed to before: whatever the ledger says, it is carried on as it was agreed to. */
  | { kind: 'approved'; row: ApprovalRow }
  | { kind: 'refused'; error: AppError };

export async function askPerson(parts: OutboundParts & { approvals: ApprovalVerbs }, plan: Plan): Promise<Asked> {
  const { found } = plan;
  const refused = (problem: string): Asked => {
    const { environment } = plan.context.scope;
    const reason = `a person would have to agree first, and ${problem}`;
    return { kind: 'refused', error: new AppError('policy_denied', { operation: found.name, environment, reason }) };
  };
  if (!plan.write) return refused('a read is not asked about');
  if (plan.raw?.stream !== undefined) return refused('a body that is passed on in pieces cannot be shown');
  const request = storedCallOf(plan, (parts.policy ?? NO_RULES).digest);
  if (request.length > STORED_CHARACTERS_MAX) return refused('it is too large to be shown');
  return await ask(parts, plan, request, undefined);
}

async function ask(
  parts: OutboundParts & { approvals: ApprovalVerbs },
  plan: Plan,
  request: string,
  supersedes: string | undefined,
): Promise<Asked> {
  const { context, found, key, inputHash, facts } = plan;
  const error = new AppError('approval_required', { operation: found.name });
  const asked = await parts.approvals.request(context.scope, {
    id: newId('approval', parts.clock, parts.random),
    callId: context.callId,
    key,
    operation: found.name,
    inputHash: inputHash(),
    request,
    requestedBy: context.principal.id,
    ttlMs: APPROVAL_TTL_MS,
    ...(supersedes !== undefined && { supersedes }),
    entry: parts.entry(context.scope, outcomeDraft(facts, { status: 'pending_approval', error })),
  });
  if (asked.kind === 'mismatch') {
    return { kind: 'refused', error: new AppError('idempotency_mismatch', { key: shownKey(key, parts.secrets) }) };
  }
  const { row } = asked;
  if (asked.kind === 'known' && (await cameToNothing(parts, row)) && supersedes === undefined) {
    return await ask(parts, plan, request, row.id);
  }
  if (asked.kind === 'known') {
    const again = outcomeDraft(facts, { status: 'duplicate', callId: row.callId });
    await parts.audit.append(context.scope, [parts.entry(context.scope, again)]);
  }
  return answerOf(parts, plan, row);
}

/** Agreed to and certainly without effect: whoever asks again has to ask a person again. */
async function cameToNothing({ calls }: OutboundParts, row: ApprovalRow): Promise<boolean> {
  if (row.state !== 'used') return false;
  const call = await calls.get(row, row.callId);
  return call === undefined ? outcomeOf(row)?.state === 'failed' : call.state === 'failed';
}

function answerOf(parts: OutboundParts, plan: Plan, row: ApprovalRow): Asked {
  const call = { callId: row.callId, idempotencyKey: plan.key };
  const answer = (result: Omit<CallResult, 'callId' | 'idempotencyKey'>): Asked => ({
    kind: 'answer',
    result: { ...call, ...result },
  });
  switch (row.state) {
    case 'pending': {
      const { id, expiresAtMs } = row;
      const error = new AppError('approval_required', { operation: row.operation }).view();
      const url = parts.approvalLink?.(row);
      const approval = { id, expiresAt: new Date(expiresAtMs).toISOString(), ...(url !== undefined && { url }) };
      return answer({ state: 'pending_approval', error, approval });
    }
    case 'approved': {
      const error = new AppError('call_in_flight', { key: shownKey(plan.key, parts.secrets) }).view();
      return answer({ state: 'running', error, retryAfterMs: SOON_MS });
    }
    case 'rejected': {
      const error = new AppError('approval_rejected', { approval: row.id }).view();
      return answer({ state: 'denied', error, ...(row.decidedAtMs !== undefined && { endedAtMs: row.decidedAtMs }) });
    }
    default: {
      const outcome = outcomeOf(row);
      return outcome?.error === undefined ? { kind: 'approved', row } : answer(outcome);
    }
  }
}

/** What an approved call came to that never was in the ledger. */
export function outcomeOf({ outcome }: ApprovalRow): { state: CallResult['state']; error?: ErrorView } | undefined {
  return outcome === undefined ? undefined : (JSON.parse(outcome) as ReturnType<typeof outcomeOf>);
}
