/** The store verbs the audit log lives on, in memory and open to tampering. For tests of logic; drivers have their own. @module */
import type {
  AuditFilter,
  AuditRow,
  NewAuditEntry,
  ReceiptColumns,
  StoredCheckpoint,
  Tile,
} from '../../src/core/audit.js';
import { RECEIPT, receiptId, type AuditRecord } from '../../src/core/audit.js';
import { leafHash } from '../../src/core/merkle.js';
import type { Environment, Scope } from '../../src/core/scope.js';
import type { AuditVerbs, Page, PageRequest, SystemVerbs } from '../../src/core/store.js';
import { receiptLeaf, recordText } from '../../src/audit/index.js';

type LogVerbs = Pick<
  SystemVerbs,
  'auditTree' | 'auditSequence' | 'auditRows' | 'auditLeaves' | 'auditCheckpoint' | 'auditTiles' | 'auditCheckpoints'
>;

/** What one environment holds. Tests reach in and change it. */
export interface Held {
  /** Committed, in commit order; the first `size` are sequenced. */
  rows: AuditRow[];
  size: number;
  tiles: Tile[];
  checkpoints: StoredCheckpoint[];
}

export class MemoryLog implements LogVerbs {
  readonly held: Record<Environment, Held> = { sandbox: empty(), live: empty() };
  /** Bodies by event id. */
  readonly bodies = new Map<string, Uint8Array>();

  readonly audit: AuditVerbs = {
    append: async (scope, entries) => this.append(scope, entries),
    search: async (scope, filter, page) => this.#search(scope, filter, page),
    get: async (scope, id) => this.#of(scope).find((row) => idOf(row) === id),
  };

  append(scope: Scope, entries: readonly NewAuditEntry[]): void {
    for (const { record, personal } of entries) {
      this.held[scope.environment].rows.push({ leaf: leafHash(record), record, personal, ...scope });
    }
  }

  accept(columns: ReceiptColumns, body?: Uint8Array): void {
    const { tenant, environment } = columns;
    this.held[environment as Environment].rows.push({
      leaf: receiptLeaf(columns),
      receipt: columns,
      tenant,
      environment,
    });
    if (body !== undefined) this.bodies.set(columns.eventId, body);
  }

  async auditTree(environment: Environment): Promise<{ size: number; checkpoint: StoredCheckpoint | undefined }> {
    const { size, checkpoints } = this.held[environment];
    return { size, checkpoint: checkpoints.at(-1) };
  }

  async auditSequence(environment: Environment, fromSize: number, limit: number): Promise<AuditRow[]> {
    const held = this.held[environment];
    const rows = held.rows.slice(fromSize, fromSize + limit);
    rows.forEach((row, i) => (row.index = fromSize + i));
    held.size = Math.max(held.size, fromSize + rows.length);
    return structuredClone(rows);
  }

  async auditRows(environment: Environment, from: number, to: number): Promise<AuditRow[]> {
    const { rows } = this.held[environment];
    const between = rows.filter(({ index }) => index !== undefined && index >= from && index < to);
    return structuredClone(between.sort((a, b) => a.index! - b.index!));
  }

  async auditLeaves(environment: Environment, from: number, to: number): Promise<Uint8Array[]> {
    return (await this.auditRows(environment, from, to)).map(({ leaf }) => leaf);
  }

  async auditCheckpoint(
    environment: Environment,
    tiles: Tile[],
    checkpoint: StoredCheckpoint,
    drop: readonly number[],
  ): Promise<void> {
    const held = this.held[environment];
    held.tiles.push(...tiles);
    held.checkpoints = [...held.checkpoints.filter(({ size }) => !drop.includes(size)), checkpoint];
  }

  async auditTiles(environment: Environment, level: number, from: number, to: number): Promise<Tile[]> {
    const tiles = this.held[environment].tiles.filter((t) => t.level === level && t.index >= from && t.index < to);
    return structuredClone(tiles.sort((a, b) => a.index - b.index));
  }

  async auditCheckpoints(environment: Environment, afterSize: number, limit: number): Promise<StoredCheckpoint[]> {
    const later = this.held[environment].checkpoints.filter(({ size }) => size > afterSize);
    return structuredClone(later.sort((a, b) => a.size - b.size).slice(0, limit));
  }

  #of({ tenant, environment }: Scope): AuditRow[] {
    return this.held[environment].rows.filter((row) => row.tenant === tenant);
  }

  #search(scope: Scope, filter: AuditFilter, page: PageRequest): Page<AuditRow> {
    const rows = this.#of(scope).filter((row) => matches(row, filter));
    const ordered = page.order === 'oldest' ? rows : rows.reverse();
    const from = Number(page.cursor ?? 0);
    const found = structuredClone(ordered.slice(from, from + page.limit));
    const next = from + found.length;
    return next < ordered.length ? { rows: found, cursor: String(next) } : { rows: found };
  }
}

function empty(): Held {
  return { rows: [], size: 0, tiles: [], checkpoints: [] };
}

function idOf(row: AuditRow): string | undefined {
  if (row.receipt !== undefined) return receiptId(row.receipt.eventId);
  return row.record === undefined ? undefined : (JSON.parse(row.record) as AuditRecord).id;
}

function matches(row: AuditRow, filter: AuditFilter): boolean {
  const text = recordText(row);
  if (text === undefined) return false;
  const record = JSON.parse(text) as AuditRecord;
  const atMs = Date.parse(record.ts);
  const columns: AuditFilter = {
    action: record.action,
    status: record.status,
    actor: record.actor.id,
    provider: record.provider,
    target: record.target?.id,
    callId: record.callId,
    eventId: record.eventId,
  };
  if (row.receipt !== undefined && columns.action !== RECEIPT.action) return false;
  if (filter.sinceMs !== undefined && atMs < filter.sinceMs) return false;
  if (filter.untilMs !== undefined && atMs >= filter.untilMs) return false;
  return Object.entries(columns).every(([name, value]) => {
    const wanted = filter[name as keyof AuditFilter];
    return wanted === undefined || wanted === value;
  });
}
