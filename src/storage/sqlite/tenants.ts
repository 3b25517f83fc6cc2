/** Verbs on tenants. @module */
import type { TenantRow } from '../../core/people.js';
import type { Engine } from './engine.js';

interface TenantColumns extends Omit<TenantRow, 'deletedAtMs'> {
  deletedAtMs: number | null;
}

const SELECT = `select name, created_by as createdBy, created_at as createdAtMs, deleted_at as deletedAtMs from tenant`;

function rowOf({ deletedAtMs, ...rest }: TenantColumns): TenantRow {
  return { ...rest, ...(deletedAtMs !== null && { deletedAtMs }) };
}

function create({ sql, nowMs }: Engine, name: string, by: string): 'created' | 'exists' {
  return sql.run(INSERT, name, by, nowMs) === 1 ? 'created' : 'exists';
}

const INSERT = `insert or ignore into tenant (name, created_by, created_at) values (?, ?, ?)`;

function get({ sql }: Engine, name: string): TenantRow | undefined {
  const row = sql.one<TenantColumns>(`${SELECT} where name = ?`, name);
  return row && rowOf(row);
}

const list = ({ sql }: Engine): TenantRow[] => sql.all<TenantColumns>(`${SELECT} order by name`).map(rowOf);

function remove({ sql, nowMs }: Engine, name: string): 'deleted' | 'not_found' {
  const found = sql.run('update tenant set deleted_at = coalesce(deleted_at, ?) where name = ?', nowMs, name);
  if (found === 0) return 'not_found';
  sql.run(`update api_key set revoked_at = coalesce(revoked_at, ?) where scope in (${SCOPES})`, nowMs, name);
  sql.run(`update session set ended_at = coalesce(ended_at, ?) where scope in (${SCOPES})`, nowMs, name);
  sql.run(`delete from ticket where scope in (${SCOPES})`, name);
  return 'deleted';
}

const SCOPES = 'select id from scope where tenant = ?';

export const tenants = { create, get, list, delete: remove };
