/**
 * The audit record of a webhook that was accepted, rebuilt from its event's columns whenever somebody asks.
 *
 * The leaf is computed once for every accepted webhook, before the 202, so the canonical text is written out by hand:
 * members in the order of RFC 8785, one hash, no object in between. A test holds it against `canonicalJson`.
 *
 * @module
 */
import { hash } from 'node:crypto';
import { RECEIPT, receiptId, type ReceiptColumns } from '../core/audit.js';
import { wellFormed } from '../core/canonical.js';

/** The RFC 8785 text of the receipt's record. The same columns always give the same text. */
export function receiptRecord(columns: ReceiptColumns): string {
  if (!(last.of !== undefined && isSameSource(last.of, columns))) last = partsOf(columns);
  const { beforeBytes, beforeType, beforeEvent, beforeHash, beforeTime } = last;
  const { eventId, bodyBytes, type, key, bodySha256, receivedAtMs } = columns;
  return (
    `${beforeBytes}${bodyBytes}${beforeType}${quote(type)}${beforeEvent}${quote(eventId)},"id":${quote(receiptId(eventId))}` +
    `,"idempotencyKey":${quote(key)}${beforeHash}${hex(bodySha256)}${beforeTime}${isoTime(receivedAtMs)}","v":1,"via":"webhook"}`
  );
}

/** What the records of one source have in common, ready for the next: they come in rows, and 40 parts cost 1 us more. */
interface Parts {
  of?: ReceiptColumns;
  beforeBytes: string;
  beforeType: string;
  beforeEvent: string;
  beforeHash: string;
  beforeTime: string;
}

let last: Parts = { beforeBytes: '', beforeType: '', beforeEvent: '', beforeHash: '', beforeTime: '' };

function isSameSource(a: ReceiptColumns, b: ReceiptColumns): boolean {
  return (
    a.sourceId === b.sourceId &&
    a.provider === b.provider &&
    a.tenant === b.tenant &&
    a.environment === b.environment &&
    a.secretId === b.secretId
  );
}

function partsOf(columns: ReceiptColumns): Parts {
  const { sourceId, tenant, environment, secretId } = columns;
  const provider = quote(columns.provider);
  return {
    of: columns,
    beforeBytes:
      `{"action":"${RECEIPT.action}","actor":{"id":${provider},"type":"${RECEIPT.actorType}"}` +
      `,"details":{"bodyBytes":`,
    beforeType: `${secretId === undefined ? '' : `,"secretId":${quote(secretId)}`},"type":`,
    beforeEvent: `},"environment":${quote(environment)},"eventId":`,
    beforeHash: `,"origin":"fairlead","phase":"receipt","provider":${provider},"request":{"hash":"sha256:`,
    beforeTime:
      `"},"status":"${RECEIPT.status}","target":{"id":${quote(sourceId)},"type":"source"}` +
      `,"tenant":${quote(tenant)},"ts":"`,
  };
}

let lastTime = { ms: 0, iso: new Date(0).toISOString() };

function isoTime(ms: number): string {
  if (ms !== lastTime.ms) lastTime = { ms, iso: new Date(ms).toISOString() };
  return lastTime.iso;
}

/** SHA-256(0x00 || {@link receiptRecord}), 32 bytes. */
export function receiptLeaf(columns: ReceiptColumns): Uint8Array {
  // As `leafHash`, but by way of a text into a shared buffer: this one is copied into a message and forgotten.
  return Buffer.from(hash('sha256', `\0${receiptRecord(columns)}`, 'binary'), 'latin1');
}

/** Everything that a JSON string cannot hold as it is, and lone surrogates, which nothing can. */
// oxlint-disable-next-line no-control-regex -- control characters are the subject
const NEEDS_CARE = /["\\\u0000-\u001f\ud800-\udfff]/;

function quote(text: string): string {
  return NEEDS_CARE.test(text) ? JSON.stringify(wellFormed(text)) : `"${text}"`;
}

function hex(bytes: Uint8Array): string {
  if (Buffer.isBuffer(bytes)) return bytes.toString('hex');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
