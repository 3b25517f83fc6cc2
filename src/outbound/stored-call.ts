/**
 * A call as it waits for a person: everything that is sent and in whose name, so that what was agreed to is what is
 * sent, byte for byte, without looking anything up again. It holds no credential.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import type { ApprovalRow } from '../core/approval.js';
import type { LookedUp, RequestPreview } from '../core/call.js';
import type { ActionRequest } from '../core/connector.js';
import { AppError } from '../core/errors.js';
import type { Principal } from '../core/principal.js';
import type { RawRequest } from '../core/raw-request.js';
import { requestHash } from './entries.js';
import { findAction, type FoundAction } from './find-action.js';
import { isRefusal, permissionFor, type Refusal } from './permission.js';
import { idempotencyOf, type Plan, type PlanParts } from './plan.js';
import { previewOf } from './preview.js';
import { rawAction } from './raw-action.js';
import { checkTarget, type RenderedRequest } from './request.js';
import { checkRestrictions } from './restriction.js';

/** JSON text of it is what an approval keeps, and what a yes is a yes to. */
export interface StoredCall {
  v: 1;
  action: string;
  effect: string;
  provider: string;
  principal: Principal;
  cause?: string;
  uses?: readonly string[];
  /** Of a raw request: what was asked for; `body` in base64. */
  raw?: Omit<RawRequest, 'body' | 'stream'> & { body?: string; isKeyed: boolean };
  /** With ids in the place of names. */
  input: unknown;
  lookups: readonly LookedUp[];
  target?: { type: string; id: string };
  key: string;
  mark: string;
  connection: { id: string; account?: string; reference?: string };
  rendered: {
    method: ActionRequest['method'];
    url?: string;
    headers: Record<string, string>;
    body?: string;
    sign?: ActionRequest['sign'];
  };
  requestHash: string;
  endpoint: string;
  /** What people are shown. */
  preview: RequestPreview;
  /** The rules under which it was asked. */
  policy: { digest: string; rule?: string; reason?: string };
}

/** What is longer nobody reads before agreeing to it. */
export const STORED_CHARACTERS_MAX = 1_000_000;

export function storedCallOf(plan: Plan, policyDigest: string): string {
  const { context, found, connection, rendered, facts, permission } = plan;
  const { url, body, sign, method, headers } = rendered;
  const { account, id } = connection.view;
  const { rule, reason } = permission.decision === 'ask' ? permission : { rule: undefined, reason: undefined };
  const stored: StoredCall = {
    v: 1,
    action: found.name,
    effect: found.action.effect,
    provider: found.connector.provider,
    principal: context.principal,
    ...(context.cause !== undefined && { cause: context.cause }),
    ...(plan.uses && { uses: plan.uses }),
    ...(plan.raw && { raw: storedRaw(plan, plan.raw) }),
    input: plan.input,
    lookups: plan.lookups,
    ...(facts.target && { target: facts.target }),
    key: plan.key,
    mark: plan.mark,
    connection: {
      id,
      ...(account !== undefined && { account }),
      ...(connection.reference !== undefined && { reference: connection.reference }),
    },
    rendered: {
      method,
      headers,
      ...(url && { url: url.href }),
      ...(body && { body: Buffer.from(body).toString('base64') }),
      ...(sign && { sign }),
    },
    requestHash: requestHash(rendered),
    endpoint: facts.endpoint ?? '',
    preview: previewOf(plan),
    policy: {
      digest: policyDigest,
      ...(rule !== undefined && { rule }),
      ...(reason !== undefined && { reason }),
    },
  };
  return JSON.stringify(stored);
}

function storedRaw({ context }: Plan, { body, stream: _stream, ...raw }: RawRequest): NonNullable<StoredCall['raw']> {
  const isKeyed = context.idempotencyKey !== undefined;
  return { ...raw, isKeyed, ...(body && { body: Buffer.from(body).toString('base64') }) };
}

/** What a decision is about: the whole of what is stored. */
export function approvalDigest({ request }: Pick<ApprovalRow, 'request'>): string {
  return `sha256:${createHash('sha256').update(request).digest('hex')}`;
}

/**
 * The plan of an approved call. Nothing is looked up and nothing rendered anew; the account must be the same, and policy
 * is asked once more.
 *
 * @throws AppError for a call that cannot be made any more
 */
export async function planOfStored(
  parts: PlanParts,
  row: ApprovalRow,
  approval: { by: string; at: string },
): Promise<Plan | Refusal> {
  const stored = JSON.parse(row.request) as StoredCall;
  const { principal, cause, uses, input, lookups, key, mark } = stored;
  const { tenant, environment, callId, inputHash } = row;
  const context = {
    scope: { tenant, environment },
    principal,
    callId,
    idempotencyKey: key,
    dryRun: false,
    ...(cause !== undefined && { cause }),
  };
  const found = foundAgain(parts, stored);
  const connection = await sameConnection(parts, row, stored, found.action.accepts?.(input));
  checkRestrictions(connection, found.action, { named: input, resolved: input });
  const permission = await permissionFor(parts, { context, found, connection, input }, uses);
  if (isRefusal(permission)) return permission;
  const rendered = renderedOf(stored);
  if (rendered.url !== undefined) checkTarget(rendered.url, found.connector, connection.view);
  const facts = {
    context,
    action: stored.action,
    effect: stored.effect,
    provider: stored.provider,
    connection: connection.view.id,
    ...(stored.target && { target: stored.target }),
    idempotencyKey: key,
    requestHash: requestHash(rendered),
    endpoint: stored.endpoint,
    approval: { ...approval, argsHash: approvalDigest(row) },
  };
  const idempotency = idempotencyOf(found, connection, rendered);
  const sent = { rendered, idempotency, write: true, key, mark, inputHash: () => inputHash };
  return { context, found, input, lookups, connection, ...sent, facts, permission, ...(uses && { uses }) };
}

function foundAgain({ connectors }: PlanParts, { action, raw }: StoredCall): FoundAction {
  if (raw === undefined) return findAction(connectors, action);
  const { body, isKeyed, ...asked } = raw;
  const bytes = body === undefined ? {} : { body: new Uint8Array(Buffer.from(body, 'base64')) };
  return rawAction(connectors, action, { ...asked, ...bytes }, isKeyed);
}

async function sameConnection(
  { connections }: PlanParts,
  { tenant, environment }: ApprovalRow,
  { principal, provider, connection: was }: StoredCall,
  accepts: Parameters<PlanParts['connections']['resolve']>[2],
): Promise<Plan['connection']> {
  const scope = { tenant, environment };
  const resolution = await connections.resolve(scope, provider, accepts, was.id, principal.onBehalfOf?.id);
  if (resolution.kind !== 'connection') throw new AppError('approval_stale', { problem: 'the connection is gone' });
  const { connection } = resolution;
  const isSame = connection.view.account === was.account && connection.reference === was.reference;
  if (!isSame) throw new AppError('approval_stale', { problem: 'the connection leads to another account by now' });
  return connection;
}

function renderedOf({ rendered }: StoredCall): RenderedRequest {
  const { method, url, headers, body, sign } = rendered;
  return {
    method,
    headers,
    ...(url !== undefined && { url: new URL(url) }),
    ...(body !== undefined && { body: new Uint8Array(Buffer.from(body, 'base64')) }),
    ...(sign && { sign }),
  };
}
