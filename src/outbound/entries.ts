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
  return draftOf(facts, 'intent', { status: 'started' });
}

export function outcomeDraft(facts: CallFacts, outcome: OutcomeFacts): AuditDraft {
  return draftOf(facts, 'outcome', outcome);
}

/** Every member by its name, present or not: every call makes one, and one shape is made and read fastest. */
function draftOf(
  facts: CallFacts,
  phase: AuditDraft['phase'],
  outcome: Omit<OutcomeFacts, 'status'> & { status: AuditStatus },
): AuditDraft {
  const { context, requestHash, endpoint } = facts;
  const { principal, callId, cause } = context;
  const { attempts, durationMs, error, responseHash, httpStatus } = outcome;
  return {
    phase,
    status: outcome.status,
    actor: principal,
    action: facts.action,
    effect: facts.effect,
    provider: facts.provider,
    connection: facts.connection,
    target: facts.target,
    idempotencyKey: facts.idempotencyKey,
    callId: outcome.callId ?? callId,
    eventId: cause?.startsWith('evt_') === true ? cause : undefined,
    approval: facts.approval,
    request: requestHash === undefined ? undefined : { hash: requestHash },
    response: responseHash === undefined ? undefined : { hash: responseHash },
    attempts,
    durationMs: durationMs === undefined ? undefined : Math.round(durationMs),
    error: error && { code: error.code, message: error.message },
    cause,
    details: detailsOf(endpoint, httpStatus),
  };
}

function detailsOf(endpoint: string | undefined, status: number | undefined): AuditDraft['details'] {
  if (endpoint === undefined) return status === undefined ? undefined : { status };
  return status === undefined ? { endpoint } : { endpoint, status };
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
