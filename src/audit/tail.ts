/** The end of the log, and what comes after it as it comes. @module */
import type { AuditRow } from '../core/audit.js';
import type { Clock } from '../core/ports.js';
import type { Scope } from '../core/scope.js';
import type { AuditVerbs, SystemVerbs } from '../core/store.js';
import { matchesQuery, searchAudit, viewOf, type AuditQuery, type AuditView } from './search.js';

export interface TailParts {
  audit: Pick<AuditVerbs, 'search'>;
  system: Pick<SystemVerbs, 'auditTree' | 'auditRows'>;
  clock: Clock;
}

export interface TailOptions {
  /** How many of the entries that are there already, at most. */
  last: number;
  /** Whether to wait for more until `signal` says to stop. */
  follow: boolean;
  signal?: AbortSignal;
  /** Everything behind this place in the tree, in place of the last ones. */
  behind?: number;
}

const POLL_MS = 500;
const PAGE_ROWS = 500;

/**
 * Entries in the order of the tree, each once: first the last ones, or those behind a place; then, when following, every
 * new one.
 */
export async function* tailAudit(
  { audit, system, clock }: TailParts,
  scope: Scope,
  query: AuditQuery,
  { last, follow, signal, behind }: TailOptions,
): AsyncGenerator<AuditView> {
  // What comes from here on is followed, so what is shown now must have its place before it.
  const { size } = await system.auditTree(scope.environment);
  if (behind === undefined) yield* (await lastPlaced(audit, scope, query, { last, size, signal })).reverse();
  const from = behind === undefined ? size : behind + 1;
  if (!follow && behind === undefined) return;
  for await (const row of auditRowsFrom({ system, clock }, scope, from, { follow, ...(signal && { signal }) })) {
    const view = viewOf(row);
    if (view !== undefined && matchesQuery(view, query)) yield view;
  }
}

/** The rows of a tenant from a place on, in the order of the tree, which is that of their commits. */
export async function* auditRowsFrom(
  { system, clock }: Pick<TailParts, 'clock'> & { system: Pick<SystemVerbs, 'auditRows'> },
  { tenant, environment }: Scope,
  start: number,
  { follow, signal }: Pick<TailOptions, 'follow' | 'signal'>,
): AsyncGenerator<AuditRow> {
  for (let from = start; signal?.aborted !== true;) {
    const rows = await system.auditRows(environment, from, from + PAGE_ROWS);
    for (const row of rows) if (row.tenant === tenant) yield row;
    if (rows.length === 0 && !follow) return;
    from = (rows.at(-1)?.index ?? from - 1) + 1;
    if (rows.length === 0) await clock.sleep(POLL_MS, signal);
  }
}

/**
 * The last entries that have their place among the first `size`, newest first. One search can come back with fewer: it
 * gives those that have no place yet, too, and looks only so far back.
 */
async function lastPlaced(
  audit: TailParts['audit'],
  scope: Scope,
  query: AuditQuery,
  { last, size, signal }: { last: number; size: number; signal: AbortSignal | undefined },
): Promise<AuditView[]> {
  const placed: AuditView[] = [];
  let cursor: string | undefined;
  while (placed.length < last && signal?.aborted !== true) {
    const limit = last - placed.length;
    const page = await searchAudit(audit, scope, query, { limit, ...(cursor === undefined ? {} : { cursor }) });
    placed.push(...page.entries.filter(({ seq }) => seq !== undefined && seq < size));
    cursor = page.cursor;
    if (cursor === undefined) break;
  }
  return placed;
}
