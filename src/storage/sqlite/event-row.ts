/** Rows of the event table as the types of core/event.ts. @module */
import type { ReceiptColumns } from '../../core/audit.js';
import type { EventRow } from '../../core/event.js';
import type { Engine } from './engine.js';

/** The columns of {@link EventColumns}, for a select from `event`. */
export const EVENT_COLUMNS = `event.seq as seq, event.id as id, event.scope as scope, event.origin as origin,
  event.provider as provider, event.type as type, event.key as key, event.occurred_at as occurredAt,
  event.received_at as receivedAt, event.account as account, event.subject as subject, event.segment as segment,
  event.body_start as bodyStart, event.headers_bytes as headersBytes, event.body_bytes as bodyBytes,
  event.body_sha256 as bodySha256, event.sealed as sealed, event.secret as secret, event.leaf as leaf,
  event.duplicates as duplicates`;

export interface EventColumns {
  seq: number;
  id: string;
  scope: number;
  origin: number;
  provider: string;
  type: string;
  key: string;
  occurredAt: number | null;
  receivedAt: number;
  account: string | null;
  subject: string | null;
  segment: number;
  bodyStart: number;
  headersBytes: number;
  bodyBytes: number;
  bodySha256: Uint8Array;
  sealed: number;
  secret: string | null;
  leaf: number;
  duplicates: number;
}

type Identity = Pick<
  EventRow,
  | 'id'
  | 'sourceId'
  | 'provider'
  | 'type'
  | 'key'
  | 'receivedAtMs'
  | 'occurredAtMs'
  | 'account'
  | 'subject'
  | 'bodyBytes'
>;

/** What both the summary and the whole row say. */
export function identityOf(engine: Engine, row: EventColumns): Identity {
  const identity: Identity = {
    id: row.id,
    sourceId: engine.names.originName(row.origin),
    provider: row.provider,
    type: row.type,
    key: row.key,
    receivedAtMs: row.receivedAt,
    bodyBytes: row.bodyBytes,
  };
  if (row.occurredAt !== null) identity.occurredAtMs = row.occurredAt;
  if (row.account !== null) identity.account = row.account;
  if (row.subject !== null) identity.subject = row.subject;
  return identity;
}

/** The rest of an event. Without its body, and with no headers, once retention has taken them. */
export function contentOf(engine: Engine, row: EventColumns): Pick<EventRow, Content> {
  const { segment, bodyStart, headersBytes, bodyBytes } = row;
  const parcel = engine.bodies.parcel(segment, bodyStart, headersBytes, bodyBytes, engine.storedAtMs);
  const content: Pick<EventRow, Content> = {
    headers: parcel?.headers ?? '{}',
    bodySha256: row.bodySha256,
    sealed: row.sealed === 1,
  };
  // A copy: the view would drag its whole segment along.
  if (parcel !== undefined) content.body = parcel.body.slice();
  if (row.secret !== null) content.secretId = row.secret;
  return content;
}

type Content = 'headers' | 'body' | 'bodySha256' | 'sealed' | 'secretId';

export function receiptOf(engine: Engine, row: EventColumns): ReceiptColumns {
  const { tenant, environment } = engine.names.scopeOf(row.scope);
  const receipt: ReceiptColumns = {
    eventId: row.id,
    sourceId: engine.names.originName(row.origin),
    provider: row.provider,
    type: row.type,
    key: row.key,
    receivedAtMs: row.receivedAt,
    bodySha256: row.bodySha256,
    bodyBytes: row.bodyBytes,
    tenant,
    environment,
  };
  if (row.secret !== null) receipt.secretId = row.secret;
  return receipt;
}
