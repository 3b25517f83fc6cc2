/** Verbs on keys of Fairlead's own. Only hashes come here. @module */
import type { ApiKeyRow, NewApiKey } from '../../core/api-key.js';
import { boundsOf, cursorOf, pageOf } from '../../core/page-cursor.js';
import type { Environment, Scope } from '../../core/scope.js';
import type { Page, PageRequest } from '../../core/store.js';
import type { Engine } from './engine.js';

interface KeyColumns {
  seq: number;
  tenant: string;
  environment: Environment;
  id: string;
  hash: Uint8Array;
  facts: string;
  createdBy: string;
  createdAtMs: number;
  expiresAtMs: number | null;
  revokedAtMs: number | null;
  usedAtMs: number | null;
}

const SELECT = `select seq, tenant, environment, api_key.id as id, hash, facts, created_by as createdBy,
    created_at as createdAtMs, expires_at as expiresAtMs, revoked_at as revokedAtMs, used_at as usedAtMs
  from api_key join scope on scope.id = api_key.scope`;

function rowOf({ seq: _seq, expiresAtMs, revokedAtMs, usedAtMs, ...rest }: KeyColumns): ApiKeyRow {
  return {
    ...rest,
    ...(expiresAtMs !== null && { expiresAtMs }),
    ...(revokedAtMs !== null && { revokedAtMs }),
    ...(usedAtMs !== null && { usedAtMs }),
  };
}

function create(engine: Engine, scope: Scope, key: NewApiKey): 'created' | 'exists' {
  const { id, hash, facts, createdBy, lifeMs } = key;
  const { sql, nowMs } = engine;
  const scopeId = engine.names.scopeId(scope);
  const expiresAtMs = lifeMs === undefined ? null : nowMs + lifeMs;
  return sql.run(INSERT, scopeId, id, hash, facts, createdBy, nowMs, expiresAtMs) === 1 ? 'created' : 'exists';
}

const INSERT = `insert or ignore into api_key (scope, id, hash, facts, created_by, created_at, expires_at)
  values (?, ?, ?, ?, ?, ?, ?)`;

function get(engine: Engine, scope: Scope, id: string): ApiKeyRow | undefined {
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return undefined;
  const row = engine.sql.one<KeyColumns>(`${SELECT} where api_key.scope = ? and api_key.id = ?`, scopeId, id);
  return row && rowOf(row);
}

/** The key of this hash, whatever its state. */
export function apiKey(engine: Engine, hash: Uint8Array): ApiKeyRow | undefined {
  const row = engine.sql.one<KeyColumns>(`${SELECT} where hash = ?`, hash);
  return row && rowOf(row);
}

function list(engine: Engine, scope: Scope, page: PageRequest): Page<ApiKeyRow> {
  const { limit, after, newestFirst } = boundsOf(page, 1);
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return { rows: [] };
  const edge = after?.[0] ?? (newestFirst ? Number.MAX_SAFE_INTEGER : 0);
  const found = engine.sql.all<KeyColumns>(newestFirst ? NEWEST : OLDEST, scopeId, edge, limit + 1);
  return pageOf(found, limit, rowOf, ({ seq }) => cursorOf(seq));
}

const NEWEST = `${SELECT} where api_key.scope = ? and seq < ? order by seq desc limit ?`;
const OLDEST = `${SELECT} where api_key.scope = ? and seq > ? order by seq limit ?`;

function revoke(engine: Engine, scope: Scope, id: string): 'revoked' | 'not_found' {
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return 'not_found';
  return engine.sql.run(REVOKE, engine.nowMs, scopeId, id) === 1 ? 'revoked' : 'not_found';
}

const REVOKE = `update api_key set revoked_at = coalesce(revoked_at, ?) where scope = ? and id = ?`;

function rotate(engine: Engine, scope: Scope, id: string, next: NewApiKey, overlapMs: number): 'rotated' | 'not_found' {
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return 'not_found';
  const { sql, nowMs } = engine;
  if (sql.run(SHORTEN, nowMs + overlapMs, nowMs + overlapMs, scopeId, id, nowMs) === 0) return 'not_found';
  create(engine, scope, next);
  return 'rotated';
}

const SHORTEN = `update api_key set expires_at = min(coalesce(expires_at, ?), ?)
  where scope = ? and id = ? and revoked_at is null and coalesce(expires_at, 9e15) > ?`;

function used(engine: Engine, scope: Scope, id: string): void {
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return;
  engine.sql.run('update api_key set used_at = ? where scope = ? and id = ?', engine.nowMs, scopeId, id);
}

export const apiKeys = { create, get, list, revoke, rotate, used };
