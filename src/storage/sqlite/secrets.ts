/** Verbs on sealed secrets. Only ciphertext comes here. @module */
import type { Scope } from '../../core/scope.js';
import type { Engine } from './engine.js';

function put(engine: Engine, scope: Scope, name: string, sealed: Uint8Array): void {
  engine.sql.run(PUT, engine.names.scopeId(scope), name, sealed, engine.nowMs);
}

const PUT = `insert or replace into secret (scope, name, sealed, updated_at) values (?, ?, ?, ?)`;

function get(engine: Engine, scope: Scope, name: string): Uint8Array | undefined {
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return undefined;
  return engine.sql.one<{ sealed: Uint8Array }>(GET, scopeId, name)?.sealed;
}

const GET = `select sealed from secret where scope = ? and name = ?`;

function remove(engine: Engine, scope: Scope, name: string): boolean {
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return false;
  return engine.sql.run('delete from secret where scope = ? and name = ?', scopeId, name) === 1;
}

function list(engine: Engine, scope: Scope): { name: string; updatedAtMs: number }[] {
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return [];
  const rows = engine.sql.all<{ name: string; updatedAtMs: number }>(LIST, scopeId);
  return rows.map(({ name, updatedAtMs }) => ({ name, updatedAtMs }));
}

const LIST = `select name, updated_at as updatedAtMs from secret where scope = ? order by name`;

export const secrets = { put, get, delete: remove, list };
