/** An event: a verified inbound webhook. @module */

/** A job to create together with its event. */
export interface NewJob {
  id: string;
  /** The handler's name; jobs of one queue share pause and depth. */
  queue: string;
  maxAttempts: number;
  delayMs?: number;
  /** Jobs of one order key run one after the other, in commit order, `orderLimit` (default 1) at a time. */
  orderKey?: string;
  orderLimit?: number;
  /** What happens to the rest of the key when a job dies. Default `skip`. */
  onDead?: 'skip' | 'hold';
}

export interface NewEvent {
  id: string;
  sourceId: string;
  provider: string;
  type: string;
  /** The provider's delivery or event id, for people. */
  key: string;
  /** First 16 bytes of SHA-256 over the key (and what distinguishes it inside the source). */
  dedupeKey: Uint8Array;
  /** A second key over the body, where the delivery id is not signed. */
  bodyKey?: Uint8Array;
  occurredAtMs?: number;
  receivedAtMs: number;
  account?: string;
  subject?: string;
  /** JSON text of the allow-listed headers. */
  headers: string;
  body: Uint8Array;
  bodySha256: Uint8Array;
  /** The body is ciphertext of the vault. */
  sealed: boolean;
  /** Verified by which secret; absent for an unsigned source. */
  secretId?: string;
  jobs: NewJob[];
  /** Leaf hash of the receipt; its record is rebuilt from this row. */
  leaf: Uint8Array;
}

export type Acceptance =
  | { kind: 'stored' }
  /** `by` says which of the two keys was known. */
  | { kind: 'duplicate'; eventId: string; by: 'key' | 'body' };

export type EventState = 'received' | 'processing' | 'completed' | 'failed' | 'dead' | 'unhandled';

export interface EventSummary {
  id: string;
  sourceId: string;
  provider: string;
  type: string;
  key: string;
  state: EventState;
  receivedAtMs: number;
  occurredAtMs?: number;
  account?: string;
  subject?: string;
  duplicates: number;
  bodyBytes: number;
  jobs: { id: string; queue: string; state: JobState; attempts: number; error?: string }[];
}

export interface EventRow extends EventSummary {
  headers: string;
  /** Absent once retention has taken it. */
  body?: Uint8Array;
  bodySha256: Uint8Array;
  sealed: boolean;
  secretId?: string;
}

export interface EventFilter {
  sourceId?: string;
  provider?: string;
  type?: string;
  state?: EventState;
  /** Received at or after / before. */
  sinceMs?: number;
  untilMs?: number;
  ids?: string[];
  key?: string;
}

export type JobState = 'ready' | 'blocked' | 'running' | 'parked' | 'completed' | 'dead';
