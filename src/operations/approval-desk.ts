/**
 * What becomes of an approval: a person's yes or no, the one sending that follows a yes, and the end of what nobody
 * decided in time. Whoever falls over in between leaves something that the next one carries on.
 *
 * @module
 */
import { APPROVAL_TTL_MS, type ApprovalRow } from '../core/approval.js';
import type { CallResult } from '../core/call.js';
import { AppError } from '../core/errors.js';
import type { CallContext } from '../core/operation.js';
import type { Principal } from '../core/principal.js';
import { approvalDigest, type StoredCall } from '../outbound/index.js';
import { iso } from './fields.js';
import { mayStillAct } from './may-still-act.js';
import type { Gateway } from './gateway.js';
import { isSignedBySession, signBySession, type SignedInDecider } from './session-verdict.js';

/** How long a process that sends may take before another may look what became of it. */
const LEASE_MS = 120_000;
const DUE_MAX = 100;

/** What is kept of a decision, as JSON. */
export interface Decision {
  by: string;
  at: string;
  note?: string;
  /** Over {@link decisionText}, by the key of the approver's passphrase, or see session-verdict.ts. */
  signature: string;
  /** Of the page, where somebody decided who had signed in. */
  session?: string;
}

export interface Verdict {
  state: 'approved' | 'rejected';
  by: { approver: string; passphrase: string } | SignedInDecider;
  note?: string;
}

/** @throws AppError `not_an_approver`, `too_many_attempts`, `conflict` when it is decided or over */
export async function decideApproval(
  gateway: Gateway,
  context: CallContext,
  row: ApprovalRow,
  { state, by, note }: Verdict,
): Promise<CallResult | undefined> {
  const { approvers, store, clock } = gateway;
  const at = iso(clock.nowMs());
  const said = decisionText(row, state, at);
  const isSignedIn = 'person' in by;
  const signature = isSignedIn
    ? await signBySession(gateway, row, by, said)
    : await approvers.sign(row, by.approver, by.passphrase, said);
  const approver = isSignedIn ? by.person : by.approver;
  if (row.state !== 'pending') throw closed(row);
  const decision: Decision = {
    by: approver,
    at,
    signature,
    ...(isSignedIn && { session: by.session }),
    ...(note !== undefined && { note }),
  };
  const who: Principal = { type: 'person', id: approver, scopes: ['approve'], via: context.principal.via };
  const entry = gateway.entry(
    { ...context, scope: scopeOf(row), principal: who, callId: row.callId },
    {
      phase: 'decision',
      action: row.operation,
      status: state === 'approved' ? 'succeeded' : 'denied',
      target: { type: 'approval', id: row.id },
      approval: { by: approver, at, argsHash: approvalDigest(row) },
      details: { decided: state, ...(note !== undefined && { note }) },
    },
  );
  const text = JSON.stringify(decision);
  const decided = await store.approvals.decide(scopeOf(row), row.id, {
    state,
    decision: text,
    ttlMs: APPROVAL_TTL_MS,
    entry,
  });
  if (decided !== 'decided') throw closed((await store.system.approval(row.id)) ?? row);
  gateway.wake();
  const now = await store.system.approval(row.id);
  return state === 'approved' && now !== undefined ? await carryOutApproved(gateway, now) : undefined;
}

/** What a decision signs: which approval, over exactly what, what was decided, and when. */
function decisionText({ id, request }: ApprovalRow, state: string, at: string): string {
  return ['fairlead approval v1', id, approvalDigest({ request }), state, at].join('\n');
}

/** Sends an approved call, or carries on what somebody else had begun. Several may try; one sends. */
export async function carryOutApproved(gateway: Gateway, row: ApprovalRow): Promise<CallResult> {
  const { store, clock } = gateway;
  const scope = scopeOf(row);
  const decision = decisionOf(row);
  const refusal = await whyNot(gateway, row, decision);
  if (refusal !== undefined) return await close(gateway, row, refused(row, refusal));
  const begun = await store.calls.get(scope, row.callId);
  if (begun === undefined && row.expiresAtMs <= clock.nowMs()) return await expire(gateway, row);
  if (!(await store.approvals.start(scope, row.id, LEASE_MS))) {
    const error = new AppError('call_in_flight', { key: row.callId }).view();
    return { callId: row.callId, idempotencyKey: row.key, state: 'running', error };
  }
  const result = await gateway.carryOut(row, { by: decision!.by, at: decision!.at });
  return result.state === 'running' ? result : await close(gateway, row, result);
}

