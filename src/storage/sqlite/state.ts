/** Verbs on the state of the user's own things, guarded and idempotent by step. @module */
import { keyText } from '../../core/key-text.js';
import type { Scope } from '../../core/scope.js';
import type { StateRow, Transition, TransitionOutcome } from '../../core/store.js';
import type { Engine } from './engine.js';

interface EntityColumns {
  state: string;
  data: string;
  version: number;
  updatedAtMs: number;
  occurredAtMs: number | null;
}

const SELECT = `select state, data, version, updated_at as updatedAtMs, occurred_at as occurredAtMs
  from entity where scope = ? and entity = ?`;

function get(engine: Engine, scope: Scope, entity: string): StateRow | undefined {
  const scopeId = engine.names.findScope(scope);
  return scopeId === undefined ? undefined : find(engine, scopeId, entity);
}

function find(engine: Engine, scopeId: number, entity: string): StateRow | undefined {
  const row = engine.sql.one<EntityColumns>(SELECT, scopeId, keyText(entity));
  if (row === undefined) return undefined;
  const { occurredAtMs, ...rest } = row;
  return occurredAtMs === null ? { ...rest, entity } : { ...rest, entity, occurredAtMs };
}

/** Only a step that was applied is remembered: a refused one may be tried again when its predecessor has come. */
function transition(engine: Engine, scope: Scope, wanted: Transition): TransitionOutcome {
  const scopeId = engine.names.scopeId(scope);
  const key = keyText(wanted.key);
  const earlier = engine.sql.one<{ outcome: string }>(EARLIER, scopeId, key, engine.nowMs);
  if (earlier !== undefined) return { kind: 'applied', row: JSON.parse(earlier.outcome) as StateRow, replayed: true };

  const now = find(engine, scopeId, wanted.entity);
  if (!wanted.from.includes(now?.state ?? null)) return { kind: 'refused', row: now };
  const row: StateRow = {
    entity: wanted.entity,
    state: wanted.to,
    data: wanted.data ?? now?.data ?? '{}',
    version: (now?.version ?? 0) + 1,
    updatedAtMs: engine.nowMs,
  };
  if (wanted.occurredAtMs !== undefined) row.occurredAtMs = wanted.occurredAtMs;
  engine.sql.run(
    PUT,
    scopeId,
    keyText(row.entity),
    row.state,
    row.data,
    row.version,
    row.updatedAtMs,
    row.occurredAtMs ?? null,
  );
  engine.sql.run(REMEMBER, scopeId, key, JSON.stringify(row), engine.nowMs + wanted.keyTtlMs);
  return { kind: 'applied', row, replayed: false };
}

const EARLIER = `select outcome from transition where scope = ? and key = ? and forget_at > ?`;
const REMEMBER = `insert or replace into transition (scope, key, outcome, forget_at) values (?, ?, ?, ?)`;
const PUT = `insert or replace into entity (scope, entity, state, data, version, updated_at, occurred_at)
  values (?, ?, ?, ?, ?, ?, ?)`;

export const state = { get, transition };
