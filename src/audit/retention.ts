/**
 * Pruning of the audit log is itself an entry, written before records go: it says up to which index they may be gone.
 * A missing record below that index is retention, above it is tampering.
 *
 * @module
 */
import { parseJsonObject, valueAt } from '../core/json.js';
import type { Clock } from '../core/ports.js';
import { SYSTEM } from '../core/principal.js';
import { DEFAULT_TENANT, type Environment } from '../core/scope.js';
import type { AuditVerbs, SystemVerbs } from '../core/store.js';
import { auditEntry, type RecorderParts } from './record.js';

const ACTION = 'audit.prune';
const DAY_MS = 86_400_000;
const CHECKPOINT_PAGE = 1_000;

export interface RetentionVerbs {
  audit: Pick<AuditVerbs, 'append' | 'search'>;
  system: Pick<SystemVerbs, 'auditTree' | 'auditCheckpoints'>;
}

/**
 * Announces what a pruning of records older than `auditMs` will take, unless the last announcement covers it. Call it
 * before `store.system.prune`. It writes at most one entry a day for an environment.
 *
 * @returns whether something was announced.
 */
export async function announcePruning(
  store: RetentionVerbs,
  parts: RecorderParts & { clock: Clock },
  environment: Environment,
  auditMs: number,
): Promise<boolean> {
  // A day at a time, and a day more than asked: an entry may have waited for its place in the tree.
  const cutoffMs = (Math.floor((parts.clock.nowMs() - auditMs) / DAY_MS) + 1) * DAY_MS;
  const upTo = await sizeAt(store, environment, cutoffMs + DAY_MS);
  if (upTo === 0) return false;
  const scope = { tenant: DEFAULT_TENANT, environment };
  const { rows } = await store.audit.search(scope, { action: ACTION }, { limit: 1 });
  const announced = rows[0]?.record === undefined ? 0 : announcedPruning(rows[0].record);
  if (upTo <= announced) return false;
  const details = { upTo, cutoff: new Date(cutoffMs).toISOString() };
  const entry = auditEntry(parts, scope, {
    phase: 'system',
    status: 'started',
    actor: SYSTEM,
    action: ACTION,
    target: { type: 'audit', id: environment },
    details,
  });
  await store.audit.append(scope, [entry]);
  return true;
}

/** Up to which index this record says that others may be gone; 0 for every other record. */
export function announcedPruning(record: string): number {
  // Members are in order, so the action comes first; this is asked of every record of a log.
  if (!record.startsWith(`{"action":"${ACTION}"`)) return 0;
  const upTo = valueAt(parseJsonObject(Buffer.from(record)), 'details.upTo');
  return typeof upTo === 'number' && Number.isSafeInteger(upTo) ? upTo : 0;
}

/** The size of the first checkpoint made at or after an instant; 0 when nothing is as old as that. */
async function sizeAt(store: RetentionVerbs, environment: Environment, atMs: number): Promise<number> {
  let after = 0;
  for (let previous = 0; ;) {
    const page = await store.system.auditCheckpoints(environment, after, CHECKPOINT_PAGE);
    for (const checkpoint of page) {
      if (checkpoint.atMs >= atMs) return previous === 0 ? 0 : checkpoint.size;
      previous = checkpoint.size;
    }
    if (page.length === 0) return previous;
    after = previous;
  }
}