/** What somebody wrote into the database without the passphrase is no decision; a key that has ended asks for nothing. */
async function whyNot(
  gateway: Gateway,
  row: ApprovalRow,
  decision: Decision | undefined,
): Promise<AppError | undefined> {
  const text = decision && decisionText(row, 'approved', decision.at);
  const isSigned = text !== undefined && (await isDecisionSigned(gateway, row, decision!, text));
  if (!isSigned) return new AppError('not_an_approver', { problem: 'The decision is not signed by an approver.' });
  const { principal } = JSON.parse(row.request) as StoredCall;
  const isUsable = await mayStillAct(gateway, scopeOf(row), principal.id);
  if (isUsable) return undefined;
  return new AppError('approval_stale', { problem: 'the key that asked for it is over' });
}

async function isDecisionSigned(
  gateway: Gateway,
  row: ApprovalRow,
  { by, session, signature }: Decision,
  text: string,
): Promise<boolean> {
  if (session === undefined) return await gateway.approvers.verify(row, by, text, signature);
  return await isSignedBySession(gateway, row, { person: by, session }, text, signature);
}

async function close(gateway: Gateway, row: ApprovalRow, result: CallResult): Promise<CallResult> {
  const scope = scopeOf(row);
  const isKnown = (await gateway.store.calls.get(scope, row.callId)) !== undefined;
  const outcome = JSON.stringify({ state: result.state, ...(result.error && { error: result.error }) });
  await gateway.store.approvals.end(scope, row.id, { state: 'used', ...(!isKnown && { outcome }) });
  gateway.wake();
  return result;
}

async function expire(gateway: Gateway, row: ApprovalRow): Promise<CallResult> {
  const error = new AppError('approval_expired', { approval: row.id });
  const { principal } = JSON.parse(row.request) as StoredCall;
  const entry = gateway.entry(
    { scope: scopeOf(row), principal, callId: row.callId, dryRun: false },
    {
      phase: 'decision',
      action: row.operation,
      status: 'denied',
      target: { type: 'approval', id: row.id },
      error: { code: error.code, message: error.message },
      details: { decided: 'expired' },
    },
  );
  await gateway.store.approvals.end(scopeOf(row), row.id, { state: 'expired', entry });
  gateway.wake();
  return { callId: row.callId, idempotencyKey: row.key, state: 'expired', error: error.view() };
}

/** Does what is due: sends what was approved and not sent, ends what nobody decided. @returns how many */
export async function settleApprovals(gateway: Gateway): Promise<number> {
  const due = await gateway.store.system.approvalsDue(DUE_MAX);
  for (const row of due) {
    if (row.state === 'pending') await expire(gateway, row);
    else await carryOutApproved(gateway, row);
  }
  return due.length;
}

/** `undefined` for what is no decision of ours. */
export function decisionOf({ decision }: ApprovalRow): Decision | undefined {
  try {
    const parsed = JSON.parse(decision ?? 'null') as Partial<Decision> | null;
    const { by, at, signature } = parsed ?? {};
    const isWhole = typeof by === 'string' && typeof at === 'string' && typeof signature === 'string';
    return isWhole ? (parsed as Decision) : undefined;
  } catch {
    return undefined;
  }
}

function refused(row: ApprovalRow, error: AppError): CallResult {
  return { callId: row.callId, idempotencyKey: row.key, state: 'denied', error: error.view() };
}

function closed({ id, state, expiresAtMs }: ApprovalRow): AppError {
  const problem = state === 'pending' ? `its time was over at ${iso(expiresAtMs)}` : `it is ${state} already`;
  return new AppError('conflict', { what: `approval ${id}`, problem });
}

const scopeOf = ({ tenant, environment }: ApprovalRow) => ({ tenant, environment });
