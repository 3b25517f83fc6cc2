/** A call: one execution of an operation, in the ledger under its key. @module */
import type { NewAuditEntry } from './audit.js';
import type { ErrorView } from './errors.js';
import type { RawAnswer } from './raw-request.js';

export type CallState = 'running' | 'done' | 'failed' | 'unknown';

export interface NewCall {
  id: string;
  /** Idempotency key, unique per (tenant, environment). */
  key: string;
  operation: string;
  /** SHA-256 of the canonical input; the same key with another hash, or for another operation, is a mismatch. */
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

/** A call that is sent again although an earlier sending of it has no known outcome. */
export interface TakeUp {
  callId: string;
  /** As it was when the ground was found: whoever came in between has another, and the ground may be gone. */
  fence: number;
  /**
   * `same_key`: the target recognises the key. `not_found`: a look-up did not find the effect; that is a ground only if
   * every process that may have sent is known to be dead, or its request could still be on its way.
   */
  ground: 'same_key' | 'not_found';
  leaseMs: number;
  /** The intent. */
  entry: NewAuditEntry;
}

export type TakenUp =
  | { kind: 'taken_up'; fence: number }
  /** It is not known that whoever sent is dead. Nothing may be sent. */
  | { kind: 'sender_may_live' }
  /** Somebody else has it, or decided it. */
  | { kind: 'lost' };

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

/** What a call came to, as every door tells it. */
export type CallResultState =
  | 'done'
  /** An earlier call under the same key had this output; nothing was sent. */
  | 'replayed'
  /** Dry run: `preview` says what would be sent. */
  | 'previewed'
  | 'pending_approval'
  /** An earlier call under the same key has not ended. */
  | 'running'
  /** It may have taken place; a look-up, a repeat under the same key or a person settles it. */
  | 'unknown'
  | 'denied'
  /** Nobody agreed in time. */
  | 'expired'
  | 'failed';

/** A name that was looked up at the provider before the request could be made. */
export interface LookedUp {
  /** E.g. `channel`. */
  what: string;
  name: string;
  /** Absent when it could not be looked up and the name is sent as it is. */
  id?: string;
}

/** The exact request of a dry run, without its secret. */
export interface RequestPreview {
  method: string;
  url: string;
  headers: Record<string, string>;
  /** The body as text, or its size where it is no text. */
  body?: string;
  /** What was read at the provider to make it. */
  lookups?: readonly LookedUp[];
  /** What would be moved, e.g. `12.50 EUR`. */
  money?: readonly string[];
}

export interface CallResult {
  /** The call that has the outcome: an earlier one, when the key was known. */
  callId: string;
  /** The caller's key, or the fresh one of this call. */
  idempotencyKey: string;
  state: CallResultState;
  output?: unknown;
  error?: ErrorView;
  /** When it makes sense to come back with the same key. Absent means: not by itself. */
  retryAfterMs?: number;
  /**
   * Nothing went wrong with this call, it only came too early: our own pacing, an open circuit, or a provider that asks
   * to stay away for longer than a call is held.
   */
  tooEarly?: true;
  preview?: RequestPreview;
  /** What a person has to agree to, and where; for `pending_approval`. The address alone decides nothing. */
  approval?: { id: string; expiresAt: string; url?: string };
  /** When the earlier call ended, for `replayed`. */
  endedAtMs?: number;
  /** The answer that did not fit (`provider_contract`): redacted and cut. */
  raw?: string;
  /** Of a raw request that was refused: the provider's own words. */
  answer?: RawAnswer;
}
