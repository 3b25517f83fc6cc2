/**
 * Rows of the audit log in a message between threads: one JSON text and one buffer, both put together by SQLite. The
 * sequencer reads every row there is; column by column, and as objects with two buffers each, it costs seven times as
 * much.
 *
 * @module
 */
import type { AuditRow, ReceiptColumns } from '../../core/audit.js';
import { fromStoredText } from '../../core/stored-text.js';
import { Packed } from './packed.js';

/**
 * A row without its bytes: those of the leaf, of what is personal (-1: nothing), of the hash of a receipt's body.
 * Lengths are told, not assumed: what somebody else wrote into the database is judged by who reads the log.
 */
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

/** Rows as SQLite hands them out: JSON of {@link PackedRow}[], and their bytes one after the other. */
export class PackedRows extends Packed<AuditRow[]> {
  constructor(
    readonly text: string,
    readonly bytes: ArrayBuffer,
  ) {
    super();
  }

  unpack(): AuditRow[] {
    return unpackRows(this.text, this.bytes);
  }
}

/** @param text as in {@link PackedRows}, with its bytes */
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
  const columns: ReceiptColumns = {
    eventId,
    sourceId,
    provider,
    type: fromStoredText(type),
    key: fromStoredText(key),
    receivedAtMs,
    bodySha256,
    bodyBytes,
    tenant,
    environment,
    // Present or not: one shape, and the one of the receipts that the intake makes.
    secretId: secretId ?? undefined,
  };
  return columns;
}
