/** Verbs on tenants. @module */
import type { TenantRow } from '../../core/people.js';
import type { Engine } from './engine.js';
import { SERVER_NOW } from './functions.js';

interface TenantColumns {
  name: string;
  created_by: string;
  created_at: number;
  deleted_at: number | null;
}

const SELECT = `select name, created_by, created_at, deleted_at from fairlead.tenant`;

function rowOf({ name, created_by, created_at, deleted_at }: TenantColumns): TenantRow {
  const row = { name, createdBy: created_by, createdAtMs: created_at };
  return { ...row, ...(deleted_at !== null && { deletedAtMs: deleted_at }) };
}

async function create(engine: Engine, name: string, by: string): Promise<'created' | 'exists'> {
  return (await engine.database.run(INSERT, engine.nowMs(), name, by)) === 1 ? 'created' : 'exists';
}

const INSERT = `insert into fairlead.tenant (name, created_by, created_at)
  select $2::text, $3::text, now from ${SERVER_NOW} on conflict do nothing`;

async function get({ database }: Engine, name: string): Promise<TenantRow | undefined> {
  const row = await database.one<TenantColumns>(`${SELECT} where name = $1`, name);
  return row && rowOf(row);
}

async function list({ database }: Engine): Promise<TenantRow[]> {
  return (await database.all<TenantColumns>(`${SELECT} order by name collate "C"`)).map(rowOf);
}

async function remove(engine: Engine, name: string): Promise<'deleted' | 'not_found'> {
  const nowMs = engine.nowMs();
  return engine.database.transaction(async (sql) => {
    if ((await sql.run(DELETE, nowMs, name)) === 0) return 'not_found';
    await sql.run(REVOKE, nowMs, name);
    await sql.run(END, nowMs, name);
    await sql.run(FORGET, name);
    return 'deleted';
  });
}

const DELETE = `update fairlead.tenant set deleted_at = coalesce(deleted_at, now) from ${SERVER_NOW}
  where name = $2::text`;
const SCOPES = `(select id from fairlead.scope where tenant = $2::text)`;
const REVOKE = `update fairlead.api_key set revoked_at = coalesce(revoked_at, now) from ${SERVER_NOW}
  where scope in ${SCOPES}`;
const FORGET = `delete from fairlead.ticket where scope in (select id from fairlead.scope where tenant = $1::text)`;
const END = `update fairlead.session set ended_at = coalesce(ended_at, now) from ${SERVER_NOW} where scope in ${SCOPES}`;

export const tenants = { create, get, list, delete: remove };
