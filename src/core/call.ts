/** A call: one execution of an operation, in the ledger under its key. @module */
import type { NewAuditEntry } from './audit.js';

export type CallState = 'running' | 'done' | 'failed' | 'unknown';

export interface NewCall {
  id: string;
  /** Idempotency key, unique per (tenant, environment). */
  key: string;
  operation: string;
  /** SHA-256 of the canonical input; the same key with another hash is a mismatch. */
  inputHash: Uint8Array;
  /** The first byte leaves after this verb: the call is `sending` from its first moment. */
  sending: boolean;
  /** How long this process may work on it before another may take over (to reconcile, never to send). */
  leaseMs: number;
  /** How long the key is remembered after the outcome. */
  keyTtlMs: number;
  /** The intent. */
  entry: NewAuditEntry;
}

export type CallBeginning =
  | { kind: 'begun'; fence: number }
  /** A call whose holder is gone after it may have sent. Whoever gets this reconciles; it never sends. */
  | { kind: 'taken_over'; fence: number; callId: string; attempts: number; lastSendingAtMs: number }
  | { kind: 'running'; callId: string }
  | { kind: 'done'; callId: string; result: string; endedAtMs: number }
  | { kind: 'unknown'; callId: string }
  | { kind: 'mismatch'; callId: string };

export interface CallSettlement {
  callId: string;
  /** `0` settles an `unknown` call by decision: a look-up or a person. */
  fence: number;
  state: Exclude<CallState, 'running'>;
  /** JSON text of the output (done) or of an ErrorView (failed, unknown). */
  result: string;
  attempts: number;
  durationMs: number;
  entry: NewAuditEntry;
}

export interface CallRow {
  id: string;
  key: string;
  operation: string;
  state: CallState;
  fence: number;
  attempts: number;
  startedAtMs: number;
  endedAtMs?: number;
  durationMs?: number;
  result?: string;
}

export interface CallFilter {
  operation?: string;
  state?: CallState;
}
