/** The audit record and the tree it lives in, as types. What builds and checks them is in `audit/` and `merkle.ts`. @module */

export const AUDIT_STATUSES = [
  'started',
  'succeeded',
  'failed',
  'denied',
  'duplicate',
  'previewed',
  'replayed',
  'pending_approval',
  'unknown',
] as const;
export type AuditStatus = (typeof AUDIT_STATUSES)[number];

/** A value that is personal: the leaf holds a salted commitment, the value lives sealed beside it. */
export interface Personal {
  personal: string;
}

/**
 * One line of the audit log, `audit.v1`. Field names as in requirements H1; personal fields end in `$` and hold
 * `c:<hex of SHA-256(salt || value)>`.
 */
export interface AuditRecord {
  v: 1;
  id: string;
  /** ISO 8601, UTC, milliseconds. */
  ts: string;
  phase: 'intent' | 'outcome' | 'receipt' | 'decision' | 'config' | 'auth' | 'system' | 'external';
  tenant: string;
  environment: string;
  actor: { type: string; id: string; name$?: string };
  onBehalfOf?: { type: string; id: string };
  agent?: { client?: string; session?: string; toolCallId?: string };
  via: string;
  origin: 'fairlead' | 'external';
  provider?: string;
  connection?: string;
  action: string;
  effect?: string;
  target?: { type: string; id: string; name$?: string };
  idempotencyKey?: string;
  callId?: string;
  eventId?: string;
  status: AuditStatus;
  approval?: { by: string; at: string; argsHash: string };
  request?: { hash: string };
  response?: { hash: string; providerId?: string };
  attempts?: number;
  durationMs?: number;
  error?: { code: string; message: string };
  /** The entry, event or call that led to this one. */
  cause?: string;
  trace?: { traceId: string; spanId?: string };
  source?: { ip$?: string; userAgent?: string };
  /** How many like this one it stands for (refusals are counted, not listed one by one). */
  count?: number;
  details?: Record<string, string | number | boolean>;
}

/** A record ready to be stored: canonical text, its leaf hash, and the columns it is searched by. */
export interface NewAuditEntry {
  id: string;
  atMs: number;
  /** RFC 8785 text of the record. The store keeps its leaf, SHA-256(0x00 || record), beside it (RFC 9162, 2.1). */
  record: string;
  /** Sealed salts and values of the personal fields. */
  personal?: Uint8Array;
  action: string;
  status: AuditStatus;
  /** The actor's id, without its type. */
  actor: string;
  provider?: string;
  /** The target's id, without its type. */
  target?: string;
  callId?: string;
  eventId?: string;
}

/** An entry in its place in the tree. `index` is absent until the sequencer has come by. */
export interface AuditRow {
  index?: number;
  leaf: Uint8Array;
  tenant: string;
  environment: string;
  /** Absent when retention has sealed it away, and for a receipt (then `receipt` is there). */
  record?: string;
  personal?: Uint8Array;
  /** The event columns from which a receipt's record is rebuilt. */
  receipt?: ReceiptColumns;
}

/**
 * What the records of all receipts have in common. A store keeps receipts as event columns, so it answers a search by
 * these: `actor` is the provider's name, `target` the source's id; the id of the entry is {@link receiptId}.
 */
export const RECEIPT = { action: 'webhook.receive', status: 'succeeded', actorType: 'provider' } as const;

/** The id of a receipt's audit entry: the event's own characters under the prefix of audit entries. */
export function receiptId(eventId: string): string {
  return `aud_${eventId.slice('evt_'.length)}`;
}

/** Everything the record of a receipt is made of. Kept on the event row after its body is gone. */
export interface ReceiptColumns {
  eventId: string;
  sourceId: string;
  provider: string;
  type: string;
  key: string;
  receivedAtMs: number;
  bodySha256: Uint8Array;
  bodyBytes: number;
  secretId?: string;
  tenant: string;
  environment: string;
}

export interface AuditFilter {
  action?: string;
  status?: AuditStatus;
  actor?: string;
  provider?: string;
  target?: string;
  callId?: string;
  eventId?: string;
  sinceMs?: number;
  untilMs?: number;
}

/** 256 consecutive hashes of one level (C2SP tlog-tiles); level 0 holds leaf hashes. */
export interface Tile {
  level: number;
  index: number;
  hashes: Uint8Array;
}

export interface StoredCheckpoint {
  size: number;
  root: Uint8Array;
  atMs: number;
  /** The signed note (C2SP signed-note, tlog-checkpoint). */
  note: string;
}
