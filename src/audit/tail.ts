/** The end of the log, and what comes after it as it comes. @module */
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
}

const POLL_MS = 500;
const PAGE_ROWS = 500;

/** Entries in the order of the tree, each once: first the last ones, then, when following, every new one. */
export async function* tailAudit(
  { audit, system, clock }: TailParts,
  scope: Scope,
  query: AuditQuery,
  { last, follow, signal }: TailOptions,
): AsyncGenerator<AuditView> {
  // What comes from here on is followed, so what is shown now must have its place before it.
  const { size } = await system.auditTree(scope.environment);
  yield* (await lastPlaced(audit, scope, query, { last, size, signal })).reverse();
  for (let from = size; follow && !signal?.aborted;) {
    const rows = await system.auditRows(scope.environment, from, from + PAGE_ROWS);
    for (const row of rows) {
      const view = row.tenant === scope.tenant ? viewOf(row) : undefined;
      if (view !== undefined && matchesQuery(view, query)) yield view;
    }
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
