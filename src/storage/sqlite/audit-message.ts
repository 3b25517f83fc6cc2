/**
 * Rows of the audit log in a message between threads: one JSON text and one buffer. The sequencer reads every row there
 * is, and cloned as objects with two buffers each they are what its garbage collector works on most.
 *
 * @module
 */
import type { AuditRow, ReceiptColumns } from '../../core/audit.js';

/** A row without its bytes: those of the leaf, of what is personal (-1: nothing), of the hash of a receipt's body. */
type PackedRow = [
  index: number | undefined | null,
  tenant: string,
  environment: string,
  record: string | undefined | null,
  leafBytes: number,
  personalBytes: number,
  receipt: PackedReceipt | undefined | null,
];

type PackedReceipt = [
  eventId: string,
  sourceId: string,
  provider: string,
  type: string,
  key: string,
  receivedAtMs: number,
  bodyBytes: number,
  secretId: string | undefined | null,
  hashBytes: number,
];

/** Lengths are told, not assumed: what somebody else wrote into the database is judged by who reads the log. */
export function packRows(rows: readonly AuditRow[]): { text: string; bytes: ArrayBuffer } {
  let size = 0;
  for (const { leaf, personal, receipt } of rows) {
    size += leaf.length + (personal?.length ?? 0) + (receipt?.bodySha256.length ?? 0);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  const put = (part: Uint8Array): void => {
    bytes.set(part, at);
    at += part.length;
  };
  const packed = rows.map(({ index, tenant, environment, leaf, record, personal, receipt }): PackedRow => {
    put(leaf);
    if (personal !== undefined) put(personal);
    if (receipt !== undefined) put(receipt.bodySha256);
    const columns = receipt && packReceipt(receipt);
    return [index, tenant, environment, record, leaf.length, personal?.length ?? -1, columns];
  });
  return { text: JSON.stringify(packed), bytes: bytes.buffer };
}

function packReceipt(receipt: ReceiptColumns): PackedReceipt {
  const { eventId, sourceId, provider, type, key, receivedAtMs, bodyBytes, secretId, bodySha256 } = receipt;
  return [eventId, sourceId, provider, type, key, receivedAtMs, bodyBytes, secretId, bodySha256.length];
}

export function unpackRows(text: string, bytes: ArrayBuffer): AuditRow[] {
  let at = 0;
  const take = (length: number): Uint8Array => {
    const view = new Uint8Array(bytes, at, length);
    at += length;
    return view;
  };
  return (JSON.parse(text) as PackedRow[]).map((packed) => {
    const [index, tenant, environment, record, leafBytes, personalBytes, receipt] = packed;
    const row: AuditRow = { leaf: take(leafBytes), tenant, environment };
    if (index != null) row.index = index;
    if (record != null) row.record = record;
    if (personalBytes >= 0) row.personal = take(personalBytes);
    if (receipt != null) row.receipt = unpackReceipt(receipt, tenant, environment, take(receipt[8]));
    return row;
  });
}

function unpackReceipt(
  [eventId, sourceId, provider, type, key, receivedAtMs, bodyBytes, secretId]: PackedReceipt,
  tenant: string,
  environment: string,
  bodySha256: Uint8Array,
): ReceiptColumns {
  const columns = { eventId, sourceId, provider, type, key, receivedAtMs, bodySha256, bodyBytes, tenant, environment };
  return secretId == null ? columns : { ...columns, secretId };
}
