/** Verbs on the audit log: append, look up, search. Its order, tiles and checkpoints are in audit-tree.ts. @module */
import { RECEIPT, receiptId, type AuditFilter, type AuditRow, type NewAuditEntry } from '../../core/audit.js';
import { boundsOf, cursorOf, type PageBounds } from '../../core/page-cursor.js';
import type { Scope } from '../../core/scope.js';
import type { Page, PageRequest } from '../../core/store.js';
import { addEntry } from './audit-table.js';
import { auditRowOf, ENTRY_COLUMNS, RECEIPT_COLUMNS, receiptRowOf } from './audit-row.js';
import type { EntryColumns, ReceiptRowColumns } from './audit-row.js';
import type { Engine } from './engine.js';
import type { Parameter } from './engine-binding.js';
import { firstStoredSince, lastStoredUntil } from './time-bounds.js';

function append(engine: Engine, scope: Scope, entries: NewAuditEntry[]): void {
  const scopeId = engine.names.scopeId(scope);
  for (const entry of entries) addEntry(engine, scope.environment, scopeId, entry);
}

function get(engine: Engine, scope: Scope, id: string): AuditRow | undefined {
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return undefined;
  const entry = engine.sql.one<EntryColumns>(
    `select ${ENTRY_COLUMNS} from audit where scope = ? and id = ?`,
    scopeId,
    id,
  );
  if (entry !== undefined) return auditRowOf(engine, entry);
  const receipt = engine.sql.one<ReceiptRowColumns>(
    `select ${RECEIPT_COLUMNS} from event where scope = ? and id = ?`,
    scopeId,
    eventIdOf(id),
  );
  return receipt && receiptRowOf(engine, receipt);
}

/** The event whose receipt has this id, see `receiptId`. */
function eventIdOf(id: string): string {
  const eventId = `evt_${id.slice('aud_'.length)}`;
  return receiptId(eventId) === id ? eventId : '';
}

/**
 * Entries and receipts lie in two tables; both are walked in the order of their leaves, which is the order of their
 * commits, and merged. The cursor is the last number of each.
 */
function search(engine: Engine, scope: Scope, filter: AuditFilter, page: PageRequest): Page<AuditRow> {
  const bounds = boundsOf(page, 2);
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return { rows: [] };
  const [afterEntry, afterReceipt] = bounds.after ?? [];
  const entries = entriesOf(engine, scopeId, filter, bounds, afterEntry);
  const receipts = matchesReceipts(filter) ? receiptsOf(engine, scopeId, filter, bounds, afterReceipt) : [];

  const rows: AuditRow[] = [];
  let [lastEntry, lastReceipt] = [afterEntry ?? startOf(bounds), afterReceipt ?? startOf(bounds)];
  let [atEntry, atReceipt] = [0, 0];
  while (rows.length < bounds.limit) {
    const entry = entries[atEntry];
    const receipt = receipts[atReceipt];
    if (entry === undefined && receipt === undefined) return { rows };
    if (receipt === undefined || (entry !== undefined && entry.leaf < receipt.leaf !== bounds.newestFirst)) {
      rows.push(auditRowOf(engine, entry!));
      lastEntry = entry!.seq;
      atEntry += 1;
    } else {
      rows.push(receiptRowOf(engine, receipt));
      lastReceipt = receipt.seq;
      atReceipt += 1;
    }
  }
  const hasMore = atEntry < entries.length || atReceipt < receipts.length;
  return hasMore ? { rows, cursor: cursorOf(lastEntry, lastReceipt) } : { rows };
}

/** The number before the first one, in the direction of the walk. */
function startOf({ newestFirst }: PageBounds): number {
  return newestFirst ? Number.MAX_SAFE_INTEGER : 0;
}

/** A receipt has one action and one status, and belongs to no call. */
function matchesReceipts({ action, status, callId }: AuditFilter): boolean {
  return (action ?? RECEIPT.action) === RECEIPT.action && (status ?? RECEIPT.status) === RECEIPT.status && !callId;
}

