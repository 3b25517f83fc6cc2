/** Verbs on the renewal of credentials: a lease with a fence, and what came of the last one. @module */
import type { DueRenewal, RenewalBeginning, RenewalRow, RenewalSettlement } from '../../core/renewal.js';
import type { Environment, Scope } from '../../core/scope.js';
import type { Sql } from './database.js';
import type { Engine } from './engine.js';
import { SERVER_NOW } from './functions.js';
import { putSecret } from './secrets.js';

/** One statement: of two that come at once, the second sees what the first has written. */
async function begin(engine: Engine, scope: Scope, connectionId: string, leaseMs: number): Promise<RenewalBeginning> {
  const { database } = engine;
  const scopeId = await engine.names.scopeId(scope);
  for (;;) {
    const taken = await database.one<{ fence: number; failures: number; interrupted: boolean }>(
      BEGIN,
      engine.nowMs(),
      scopeId,
      connectionId,
      leaseMs,
    );
    if (taken !== undefined) return { kind: 'begun', ...taken };
    const held = await database.one<{ remaining: number }>(REMAINING, engine.nowMs(), scopeId, connectionId);
    if (held !== undefined) return { kind: 'held', remainingMs: held.remaining };
    // It was given back between the two statements.
  }
}

// Who ends it sets `until` to 0: a time that has passed means that nobody did.
const BEGIN = `insert into fairlead.renewal as r (scope, connection, fence, until, interrupted, failures)
  select $2::integer, $3::text, 1, now + $4::bigint, false, 0 from ${SERVER_NOW}
  on conflict (scope, connection) do update
    set fence = r.fence + 1, until = excluded.until, interrupted = r.until > 0
    where r.until <= excluded.until - $4::bigint
  returning fence, failures, interrupted`;

const REMAINING = `select until - now as remaining from fairlead.renewal, ${SERVER_NOW}
  where scope = $2::integer and connection = $3::text and until > now`;

async function settle(
  engine: Engine,
  scope: Scope,
  connectionId: string,
  settlement: RenewalSettlement,
): Promise<'settled' | 'conflict'> {
  const scopeId = await engine.names.scopeId(scope);
  const nowMs = engine.nowMs();
  const { fence, credential, dueInMs, failed, problem, state } = settlement;
  return engine.database.transaction(async (sql) => {
    const there = await sql.one<{ fence: number }>(LOCK, scopeId, connectionId);
    if (credential === undefined && fence !== undefined && there?.fence !== fence) return 'conflict';
    if (credential !== undefined) {
      const put = await putSecret(sql, nowMs, scopeId, 'connection', credential);
      if (put.kind === 'conflict') return 'conflict';
    }
    const { sql: text, last } = there === undefined ? { sql: ADD, last: null } : { sql: SETTLE, last: fence ?? null };
    await sql.run(text, nowMs, scopeId, connectionId, failed === true, dueInMs ?? null, problem ?? null, last);
    if (state !== undefined) await setState(sql, nowMs, scopeId, connectionId, state);
    return 'settled';
  });
}

async function setState(sql: Sql, nowMs: number | null, scopeId: number, id: string, state: string): Promise<void> {
  await sql.run(STATE, nowMs, scopeId, id, state);
}

const LOCK = `select fence from fairlead.renewal where scope = $1 and connection = $2 for update`;
const ADD = `insert into fairlead.renewal (scope, connection, fence, until, interrupted, failures, due_at, problem)
  select $2::integer, $3::text, 0, coalesce($7::integer, 0), false, $4::boolean::integer, now + $5::bigint, $6::text
  from ${SERVER_NOW}`;
const SETTLE = `update fairlead.renewal set until = case when fence = $7::integer then 0 else until end,
    failures = case when $4::boolean then failures + 1 else 0 end, due_at = now + $5::bigint, problem = $6::text
  from ${SERVER_NOW} where scope = $2::integer and connection = $3::text`;
const STATE = `update fairlead.connection set state = $4::text, version = version + 1, updated_at = now
  from ${SERVER_NOW} where scope = $2::integer and id = $3::text and state not in ('disconnected', $4::text)`;

async function get(engine: Engine, scope: Scope, connectionId: string): Promise<RenewalRow | undefined> {
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return undefined;
  const sql = `select failures, due_at, problem from fairlead.renewal where scope = $1 and connection = $2`;
  const row = await engine.database.one<{ failures: number; due_at: number | null; problem: string | null }>(
    sql,
    scopeId,
    connectionId,
  );
  if (row === undefined) return undefined;
  const { failures, due_at: dueAtMs, problem } = row;
  return { failures, ...(dueAtMs === null ? {} : { dueAtMs }), ...(problem === null ? {} : { problem }) };
}

export async function dueRenewals({ database, ...engine }: Engine, limit: number): Promise<DueRenewal[]> {
  const rows = await database.all<{ tenant: string; environment: Environment; connection: string }>(
    DUE,
    engine.nowMs(),
    limit,
  );
  return rows.map(({ tenant, environment, connection: connectionId }) => ({ tenant, environment, connectionId }));
}

const DUE = `select s.tenant, s.environment, r.connection from fairlead.renewal r join fairlead.scope s on s.id = r.scope,
  ${SERVER_NOW} where r.due_at <= now and r.until <= now order by r.due_at limit $2`;

export async function removeRenewal(sql: Sql, scopeId: number, connectionId: string): Promise<void> {
  await sql.run('delete from fairlead.renewal where scope = $1 and connection = $2', scopeId, connectionId);
}

export const renewals = { begin, settle, get };
