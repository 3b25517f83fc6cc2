/** Entries and leaves: how every verb that leaves a trace writes it. @module */
import type { NewAuditEntry } from '../../core/audit.js';
import type { Environment } from '../../core/scope.js';
import type { Engine } from './engine.js';

/** Adds a leaf to the tree of an environment. `ref` is the entry, or minus the event of a receipt. */
export function addLeaf(
  engine: Engine,
  environment: Environment,
  scope: number,
  hash: Uint8Array,
  ref: number,
): number {
  const n = engine.numbers.nextLeaf(environment);
  engine.rows.leaves[environment].add(n, hash, scope, ref);
  return n;
}

export function addEntry(engine: Engine, environment: Environment, scope: number, entry: NewAuditEntry): void {
  const seq = engine.numbers.nextAudit();
  const leaf = addLeaf(engine, environment, scope, entry.leaf, seq);
  engine.sql.run(
    ENTRY,
    seq,
    scope,
    entry.id,
    entry.atMs,
    engine.storedAtMs,
    entry.action,
    entry.status,
    entry.actor,
    entry.provider ?? null,
    entry.target ?? null,
    entry.callId ?? null,
    entry.eventId ?? null,
    leaf,
    entry.record,
    entry.personal ?? null,
  );
}

const ENTRY = `insert into audit
  (seq, scope, id, at, stored_at, action, status, actor, provider, target, call, event, leaf, record, personal)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
