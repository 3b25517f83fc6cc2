/** Verbs on the audit log: append, look up, search. Its order, tiles and checkpoints are in audit-tree.ts. @module */
import { RECEIPT, receiptId, type AuditFilter, type AuditRow, type NewAuditEntry } from '../../core/audit.js';
import { boundsOf, cursorOf, type PageBounds } from '../../core/page-cursor.js';
import type { Scope } from '../../core/scope.js';
import type { Page, PageRequest } from '../../core/store.js';
import { Conditions, type Engine } from './engine.js';
import { EVENT_COLUMNS, EVENT_JOINED, receiptOf, type EventColumns } from './event-row.js';
import { PLACES } from './functions.js';
import { settledPage, WITH_EDGE } from './settled-page.js';
import { storedSince, storedUntil } from './time-bounds.js';

function append(engine: Engine, scope: Scope, entries: NewAuditEntry[]): Promise<void> {
  return engine.groups.append(scope, entries);
}

/** Where a row is in the tree, and its leaf. */
interface Placed {
  seq: number;
  hash: Uint8Array;
  /** Null until the sequencer has come by. */
  place: number | null;
}

interface EntryColumns extends Placed {
  record: string;
  personal: Uint8Array | null;
}

type ReceiptRowColumns = EventColumns & Placed;

/** The leaves of a row's transaction, and the tree they go into. `$1` is the environment. */
const leafOf = (
  table: string,
): string => `join fairlead.leaves on leaves.environment = $1 and leaves.tx = ${table}.seq / ${PLACES}
  join fairlead.tree on tree.environment = $1`;

const placedColumns = (table: string): string => `substring(leaves.hashes from ${table}.leaf * 32 + 1 for 32) as hash,
  case when leaves.first + ${table}.leaf < tree.sequenced then leaves.first + ${table}.leaf end as place`;

const ENTRIES = `audit.seq, audit.record, audit.personal, ${placedColumns('audit')}`;
const RECEIPTS = `${EVENT_COLUMNS}, ${placedColumns('event')}`;
const FROM_ENTRIES = `fairlead.audit ${leafOf('audit')}`;
const FROM_RECEIPTS = `${EVENT_JOINED} ${leafOf('event')}`;

function rowOf({ tenant, environment }: Scope, columns: EntryColumns | ReceiptRowColumns): AuditRow {
  const row: AuditRow = { leaf: columns.hash, tenant, environment };
  if (columns.place !== null) row.index = columns.place;
  if (!('record' in columns)) row.receipt = receiptOf({ tenant, environment }, columns);
  else {
    row.record = columns.record;
    if (columns.personal !== null) row.personal = columns.personal;
  }
  return row;
}

async function get(engine: Engine, scope: Scope, id: string): Promise<AuditRow | undefined> {
  const { database, names } = engine;
  const scopeId = await names.findScope(scope);
  if (scopeId === undefined) return undefined;
  const ofEntry = `select ${ENTRIES} from ${FROM_ENTRIES} where audit.scope = $2 and audit.id = $3`;
  const entry = await database.one<EntryColumns>(ofEntry, scope.environment, scopeId, id);
  if (entry !== undefined) return rowOf(scope, entry);
  const ofReceipt = `select ${RECEIPTS} from ${FROM_RECEIPTS} where event.scope = $2 and event.id = $3`;
  const receipt = await database.one<ReceiptRowColumns>(ofReceipt, scope.environment, scopeId, eventIdOf(id));
  return receipt && rowOf(scope, receipt);
}

/** The event whose receipt has this id, see `receiptId`. */
function eventIdOf(id: string): string {
  const eventId = `evt_${id.slice('aud_'.length)}`;
  return receiptId(eventId) === id ? eventId : '';
}

