/**
 * Writing operations under a key of the caller (draft-ietf-httpapi-idempotency-key-header-07): the first execution is
 * the only one, and whoever asks again under the same key gets its answer. They stand in the same ledger as calls to
 * providers, are kept as long, and are settled in the same way when nobody knows what became of them.
 *
 * The key belongs to the tenant and the principal. What the ledger holds of it is a hash, and of the input a MAC under
 * the key, because an input may hold a secret; the answer is sealed, because it may hold one, too. Actions are not
 * here: the pipeline in `outbound/` keeps its own account of them.
 *
 * @module
 */
import { createHmac, hash } from 'node:crypto';
import type { NewAuditEntry } from '../core/audit.js';
import type { CallBeginning } from '../core/call.js';
import { canonicalJson } from '../core/canonical.js';
import { AppError, type ErrorCode } from '../core/errors.js';
import { checkedKey } from '../core/idempotency-key.js';
import { isObject } from '../core/json.js';
import type { CallContext } from '../core/operation.js';
import { redactText } from '../core/redact.js';
import type { Scope } from '../core/scope.js';
import type { Gateway, Operation } from './gateway.js';

/** As that of the ledger for actions. */
const KEY_TTL_MS = 35 * 86_400_000;
/** Longer than any operation runs. Of a process that ended, the next one on the same store ends the lease at once. */
const LEASE_MS = 10 * 60_000;
/** What whoever comes too early is told to wait. */
const IN_FLIGHT_RETRY_MS = 1_000;
const HASH_CHARACTERS = 32;

/** After these nobody knows how far the operation had come. Every other refusal says that nothing was done. */
const OPEN_END: ReadonlySet<ErrorCode> = new Set([
  'internal',
  'store_unavailable',
  'io_failure',
  'cancelled',
  'timeout',
]);

/** What a key came to before anything ran. */
export type Beginning = { kind: 'begun'; fence: number } | { kind: 'known'; callId: string; output: unknown };

/** Whether an operation goes by the ledger: it changes something on its own, and its caller brought a key. */
export function isKeyed({ audit, effect, streams }: Operation, { idempotencyKey, dryRun }: CallContext): boolean {
  return idempotencyKey !== undefined && !dryRun && effect !== 'read' && audit !== 'call' && streams === undefined;
}

/**
 * Writes the intent, or gives the answer that there is already.
 *
 * @throws AppError `idempotency_mismatch` for a key of another request, `call_in_flight` while the first one runs,
 *   `outcome_unknown` when nobody knows what became of it, `conflict` for an answer that is not kept any more
 */
export async function beginUnderKey(
  gateway: Gateway,
  operation: Operation,
  context: CallContext,
  input: unknown,
  entry: NewAuditEntry,
): Promise<Beginning> {
  const key = checkedKey(context.idempotencyKey ?? '');
  const beginning = await gateway.store.calls.begin(context.scope, {
    id: context.callId,
    key: ledgerKey(key, context),
    operation: operation.name,
    inputHash: createHmac('sha256', key).update(canonicalJson(input)).digest(),
    // What it does may be done with its first step: whoever finds it without an outcome must not do it again.
    sending: true,
    leaseMs: LEASE_MS,
    keyTtlMs: KEY_TTL_MS,
    entry,
  });
  return await begun(gateway, operation, context, beginning);
}

async function begun(
  gateway: Gateway,
  operation: Operation,
  context: CallContext,
  beginning: CallBeginning,
): Promise<Beginning> {
  const { callId } = { callId: context.callId, ...beginning };
  const key = redactText(context.idempotencyKey ?? '');
  switch (beginning.kind) {
    case 'begun':
      return beginning;
    case 'done':
      return { kind: 'known', callId, output: openAnswer(gateway, context.scope, callId, beginning.result) };
    case 'running':
      throw new AppError('call_in_flight', { key, retryAfterMs: IN_FLIGHT_RETRY_MS });
    case 'mismatch':
      throw new AppError('idempotency_mismatch', { key });
    case 'taken_over':
      await leaveUnknown(gateway, operation, context, beginning);
      throw new AppError('outcome_unknown', { operation: operation.name, callId });
    case 'unknown':
      throw new AppError('outcome_unknown', { operation: operation.name, callId });
  }
}

/** How an execution ended: with its output, or with what was thrown. */
export type Ending = { output: unknown } | { error: AppError };

/** Ends what was begun. The entry is in the log in any case, even if somebody else settled the call meanwhile. */
export async function settleUnderKey(
  gateway: Gateway,
  { scope, callId }: CallContext,
  fence: number,
  ending: Ending,
  entry: NewAuditEntry,
  durationMs: number,
): Promise<void> {
  const outcome =
    'error' in ending
      ? {
          state: OPEN_END.has(ending.error.code) ? ('unknown' as const) : ('failed' as const),
          result: JSON.stringify(ending.error.view()),
        }
      : { state: 'done' as const, result: sealAnswer(gateway, scope, callId, ending.output) };
  const settlement = { callId, fence, ...outcome, attempts: 1, durationMs, entry };
  const settled = await gateway.store.calls.settle(scope, settlement);
  if (settled === 'lost') await gateway.store.audit.append(scope, [entry]);
}

/** Whoever held it is gone in the middle. A person looks what is there, and settles it (`calls.settle`). */
async function leaveUnknown(
  gateway: Gateway,
  { name, effect }: Operation,
  context: CallContext,
  { callId, fence }: Extract<CallBeginning, { kind: 'taken_over' }>,
): Promise<void> {
  const error = new AppError('outcome_unknown', { operation: name, callId }).view();
  const draft = { phase: 'outcome', action: name, effect, status: 'unknown' } as const;
  const entry = gateway.entry({ ...context, callId }, draft);
  const settlement = { callId, fence, state: 'unknown' as const, result: JSON.stringify(error) };
  await gateway.store.calls.settle(context.scope, { ...settlement, attempts: 1, durationMs: 0, entry });
}

/** The same key of somebody else is another key. */
function ledgerKey(key: string, { principal }: CallContext): string {
  const { type, id, onBehalfOf } = principal;
  const digest = hash('sha256', JSON.stringify([key, onBehalfOf?.id ?? null]));
  return `own:${type}:${id}:${digest.slice(0, HASH_CHARACTERS)}`;
}

interface SealedAnswer {
  /** Base64. */
  sealed: string;
}

const placeOf = ({ tenant, environment }: Scope, callId: string): string => `answer|${tenant}|${environment}|${callId}`;

function sealAnswer({ sealer }: Gateway, scope: Scope, callId: string, output: unknown): string {
  const sealed = sealer.seal(Buffer.from(JSON.stringify(output)), placeOf(scope, callId));
  return JSON.stringify({ sealed: Buffer.from(sealed).toString('base64') } satisfies SealedAnswer);
}

function openAnswer({ sealer }: Gateway, scope: Scope, callId: string, result: string): unknown {
  const kept: unknown = JSON.parse(result);
  if (!isSealedAnswer(kept)) {
    const problem = 'a person decided what it came to, so its answer is not here';
    throw new AppError('conflict', { what: `call ${callId}`, problem });
  }
  return JSON.parse(Buffer.from(sealer.open(Buffer.from(kept.sealed, 'base64'), placeOf(scope, callId))).toString());
}

/** Whether the result of a call is one of these, which is shown to nobody but who repeats the call. */
export function isSealedAnswer(result: unknown): result is SealedAnswer {
  return isObject(result) && typeof result['sealed'] === 'string' && Object.keys(result).length === 1;
}
