/** Entries and leaves: how every verb that leaves a trace writes it. @module */
import type { NewAuditEntry } from '../../core/audit.js';
import { leafHash } from '../../core/merkle.js';
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

/** It is in the table with the other rows of its group, see {@link Rows}. */
export function addEntry(engine: Engine, environment: Environment, scope: number, entry: NewAuditEntry): void {
  const seq = engine.numbers.nextAudit();
  const leaf = addLeaf(engine, environment, scope, leafHash(entry.record), seq);
  engine.rows.entries.add(
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
