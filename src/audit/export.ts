/**
 * The log as a stream of text, for other programs and for proof. Each line has its place in the tree; together with the
 * checkpoint that comes with it, an export of everything is proven by recomputing the root, an export of a part line
 * by line by inclusion proofs. `scripts/verify-audit-export.mjs` does both without any code of ours.
 *
 * @module
 */
import type { AuditRow } from '../core/audit.js';
import { AppError } from '../core/errors.js';
import type { Scope } from '../core/scope.js';
import type { AuditVerbs, SystemVerbs } from '../core/store.js';
import { csvRow } from './csv.js';
import { auditLine, type Placing } from './line.js';
import { matchesQuery, viewOf, type AuditQuery, type AuditView } from './search.js';
import { TreeReader, type TreeVerbs } from './tree.js';

export interface ExportVerbs {
  audit: Pick<AuditVerbs, 'search'>;
  system: TreeVerbs & Pick<SystemVerbs, 'auditTree' | 'auditRows'>;
}

export interface ExportOptions {
  format: 'ndjson' | 'csv';
  query: AuditQuery;
  /** Entries of all tenants, those without a record by their leaf: what a recomputation of the root needs. */
  whole?: boolean;
  /** An inclusion proof in every line; NDJSON only. */
  proofs?: boolean;
  signal?: AbortSignal;
}

export interface AuditExport {
  /** The signed note that covers every line; absent while the log is empty. */
  checkpoint: string | undefined;
  /** Pieces of the text, a page of entries each. */
  text: AsyncGenerator<string>;
}

const PAGE_ROWS = 1_000;

const COLUMNS: Record<string, (entry: AuditView) => string | number | undefined> = {
  seq: (entry) => entry.seq,
  id: (entry) => entry.id,
  ts: (entry) => entry.ts,
  phase: (entry) => entry.phase,
  status: (entry) => entry.status,
  tenant: (entry) => entry.tenant,
  environment: (entry) => entry.environment,
  actor_type: (entry) => entry.actor.type,
  actor_id: (entry) => entry.actor.id,
  on_behalf_of: (entry) => entry.onBehalfOf?.id,
  agent_client: (entry) => entry.agent?.client,
  agent_session: (entry) => entry.agent?.session,
  tool_call_id: (entry) => entry.agent?.toolCallId,
  via: (entry) => entry.via,
  origin: (entry) => entry.origin,
  provider: (entry) => entry.provider,
  connection: (entry) => entry.connection,
  action: (entry) => entry.action,
  effect: (entry) => entry.effect,
  target_type: (entry) => entry.target?.type,
  target_id: (entry) => entry.target?.id,
  idempotency_key: (entry) => entry.idempotencyKey,
  call_id: (entry) => entry.callId,
  event_id: (entry) => entry.eventId,
  approved_by: (entry) => entry.approval?.by,
  request_hash: (entry) => entry.request?.hash,
  response_hash: (entry) => entry.response?.hash,
  attempts: (entry) => entry.attempts,
  duration_ms: (entry) => entry.durationMs,
  error_code: (entry) => entry.error?.code,
  error_message: (entry) => entry.error?.message,
  cause: (entry) => entry.cause,
  trace_id: (entry) => entry.trace?.traceId,
  count: (entry) => entry.count,
  details: (entry) => (entry.details === undefined ? undefined : JSON.stringify(entry.details)),
};

/**
 * Prepares an export of the entries that the newest checkpoint covers; sequence first to have everything in it.
 *
 * @throws AppError `invalid_argument` when the options contradict each other.
 */
export async function exportAudit(store: ExportVerbs, scope: Scope, options: ExportOptions): Promise<AuditExport> {
  const filtered = Object.keys(options.query.filter).length > 0 || options.query.also.length > 0;
  if (options.whole && filtered) {
    throw new AppError('invalid_argument', { argument: 'query', problem: 'an export of the whole log takes none' });
  }
  if (options.proofs && options.format === 'csv') {
    throw new AppError('invalid_argument', { argument: 'proofs', problem: 'only NDJSON has room for them' });
  }
  const { checkpoint } = await store.system.auditTree(scope.environment);
  return { checkpoint: checkpoint?.note, text: textOf(store, scope, options, checkpoint?.size ?? 0) };
}

async function* textOf(
  store: ExportVerbs,
  scope: Scope,
  { format, query, whole, proofs, signal }: ExportOptions,
  size: number,
): AsyncGenerator<string> {
  const tree = proofs ? new TreeReader(store.system, scope.environment, size) : undefined;
  const pages = whole ? wholePages(store, scope, size) : tenantPages(store, scope, query, size);
  if (format === 'csv') yield csvRow([...Object.keys(COLUMNS), 'leaf']);
  for await (const rows of pages) {
    if (signal?.aborted) throw new AppError('cancelled', { operation: 'audit.export' });
    let text = '';
    for (const row of rows) text += format === 'csv' ? csvLine(row) : auditLine(row, await placed(row.index!, tree));
    if (text !== '') yield text;
  }
}

async function placed(seq: number, tree: TreeReader | undefined): Promise<Placing> {
  if (tree === undefined) return { seq };
  return { seq, proof: (await tree.inclusionProof(seq)).map((hash) => Buffer.from(hash).toString('base64')) };
}

function csvLine(row: AuditRow): string {
  const entry = viewOf(row) ?? { seq: row.index, tenant: row.tenant, environment: row.environment, actor: {} };
  const cells = Object.values(COLUMNS).map((cell) => cell(entry as AuditView));
  return csvRow([...cells, Buffer.from(row.leaf).toString('hex')]);
}

async function* wholePages({ system }: ExportVerbs, { environment }: Scope, size: number): AsyncGenerator<AuditRow[]> {
  for (let from = 0; from < size; from += PAGE_ROWS) {
    yield await system.auditRows(environment, from, Math.min(from + PAGE_ROWS, size));
  }
}

async function* tenantPages(
  { audit }: ExportVerbs,
  scope: Scope,
  query: AuditQuery,
  size: number,
): AsyncGenerator<AuditRow[]> {
  let cursor: string | undefined;
  do {
    const page = await audit.search(scope, query.filter, { limit: PAGE_ROWS, order: 'oldest', cursor });
    yield page.rows.filter((row) => {
      const view = row.index !== undefined && row.index < size ? viewOf(row) : undefined;
      return view !== undefined && matchesQuery(view, query);
    });
    cursor = page.cursor;
  } while (cursor !== undefined);
}