function entriesOf(
  engine: Engine,
  scopeId: number,
  filter: AuditFilter,
  bounds: PageBounds,
  after: number | undefined,
): EntryColumns[] {
  const conditions = new Conditions('audit', scopeId, bounds, after);
  conditions.equal('call', filter.callId);
  conditions.equal('event', filter.eventId);
  conditions.equal('target', filter.target);
  conditions.equal('actor', filter.actor);
  conditions.equal('action', filter.action);
  conditions.equal('provider', filter.provider);
  conditions.equal('status', filter.status);
  if (standsOut(filter.status)) conditions.add(STANDS_OUT);
  conditions.within(engine, 'at', filter);
  const sql = `select ${ENTRY_COLUMNS} from audit ${indexFor(filter)} ${conditions.end()}`;
  return engine.sql.allOnce<EntryColumns>(sql, conditions.parameters);
}

function standsOut(status: AuditFilter['status']): boolean {
  return status !== undefined && status !== 'started' && status !== 'succeeded';
}

/** The condition of the partial index, word for word: SQLite does not conclude it from the status asked for. */
const STANDS_OUT = `status not in ('started', 'succeeded')`;

/** The most selective index for a filter; all of them yield rows in commit order. */
function indexFor(filter: AuditFilter): string {
  if (filter.callId !== undefined) return 'indexed by audit_call';
  if (filter.eventId !== undefined) return 'indexed by audit_event';
  if (filter.target !== undefined) return 'indexed by audit_target';
  if (standsOut(filter.status)) return 'indexed by audit_status';
  if (filter.actor !== undefined) return 'indexed by audit_actor';
  if (filter.action !== undefined) return 'indexed by audit_action';
  if (filter.provider !== undefined) return 'indexed by audit_provider';
  return 'indexed by audit_scope';
}

function receiptsOf(
  engine: Engine,
  scopeId: number,
  filter: AuditFilter,
  bounds: PageBounds,
  after: number | undefined,
): ReceiptRowColumns[] {
  const conditions = new Conditions('event', scopeId, bounds, after);
  conditions.equal('id', filter.eventId);
  conditions.equal('provider', filter.provider);
  conditions.equal('provider', filter.actor);
  if (filter.target !== undefined) conditions.add('origin = ?', engine.names.findOrigin(scopeId, filter.target) ?? -1);
  conditions.within(engine, 'received_at', filter);
  const index = filter.eventId === undefined ? 'event_scope' : 'event_id';
  const sql = `select ${RECEIPT_COLUMNS} from event indexed by ${index} ${conditions.end()}`;
  return engine.sql.allOnce<ReceiptRowColumns>(sql, conditions.parameters);
}

/** The end of a select over one of the two tables, with its parameters in order. */
class Conditions {
  readonly parameters: Parameter[] = [];
  readonly #conditions: string[] = [];

  constructor(
    readonly table: 'audit' | 'event',
    scopeId: number,
    readonly bounds: PageBounds,
    after: number | undefined,
  ) {
    this.add('scope = ?', scopeId);
    if (after !== undefined) this.add(bounds.newestFirst ? 'seq < ?' : 'seq > ?', after);
  }

  add(condition: string, ...parameters: Parameter[]): void {
    this.#conditions.push(condition);
    this.parameters.push(...parameters);
  }

  equal(column: string, value: string | undefined): void {
    if (value !== undefined) this.add(`${column} = ?`, value);
  }

  within(engine: Engine, column: string, { sinceMs, untilMs }: AuditFilter): void {
    if (sinceMs !== undefined) {
      this.add(`${column} >= ? and seq >= ?`, sinceMs, firstStoredSince(engine, this.table, sinceMs));
    }
    if (untilMs !== undefined) {
      this.add(`${column} < ? and seq <= ?`, untilMs, lastStoredUntil(engine, this.table, untilMs));
    }
  }

  end(): string {
    this.parameters.push(this.bounds.limit + 1);
    return `where ${this.#conditions.join(' and ')} order by seq ${this.bounds.newestFirst ? 'desc' : 'asc'} limit ?`;
  }
}

export const audit = { append, search, get };
