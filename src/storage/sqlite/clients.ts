/** Verbs on programs that an operator made known. @module */
import type { ClientRow, NewClient } from '../../core/grant.js';
import type { Scope } from '../../core/scope.js';
import type { Engine } from './engine.js';
import { revokeGrants } from './grants.js';

interface ClientColumns {
  id: string;
  name: string;
  redirectUris: string;
  createdBy: string;
  createdAtMs: number;
}

const SELECT = `select id, name, redirect_uris as redirectUris, created_by as createdBy, created_at as createdAtMs
  from client where scope = ? and deleted_at is null`;

const rowOf = ({ redirectUris, ...rest }: ClientColumns): ClientRow => ({
  ...rest,
  redirectUris: JSON.parse(redirectUris) as string[],
});

function create(engine: Engine, scope: Scope, { id, name, redirectUris, createdBy }: NewClient): 'created' | 'exists' {
  const { sql, nowMs } = engine;
  const scopeId = engine.names.scopeId(scope);
  const added = sql.run(INSERT, scopeId, id, name, JSON.stringify(redirectUris), createdBy, nowMs);
  return added === 1 ? 'created' : 'exists';
}

const INSERT = `insert or ignore into client (scope, id, name, redirect_uris, created_by, created_at)
  values (?, ?, ?, ?, ?, ?)`;

function get(engine: Engine, scope: Scope, id: string): ClientRow | undefined {
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return undefined;
  const row = engine.sql.one<ClientColumns>(`${SELECT} and id = ?`, scopeId, id);
  return row && rowOf(row);
}

function list(engine: Engine, scope: Scope): ClientRow[] {
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return [];
  return engine.sql.all<ClientColumns>(`${SELECT} order by seq limit 1000`, scopeId).map(rowOf);
}

function remove(engine: Engine, scope: Scope, id: string): 'deleted' | 'not_found' {
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined || engine.sql.run(DELETE, engine.nowMs, scopeId, id) === 0) return 'not_found';
  revokeGrants(engine, scopeId, 'client = ?', id);
  return 'deleted';
}

const DELETE = `update client set deleted_at = ? where scope = ? and id = ? and deleted_at is null`;

export const clients = { create, get, list, delete: remove };
