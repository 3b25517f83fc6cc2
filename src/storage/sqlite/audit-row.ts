/** Rows of the audit log as the types of core/audit.ts: an entry, or a receipt that is rebuilt from its event. @module */
import type { AuditRow } from '../../core/audit.js';
import type { Environment } from '../../core/scope.js';
import type { Engine } from './engine.js';
import { EVENT_COLUMNS, receiptOf, type EventColumns } from './event-row.js';

export interface EntryColumns {
  seq: number;
  scope: number;
  leaf: number;
  hash: Uint8Array;
  record: string | null;
  personal: Uint8Array | null;
}

export interface ReceiptRowColumns extends EventColumns {
  hash: Uint8Array;
}

/** The leaf's hash from whichever tree the row's scope belongs to. */
const hashOf = (table: string): string => `case (select environment from scope where scope.id = ${table}.scope)
  when 'live' then (select hash from leaf_live where n = ${table}.leaf)
  else (select hash from leaf_sandbox where n = ${table}.leaf) end as hash`;

export const ENTRY_COLUMNS = `audit.seq as seq, audit.scope as scope, audit.leaf as leaf, audit.record as record,
  audit.personal as personal, ${hashOf('audit')}`;

export const RECEIPT_COLUMNS = `${EVENT_COLUMNS}, ${hashOf('event')}`;

export function auditRowOf(engine: Engine, columns: EntryColumns): AuditRow {
  const { tenant, environment } = engine.names.scopeOf(columns.scope);
  const row: AuditRow = { leaf: columns.hash, tenant, environment };
  place(engine, row, environment, columns.leaf);
  if (columns.record !== null) row.record = columns.record;
  if (columns.personal !== null) row.personal = columns.personal;
  return row;
}

export function receiptRowOf(engine: Engine, columns: ReceiptRowColumns): AuditRow {
  const { tenant, environment } = engine.names.scopeOf(columns.scope);
  const row: AuditRow = { leaf: columns.hash, tenant, environment, receipt: receiptOf(engine, columns) };
  place(engine, row, environment, columns.leaf);
  return row;
}

/** Says where in the tree the row is, once the sequencer has come by. */
function place(engine: Engine, row: AuditRow, environment: Environment, n: number): void {
  if (n <= sequencedSize(engine, environment)) row.index = n - 1;
}

export function sequencedSize(engine: Engine, environment: Environment): number {
  const row = engine.sql.one<{ size: number }>('select sequenced as size from tree where environment = ?', environment);
  return row?.size ?? 0;
}
