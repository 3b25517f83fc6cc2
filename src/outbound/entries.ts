/** What the audit log is told about a call: the intent before the first byte, the outcome after. @module */
import { hash } from 'node:crypto';
import type { AuditStatus, NewAuditEntry } from '../core/audit.js';
import type { CallContext } from '../core/operation.js';
import type { Scope } from '../core/scope.js';
import type { AuditDraft } from '../audit/index.js';
import type { RenderedRequest } from './request.js';

/** Makes a storable entry of a draft; `audit/` provides it, bound to clock, chance and vault. */
export type EntryMaker = (scope: Scope, draft: AuditDraft) => NewAuditEntry;

/** What is known of a call so far. It grows as the call goes on. */
export interface CallFacts {
  context: CallContext;
  /** Name of the action, as asked for. */
  action: string;
  effect?: string;
  provider?: string;
  connection?: string;
  target?: { type: string; id: string };
  idempotencyKey?: string;
  requestHash?: string;
  /** Method and path, or as the provider's reference writes them. */
  endpoint?: string;
  /** Who agreed to it, and to what. */
  approval?: { by: string; at: string; argsHash: string };
}

export interface OutcomeFacts {
  status: Exclude<AuditStatus, 'started'>;
  /** The call that has the outcome, when it is an earlier one. */
  callId?: string;
  attempts?: number;
  durationMs?: number;
  error?: { code: string; message: string };
  responseHash?: string;
  /** Status of the last answer. */
  httpStatus?: number;
}

export function intentDraft(facts: CallFacts): AuditDraft {
  return { ...draftOf(facts), phase: 'intent', status: 'started' };
}

export function outcomeDraft(facts: CallFacts, outcome: OutcomeFacts): AuditDraft {
  const { status, callId, attempts, durationMs, error, responseHash, httpStatus } = outcome;
  const draft = draftOf(facts);
  return {
    ...draft,
    ...(httpStatus !== undefined && { details: { ...draft.details, status: httpStatus } }),
    phase: 'outcome',
    status,
    ...(callId !== undefined && { callId }),
    ...(attempts !== undefined && { attempts }),
    ...(durationMs !== undefined && { durationMs: Math.round(durationMs) }),
    ...(error && { error: { code: error.code, message: error.message } }),
    ...(responseHash !== undefined && { response: { hash: responseHash } }),
  };
}

function draftOf({ context, requestHash, endpoint, ...facts }: CallFacts): Omit<AuditDraft, 'phase' | 'status'> {
  const { principal, callId, cause } = context;
  return {
    ...facts,
    actor: principal,
    callId,
    ...(cause !== undefined && { cause }),
    ...(cause?.startsWith('evt_') && { eventId: cause }),
    ...(requestHash !== undefined && { request: { hash: requestHash } }),
    ...(endpoint !== undefined && { details: { endpoint } }),
  };
}

/** SHA-256 over method, address and body, without the secret. Where the address is the secret it is left out. */
export function requestHash({ method, url, body }: RenderedRequest): string {
  const bodyHash = body === undefined ? HASH_OF_NOTHING : hash('sha256', body, 'hex');
  // Canonical as it stands: the members are in order, and an address is ASCII.
  return `sha256:${hash('sha256', JSON.stringify({ bodyHash, method, url: url?.href ?? '' }), 'hex')}`;
}

const HASH_OF_NOTHING = hash('sha256', '', 'hex');

export function bodyHash(body: Uint8Array): string {
  return `sha256:${hash('sha256', body, 'hex')}`;
}