/** Entries and receipts lie in two tables whose numbers are one order: that of their leaves. */
async function search(engine: Engine, scope: Scope, filter: AuditFilter, page: PageRequest): Promise<Page<AuditRow>> {
  const bounds = boundsOf(page, 1);
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return { rows: [] };
  const { environment } = scope;
  const before = bounds.newestFirst ? 1 : -1;
  const find = async (): Promise<((EntryColumns | ReceiptRowColumns) & { edge: number })[]> => {
    const entries = await entriesOf(engine, environment, scopeId, filter, bounds);
    const receipts = matchesReceipts(filter) ? await receiptsOf(engine, environment, scopeId, filter, bounds) : [];
    return [...entries, ...receipts].sort((a, b) => (a.seq < b.seq ? before : -before)).slice(0, bounds.limit + 1);
  };
  return settledPage(
    find,
    bounds,
    (columns) => rowOf(scope, columns),
    ({ seq }) => cursorOf(seq),
  );
}

/** A receipt has one action and one status, and belongs to no call. */
function matchesReceipts({ action, status, callId }: AuditFilter): boolean {
  return (action ?? RECEIPT.action) === RECEIPT.action && (status ?? RECEIPT.status) === RECEIPT.status && !callId;
}

function entriesOf(
  engine: Engine,
  environment: string,
  scopeId: number,
  filter: AuditFilter,
  bounds: PageBounds,
): Promise<(EntryColumns & { edge: number })[]> {
  const conditions = conditionsOf('audit', 'at', environment, scopeId, filter, bounds);
  conditions.equal('audit.call', filter.callId);
  conditions.equal('audit.event', filter.eventId);
  conditions.equalKey('audit.target', filter.target);
  conditions.equalKey('audit.actor', filter.actor);
  conditions.equalKey('audit.action', filter.action);
  conditions.equal('audit.provider', filter.provider);
  conditions.equal('audit.status', filter.status);
  // The condition of the partial index, which a parameter would hide.
  if (filter.status !== undefined && filter.status !== 'started' && filter.status !== 'succeeded') {
    conditions.add(`audit.status not in ('started', 'succeeded')`);
  }
  return engine.database.all(
    `select ${ENTRIES}, ${WITH_EDGE} from ${FROM_ENTRIES} ${endOf('audit', conditions, bounds)}`,
    ...conditions.parameters,
  );
}

function receiptsOf(
  engine: Engine,
  environment: string,
  scopeId: number,
  filter: AuditFilter,
  bounds: PageBounds,
): Promise<(ReceiptRowColumns & { edge: number })[]> {
  const conditions = conditionsOf('event', 'received_at', environment, scopeId, filter, bounds);
  conditions.equal('event.id', filter.eventId);
  conditions.equal('event.provider', filter.provider);
  conditions.equal('event.provider', filter.actor);
  conditions.equal('origin.name', filter.target);
  return engine.database.all(
    `select ${RECEIPTS}, ${WITH_EDGE} from ${FROM_RECEIPTS} ${endOf('event', conditions, bounds)}`,
    ...conditions.parameters,
  );
}

function conditionsOf(
  table: 'audit' | 'event',
  time: string,
  environment: string,
  scopeId: number,
  { sinceMs, untilMs }: AuditFilter,
  { after, newestFirst }: PageBounds,
): Conditions {
  const conditions = new Conditions();
  conditions.place(environment);
  conditions.add(`${table}.scope = ?`, scopeId);
  if (after !== undefined) conditions.add(`${table}.seq ${newestFirst ? '<' : '>'} ?`, after[0]!);
  if (sinceMs !== undefined) {
    conditions.add(`${table}.${time} >= ? and ${table}.seq >= ${storedSince}`, sinceMs, sinceMs);
  }
  if (untilMs !== undefined) {
    conditions.add(`${table}.${time} < ? and ${table}.seq < ${storedUntil}`, untilMs, untilMs);
  }
  return conditions;
}

function endOf(table: string, conditions: Conditions, { newestFirst, limit }: PageBounds): string {
  const end = `order by ${table}.seq ${newestFirst ? 'desc' : 'asc'} limit ${conditions.place(limit + 1)}`;
  return `${conditions.where} ${end}`;
}

export const audit = { append, search, get };
