/** Verbs on sessions of people. Only hashes of tokens come here. @module */
import {
  SESSION_NOTED_EVERY_MS,
  type NewSession,
  type SessionKind,
  type SessionRotation,
  type SessionRow,
} from '../../core/people.js';
import type { Scope } from '../../core/scope.js';
import type { Engine } from './engine.js';

interface SessionColumns {
  scope: number;
  id: string;
  person: string;
  kind: SessionKind;
  createdAtMs: number;
  expiresAtMs: number;
  idleMs: number;
  idleAtMs: number;
  endedAtMs: number | null;
}

const COLUMNS = `session.scope as scope, session.id as id, person, kind, created_at as createdAtMs,
  expires_at as expiresAtMs, idle_ms as idleMs, idle_at as idleAtMs, ended_at as endedAtMs`;

function rowOf(engine: Engine, { scope, id, person, kind, createdAtMs, expiresAtMs }: SessionColumns): SessionRow {
  const { tenant, environment } = engine.names.scopeOf(scope);
  return { tenant, environment, id, person, kind, createdAtMs, expiresAtMs };
}

const isOpen = ({ expiresAtMs, idleAtMs, endedAtMs }: SessionColumns, nowMs: number): boolean =>
  endedAtMs === null && expiresAtMs > nowMs && idleAtMs > nowMs;

function begin(engine: Engine, scope: Scope, session: NewSession): 'begun' | 'exists' {
  const { id, person, kind, hash, ttlMs, idleMs } = session;
  const { sql, nowMs } = engine;
  const scopeId = engine.names.scopeId(scope);
  const added = sql.run(INSERT, scopeId, id, person, kind, nowMs, nowMs + ttlMs, idleMs, nowMs + idleMs);
  if (added === 0) return 'exists';
  sql.run(INSERT_TOKEN, hash, scopeId, id);
  return 'begun';
}

const INSERT = `insert or ignore into session
  (scope, id, person, kind, created_at, expires_at, idle_ms, idle_at) values (?, ?, ?, ?, ?, ?, ?, ?)`;
const INSERT_TOKEN = `insert into session_token (hash, scope, session, spent) values (?, ?, ?, 0)`;

function get(engine: Engine, scope: Scope, id: string): SessionRow | undefined {
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return undefined;
  const row = engine.sql.one<SessionColumns>(`select ${COLUMNS} from session where scope = ? and id = ?`, scopeId, id);
  return row !== undefined && isOpen(row, engine.nowMs) ? rowOf(engine, row) : undefined;
}

const OF_TOKEN = `select ${COLUMNS}, spent from session_token
  join session on session.scope = session_token.scope and session.id = session_token.session where hash = ?`;

/** The open session of a token of a cookie. */
export function session(engine: Engine, hash: Uint8Array): SessionRow | undefined {
  const row = engine.sql.one<SessionColumns>(OF_TOKEN, hash);
  if (row === undefined || row.kind !== 'cookie' || !isOpen(row, engine.nowMs)) return undefined;
  note(engine, row);
  return rowOf(engine, row);
}

function note({ sql, nowMs }: Engine, { scope, id, idleMs, idleAtMs }: SessionColumns): void {
  const next = nowMs + idleMs;
  if (next - idleAtMs < SESSION_NOTED_EVERY_MS) return;
  sql.run('update session set idle_at = ? where scope = ? and id = ?', next, scope, id);
}

export function rotateSession(
  engine: Engine,
  hash: Uint8Array,
  next: Uint8Array,
  kind: 'tokens' | 'client' = 'tokens',
): SessionRotation | undefined {
  const { sql, nowMs } = engine;
  const row = sql.one<SessionColumns & { spent: number }>(OF_TOKEN, hash);
  if (row === undefined || row.kind !== kind || !isOpen(row, nowMs)) return undefined;
  if (row.spent === 1) {
    sql.run(END, nowMs, row.scope, row.id);
    return { kind: 'reused', person: row.person, session: row.id };
  }
  sql.run('update session_token set spent = 1 where hash = ?', hash);
  sql.run(INSERT_TOKEN, next, row.scope, row.id);
  sql.run('update session set idle_at = ? where scope = ? and id = ?', nowMs + row.idleMs, row.scope, row.id);
  return { kind: 'rotated', row: rowOf(engine, row) };
}

const END = `update session set ended_at = ? where scope = ? and id = ? and ended_at is null`;

function end(engine: Engine, scope: Scope, id: string): void {
  const scopeId = engine.names.findScope(scope);
  if (scopeId !== undefined) engine.sql.run(END, engine.nowMs, scopeId, id);
}

export function endAll(engine: Engine, scope: Scope, person: string): number {
  const scopeId = engine.names.findScope(scope);
  return scopeId === undefined ? 0 : engine.sql.run(END_ALL, engine.nowMs, scopeId, person);
}

const END_ALL = `update session set ended_at = ? where scope = ? and person = ? and ended_at is null`;

/** Sessions whose time is over, with their tokens. */
export function pruneSessions({ sql, nowMs }: Engine, limit: number): number {
  const over = sql.all<{ scope: number; id: string }>(OVER, nowMs, limit);
  for (const { scope, id } of over) sql.run('delete from session_token where scope = ? and session = ?', scope, id);
  return over.length;
}

const OVER = `delete from session where (scope, id) in
  (select scope, id from session where expires_at <= ? order by expires_at limit ?) returning scope, id`;

export const sessions = { begin, get, end, endAll };
