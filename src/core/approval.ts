/** An approval: a call that a person has to agree to, with exactly what would be sent. @module */
import type { NewAuditEntry } from './audit.js';
import type { Scope } from './scope.js';

/**
 * `pending` waits for a person; `approved` waits to be sent; `rejected` and `expired` are never sent; `used` has been
 * carried out, or could not be: its call or its outcome says which.
 */
export const APPROVAL_STATES = ['pending', 'approved', 'rejected', 'expired', 'used'] as const;
export type ApprovalState = (typeof APPROVAL_STATES)[number];

/** How long a person has to decide, and how long after a yes the call may still begin. */
export const APPROVAL_TTL_MS = 10 * 60_000;

export interface NewApproval {
  id: string;
  /** The call that it is about: the one that will be in the ledger once it is sent. */
  callId: string;
  /** Idempotency key of the call; one approval at a time has it. */
  key: string;
  operation: string;
  /** SHA-256 of the canonical input as it was asked for. */
  inputHash: Uint8Array;
  /** JSON text of everything that is sent and shown. It never holds a credential. */
  request: string;
  requestedBy: string;
  ttlMs: number;
  /** The approval under the same key that this one takes the place of, because it came to nothing. */
  supersedes?: string;
  /** That it was asked for. */
  entry: NewAuditEntry;
}

export interface ApprovalRow extends Omit<NewApproval, 'entry' | 'ttlMs' | 'supersedes'>, Scope {
  state: ApprovalState;
  requestedAtMs: number;
  /** Until then a `pending` one can be decided and an `approved` one be begun. */
  expiresAtMs: number;
  /** JSON text: who, when, and the proof of it. */
  decision?: string;
  decidedAtMs?: number;
  /** JSON text of what it came to, where that is not in the ledger. */
  outcome?: string;
}

export type ApprovalRequest =
  | { kind: 'requested'; row: ApprovalRow }
  /** An earlier one under the same key, in whatever state but `expired`. */
  | { kind: 'known'; row: ApprovalRow }
  /** The key was used for another call. */
  | { kind: 'mismatch'; row: ApprovalRow };

export interface ApprovalDecision {
  state: 'approved' | 'rejected';
  decision: string;
  /** How long from now an approved call may begin. */
  ttlMs: number;
  entry: NewAuditEntry;
}

/** The end of an approval that is open. */
export interface ApprovalEnd {
  /** `expired` only when its time is over. */
  state: 'used' | 'expired';
  outcome?: string;
  entry?: NewAuditEntry;
}

export interface ApprovalFilter {
  state?: ApprovalState;
}
