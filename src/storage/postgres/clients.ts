/** Verbs on programs that an operator made known. @module */
import type { ClientRow, NewClient } from '../../core/grant.js';
import type { Scope } from '../../core/scope.js';
import type { Engine } from './engine.js';
import { SERVER_NOW } from './functions.js';
import { revokeGrants } from './grants.js';

interface ClientColumns {
  id: string;
  name: string;
  redirect_uris: string;
  created_by: string;
  created_at: number;
}

const SELECT = `select id, name, redirect_uris, created_by, created_at from fairlead.client
  where scope = $1 and deleted_at is null`;

function rowOf({ id, name, redirect_uris, created_by: createdBy, created_at: createdAtMs }: ClientColumns): ClientRow {
  return { id, name, redirectUris: JSON.parse(redirect_uris) as string[], createdBy, createdAtMs };
}

async function create(engine: Engine, scope: Scope, client: NewClient): Promise<'created' | 'exists'> {
  const { id, name, redirectUris, createdBy } = client;
  const scopeId = await engine.names.scopeId(scope);
  const values = [scopeId, id, name, JSON.stringify(redirectUris), createdBy] as const;
  return (await engine.database.run(INSERT, engine.nowMs(), ...values)) === 1 ? 'created' : 'exists';
}

const INSERT = `insert into fairlead.client (scope, id, name, redirect_uris, created_by, created_at)
  select $2::integer, $3::text, $4::text, $5::text, $6::text, now from ${SERVER_NOW} on conflict do nothing`;

async function get(engine: Engine, scope: Scope, id: string): Promise<ClientRow | undefined> {
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return undefined;
  const row = await engine.database.one<ClientColumns>(`${SELECT} and id = $2`, scopeId, id);
  return row && rowOf(row);
}

async function list(engine: Engine, scope: Scope): Promise<ClientRow[]> {
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return [];
  return (await engine.database.all<ClientColumns>(`${SELECT} order by seq limit 1000`, scopeId)).map(rowOf);
}

async function remove(engine: Engine, scope: Scope, id: string): Promise<'deleted' | 'not_found'> {
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return 'not_found';
  const nowMs = engine.nowMs();
  return engine.database.transaction(async (sql) => {
    if ((await sql.run(DELETE, nowMs, scopeId, id)) === 0) return 'not_found';
    await revokeGrants(sql, nowMs, scopeId, 'client', id);
    return 'deleted';
  });
}

const DELETE = `update fairlead.client set deleted_at = now from ${SERVER_NOW}
  where scope = $2::integer and id = $3::text and deleted_at is null`;

export const clients = { create, get, list, delete: remove };
