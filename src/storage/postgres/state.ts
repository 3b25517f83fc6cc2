/** Verbs on the state of the user's own things, guarded and idempotent by step. @module */
import type { Scope } from '../../core/scope.js';
import type { StateRow, Transition, TransitionOutcome } from '../../core/store.js';
import { keyText } from '../../core/key-text.js';
import type { Engine } from './engine.js';
import type { Sql } from './database.js';

interface EntityColumns {
  state: string;
  data: string;
  version: number;
  updated_at: number;
  occurred_at: number | null;
}

const SELECT = `select state, data, version, updated_at, occurred_at from fairlead.entity where scope = $1 and entity = $2`;

async function get(engine: Engine, scope: Scope, entity: string): Promise<StateRow | undefined> {
  const scopeId = await engine.names.findScope(scope);
  return scopeId === undefined ? undefined : find(engine.database, scopeId, entity);
}

async function find(sql: Sql, scopeId: number, entity: string): Promise<StateRow | undefined> {
  const row = await sql.one<EntityColumns>(SELECT, scopeId, keyText(entity));
  if (row === undefined) return undefined;
  const { state, data, version, updated_at: updatedAtMs, occurred_at: occurredAtMs } = row;
  return { entity, state, data, version, updatedAtMs, ...(occurredAtMs === null ? {} : { occurredAtMs }) };
}

/**
 * Only a step that was applied is remembered: a refused one may be tried again when its predecessor has come.
 *
 * The step and then the entity are locked by their names, because neither need have a row yet.
 */
async function transition(engine: Engine, scope: Scope, wanted: Transition): Promise<TransitionOutcome> {
  const scopeId = await engine.names.scopeId(scope);
  const key = keyText(wanted.key);
  const entity = keyText(wanted.entity);
  return engine.database.transaction(async (sql) => {
    const { now } = (await sql.one<{ now: number }>(LOCK, engine.nowMs(), `step ${scopeId} ${key}`))!;
    await sql.all(LOCK, engine.nowMs(), `entity ${scopeId} ${entity}`);
    const earlier = await sql.one<{ outcome: string }>(EARLIER, scopeId, key, now);
    if (earlier !== undefined) return { kind: 'applied', row: JSON.parse(earlier.outcome) as StateRow, replayed: true };

    const there = await find(sql, scopeId, wanted.entity);
    if (!wanted.from.includes(there?.state ?? null)) return { kind: 'refused', row: there };
    const row: StateRow = {
      entity: wanted.entity,
      state: wanted.to,
      data: wanted.data ?? there?.data ?? '{}',
      version: (there?.version ?? 0) + 1,
      updatedAtMs: now,
    };
    if (wanted.occurredAtMs !== undefined) row.occurredAtMs = wanted.occurredAtMs;
    await sql.run(PUT, scopeId, entity, row.state, row.data, row.version, row.updatedAtMs, row.occurredAtMs ?? null);
    await sql.run(REMEMBER, scopeId, key, JSON.stringify(row), now + wanted.keyTtlMs);
    return { kind: 'applied', row, replayed: false };
  });
}

const LOCK = `select coalesce($1::bigint, (extract(epoch from clock_timestamp()) * 1000)::bigint) as now,
  pg_advisory_xact_lock(hashtextextended($2::text, 0))`;
const EARLIER = `select outcome from fairlead.transition where scope = $1 and key = $2 and forget_at > $3`;
const REMEMBER = `insert into fairlead.transition (scope, key, outcome, forget_at) values ($1, $2, $3, $4)
  on conflict (scope, key) do update set outcome = excluded.outcome, forget_at = excluded.forget_at`;
const PUT = `insert into fairlead.entity (scope, entity, state, data, version, updated_at, occurred_at)
  values ($1, $2, $3, $4, $5, $6, $7)
  on conflict (scope, entity) do update set state = excluded.state, data = excluded.data, version = excluded.version,
    updated_at = excluded.updated_at, occurred_at = excluded.occurred_at`;

export const state = { get, transition };
