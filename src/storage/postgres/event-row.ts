/** Rows of the event table as the types of core/event.ts. @module */
import type { ReceiptColumns } from '../../core/audit.js';
import type { EventRow } from '../../core/event.js';
import type { Scope } from '../../core/scope.js';
import { DAY_MS, PLACES } from './functions.js';

/** The columns of {@link EventColumns}, for a select from `fairlead.event as event` joined with its origin. */
export const EVENT_COLUMNS = `event.seq, event.id, event.scope, origin.name as source, event.provider, event.type, event.key,
  event.occurred_at, event.received_at, event.account, event.subject, event.headers_bytes, event.body_bytes,
  event.body_sha256, event.sealed, event.secret, event.leaf, event.duplicates`;

export const EVENT_JOINED = `fairlead.event as event join fairlead.origin as origin on origin.id = event.origin`;

export interface EventColumns {
  seq: number;
  id: string;
  scope: number;
  source: string;
  provider: string;
  type: string;
  key: string;
  occurred_at: number | null;
  received_at: number;
  account: string | null;
  subject: string | null;
  headers_bytes: number;
  body_bytes: number;
  body_sha256: Uint8Array;
  sealed: boolean;
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
export function identityOf(row: EventColumns): Identity {
  const identity: Identity = {
    id: row.id,
    sourceId: row.source,
    provider: row.provider,
    type: row.type,
    key: row.key,
    receivedAtMs: row.received_at,
    bodyBytes: row.body_bytes,
  };
  if (row.occurred_at !== null) identity.occurredAtMs = row.occurred_at;
  if (row.account !== null) identity.account = row.account;
  if (row.subject !== null) identity.subject = row.subject;
  return identity;
}

/** Headers and body of an event; null once retention has taken them. */
export const PARCEL = `(select substring(segment.bytes from event.body_start + 1 for event.headers_bytes + event.body_bytes)
  from fairlead.segment where segment.tx = event.seq / ${PLACES}
    and segment.day = (event.stored_at / ${DAY_MS})::integer) as parcel`;

/** The rest of an event. Without its body, and with no headers, once retention has taken them. */
export function contentOf(row: EventColumns & { parcel: Uint8Array | null }): Pick<EventRow, Content> {
  const { parcel, headers_bytes: headersBytes } = row;
  const content: Pick<EventRow, Content> = {
    headers: parcel === null ? '{}' : Buffer.from(parcel.subarray(0, headersBytes)).toString(),
    bodySha256: row.body_sha256,
    sealed: row.sealed,
  };
  if (parcel !== null) content.body = parcel.slice(headersBytes);
  if (row.secret !== null) content.secretId = row.secret;
  return content;
}

type Content = 'headers' | 'body' | 'bodySha256' | 'sealed' | 'secretId';

export function receiptOf({ tenant, environment }: Scope, row: EventColumns): ReceiptColumns {
  const receipt: ReceiptColumns = {
    eventId: row.id,
    sourceId: row.source,
    provider: row.provider,
    type: row.type,
    key: row.key,
    receivedAtMs: row.received_at,
    bodySha256: row.body_sha256,
    bodyBytes: row.body_bytes,
    tenant,
    environment,
  };
  if (row.secret !== null) receipt.secretId = row.secret;
  return receipt;
}
