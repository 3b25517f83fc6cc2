/**
 * The audit record of a webhook that was accepted, rebuilt from its event's columns whenever somebody asks.
 *
 * The leaf is computed once for every accepted webhook, before the 202, so the canonical text is written out by hand:
 * members in the order of RFC 8785, one hash, no object in between. A test holds it against `canonicalJson`.
 *
 * @module
 */
import { RECEIPT, receiptId, type ReceiptColumns } from '../core/audit.js';
import { wellFormed } from '../core/canonical.js';
import { leafHash } from '../core/merkle.js';

/** The RFC 8785 text of the receipt's record. The same columns always give the same text. */
export function receiptRecord(columns: ReceiptColumns): string {
  const event = quote(columns.eventId);
  const key = quote(columns.key);
  const provider = quote(columns.provider);
  const secret = columns.secretId === undefined ? '' : `,"secretId":${quote(columns.secretId)}`;
  return (
    `{"action":"${RECEIPT.action}","actor":{"id":${provider},"type":"${RECEIPT.actorType}"}` +
    `,"details":{"bodyBytes":${columns.bodyBytes}${secret},"type":${quote(columns.type)}}` +
    `,"environment":${quote(columns.environment)},"eventId":${event},"id":${quote(receiptId(columns.eventId))}` +
    `,"idempotencyKey":${key},"origin":"fairlead","phase":"receipt","provider":${provider}` +
    `,"request":{"hash":"sha256:${hex(columns.bodySha256)}"},"status":"${RECEIPT.status}"` +
    `,"target":{"id":${quote(columns.sourceId)},"type":"source"},"tenant":${quote(columns.tenant)}` +
    `,"ts":"${new Date(columns.receivedAtMs).toISOString()}","v":1,"via":"webhook"}`
  );
}

/** SHA-256(0x00 || {@link receiptRecord}), 32 bytes. */
export function receiptLeaf(columns: ReceiptColumns): Uint8Array {
  return leafHash(receiptRecord(columns));
}

/** Everything that a JSON string cannot hold as it is, and lone surrogates, which nothing can. */
// oxlint-disable-next-line no-control-regex -- control characters are the subject
const NEEDS_CARE = /["\\\u0000-\u001f\ud800-\udfff]/;

function quote(text: string): string {
  return NEEDS_CARE.test(text) ? JSON.stringify(wellFormed(text)) : `"${text}"`;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
