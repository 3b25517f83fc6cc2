/** Verbs on the renewal of credentials: a lease with a fence, and what came of the last one. @module */
import type { DueRenewal, RenewalBeginning, RenewalRow, RenewalSettlement } from '../../core/renewal.js';
import type { Scope } from '../../core/scope.js';
import type { Engine } from './engine.js';
import { putSecret } from './secrets.js';

interface RenewalColumns {
  fence: number;
  until: number;
  failures: number;
  dueAtMs: number | null;
  problem: string | null;
}

const FIND = `select fence, until, failures, due_at as dueAtMs, problem from renewal where scope = ? and connection = ?`;

function begin(engine: Engine, scope: Scope, connectionId: string, leaseMs: number): RenewalBeginning {
  const { sql, nowMs } = engine;
  const scopeId = engine.names.scopeId(scope);
  const there = sql.one<RenewalColumns>(FIND, scopeId, connectionId);
  if (there === undefined) {
    sql.run(INSERT, scopeId, connectionId, 1, nowMs + leaseMs, 0, null, null);
    return { kind: 'begun', fence: 1, failures: 0, interrupted: false };
  }
  if (there.until > nowMs) return { kind: 'held', remainingMs: there.until - nowMs };
  const fence = there.fence + 1;
  sql.run(TAKE, fence, nowMs + leaseMs, scopeId, connectionId);
  // Who ends it sets `until` to 0: a time that has passed means that nobody did.
  return { kind: 'begun', fence, failures: there.failures, interrupted: there.until > 0 };
}

const INSERT = `insert into renewal (scope, connection, fence, until, failures, due_at, problem) values (?, ?, ?, ?, ?, ?, ?)`;
const TAKE = `update renewal set fence = ?, until = ? where scope = ? and connection = ?`;

function settle(
  engine: Engine,
  scope: Scope,
  connectionId: string,
  settlement: RenewalSettlement,
): 'settled' | 'conflict' {
  const { fence, credential, dueInMs, failed, problem = null, state } = settlement;
  const { sql, nowMs } = engine;
  const scopeId = engine.names.scopeId(scope);
  const there = sql.one<RenewalColumns>(FIND, scopeId, connectionId);
  const isOurs = fence === undefined || there?.fence === fence;
  if (credential === undefined && !isOurs) return 'conflict';
  if (credential !== undefined && putSecret(engine, scope, 'connection', credential).kind === 'conflict') {
    return 'conflict';
  }
  const dueAtMs = dueInMs === undefined ? null : nowMs + dueInMs;
  const failures = failed === true ? (there?.failures ?? 0) + 1 : 0;
  if (there === undefined) sql.run(INSERT, scopeId, connectionId, 0, 0, failures, dueAtMs, problem);
  else {
    const until = fence !== undefined && isOurs ? 0 : there.until;
    sql.run(SETTLE, until, failures, dueAtMs, problem, scopeId, connectionId);
  }
  if (state !== undefined) sql.run(STATE, state, nowMs, scopeId, connectionId, state);
  return 'settled';
}

const SETTLE = `update renewal set until = ?, failures = ?, due_at = ?, problem = ? where scope = ? and connection = ?`;
const STATE = `update connection set state = ?, version = version + 1, updated_at = ?
  where scope = ? and id = ? and state not in ('disconnected', ?)`;

function get(engine: Engine, scope: Scope, connectionId: string): RenewalRow | undefined {
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return undefined;
  const row = engine.sql.one<RenewalColumns>(FIND, scopeId, connectionId);
  if (row === undefined) return undefined;
  const { failures, dueAtMs, problem } = row;
  return { failures, ...(dueAtMs === null ? {} : { dueAtMs }), ...(problem === null ? {} : { problem }) };
}

export function dueRenewals(engine: Engine, limit: number): DueRenewal[] {
  const { nowMs } = engine;
  const rows = engine.sql.all<{ scope: number; connectionId: string }>(DUE, nowMs, nowMs, limit);
  return rows.map(({ scope, connectionId }) => {
    const { tenant, environment } = engine.names.scopeOf(scope);
    return { tenant, environment, connectionId };
  });
}

const DUE = `select scope, connection as connectionId from renewal
  where due_at <= ? and until <= ? order by due_at limit ?`;

export function removeRenewal(engine: Engine, scopeId: number, connectionId: string): void {
  engine.sql.run('delete from renewal where scope = ? and connection = ?', scopeId, connectionId);
}

export const renewals = { begin, settle, get };
