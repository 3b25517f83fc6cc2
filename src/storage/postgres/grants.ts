/** Verbs on what people let programs do, and on the sessions of those programs. Only hashes of codes come here. @module */
import type { GrantedSession, GrantRow, GrantScope, GrantTerms, NewClientSession, NewGrant } from '../../core/grant.js';
import { boundsOf, cursorOf, pageOf } from '../../core/page-cursor.js';
import type { Environment, Scope } from '../../core/scope.js';
import type { Page, PageRequest } from '../../core/store.js';
import type { Sql } from './database.js';
import type { Engine } from './engine.js';
import { SERVER_NOW } from './functions.js';
import { sessions } from './sessions.js';

interface GrantColumns {
  seq: number;
  tenant: string;
  id: string;
  person: string;
  client: string;
  client_name: string;
  redirect_uri: string;
  resource: string;
  scopes: string;
  environment: Environment;
  created_at: number;
  revoked_at: number | null;
}

const SELECT = `select g.seq, w.tenant, g.id, g.person, g.client, g.client_name, g.redirect_uri, g.resource, g.scopes,
    g.environment, g.created_at, g.revoked_at
  from fairlead.access_grant g join fairlead.scope w on w.id = g.scope`;

function rowOf({
  seq: _seq,
  client_name,
  redirect_uri,
  scopes,
  created_at,
  revoked_at,
  ...rest
}: GrantColumns): GrantRow {
  return {
    ...rest,
    clientName: client_name,
    redirectUri: redirect_uri,
    scopes: scopes.split(' ') as GrantScope[],
    createdAtMs: created_at,
    ...(revoked_at !== null && { revokedAtMs: revoked_at }),
  };
}

async function keep(engine: Engine, scope: Scope, grant: NewGrant): Promise<GrantRow> {
  const { id, person, client, clientName, redirectUri, resource, scopes, environment } = grant;
  const scopeId = await engine.names.scopeId(scope);
  const values = [person, client, clientName, redirectUri, resource, scopes.join(' '), environment] as const;
  // Of two that agree at once, one row stays, and both have it.
  await engine.database.run(INSERT, engine.nowMs(), scopeId, id, ...values);
  const kept = (await find(engine, scope, grant)) ?? (await get(engine, scope, id));
  return kept ?? (await keep(engine, scope, grant));
}

const INSERT = `insert into fairlead.access_grant
    (scope, id, person, client, client_name, redirect_uri, resource, scopes, environment, created_at)
  select $2::integer, $3::text, $4::text, $5::text, $6::text, $7::text, $8::text, $9::text, $10::text, now
  from ${SERVER_NOW} on conflict do nothing`;

async function find(engine: Engine, scope: Scope, terms: GrantTerms): Promise<GrantRow | undefined> {
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return undefined;
  const { person, client, redirectUri, resource, scopes, environment } = terms;
  const values = [person, client, redirectUri, resource, scopes.join(' '), environment] as const;
  const row = await engine.database.one<GrantColumns>(ON_TERMS, scopeId, ...values);
  return row && rowOf(row);
}

const ON_TERMS = `${SELECT} where g.scope = $1 and g.person = $2 and g.client = $3 and g.redirect_uri = $4
  and g.resource = $5 and g.scopes = $6 and g.environment = $7 and g.revoked_at is null`;

async function get(engine: Engine, scope: Scope, id: string): Promise<GrantRow | undefined> {
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return undefined;
  const row = await engine.database.one<GrantColumns>(`${SELECT} where g.scope = $1 and g.id = $2`, scopeId, id);
  return row && rowOf(row);
}

async function list(
  engine: Engine,
  scope: Scope,
  { person }: { person?: string },
  page: PageRequest,
): Promise<Page<GrantRow>> {
  const { limit, after, newestFirst } = boundsOf(page, 1);
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return { rows: [] };
  const edge = after?.[0] ?? (newestFirst ? Number.MAX_SAFE_INTEGER : 0);
  const sql = newestFirst ? NEWEST : OLDEST;
  const found = await engine.database.all<GrantColumns>(sql, scopeId, person ?? null, edge, limit + 1);
  return pageOf(found, limit, rowOf, ({ seq }) => cursorOf(seq));
}

const OF_PERSON = `${SELECT} where g.scope = $1 and ($2::text is null or g.person = $2::text)`;
const NEWEST = `${OF_PERSON} and g.seq < $3 order by g.seq desc limit $4`;
const OLDEST = `${OF_PERSON} and g.seq > $3 order by g.seq limit $4`;

async function revoke(engine: Engine, scope: Scope, id: string): Promise<'revoked' | 'not_found'> {
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined || (await get(engine, scope, id)) === undefined) return 'not_found';
  const nowMs = engine.nowMs();
  await engine.database.transaction((sql) => revokeGrants(sql, nowMs, scopeId, 'id', id));
  return 'revoked';
}

/** Those of a scope that a column names, with their sessions. The grants first: whoever begins a session looks there. */
export async function revokeGrants(
  sql: Sql,
  nowMs: number | null,
  scopeId: number,
  column: 'id' | 'client',
  of: string,
): Promise<void> {
  await sql.run(
    `update fairlead.access_grant set revoked_at = coalesce(revoked_at, now) from ${SERVER_NOW}
      where scope = $2::integer and ${column} = $3::text`,
    nowMs,
    scopeId,
    of,
  );
  await sql.run(
    `update fairlead.session set ended_at = now from ${SERVER_NOW} where scope = $2::integer and ended_at is null
      and access_grant in (select id from fairlead.access_grant where scope = $2::integer and ${column} = $3::text)`,
    nowMs,
    scopeId,
    of,
  );
}

async function begin(
  engine: Engine,
  scope: Scope,
  grant: string,
  session: NewClientSession,
): Promise<'begun' | 'not_found'> {
  const { id, hash, bound, codeTtlMs, ttlMs, idleMs } = session;
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return 'not_found';
  const values = [scopeId, id, grant, ttlMs, idleMs, codeTtlMs, bound, hash] as const;
  const nowMs = engine.nowMs();
  return engine.database.transaction(async (sql) => {
    // Locked, so that a revocation comes before this, or after it and finds the session.
    const open = await sql.one(OPEN_GRANT, scopeId, grant);
    if (open === undefined) return 'not_found';
    return (await sql.run(BEGIN, nowMs, ...values)) === 1 ? 'begun' : 'not_found';
  });
}

const OPEN_GRANT = `select id from fairlead.access_grant where scope = $1 and id = $2 and revoked_at is null for update`;
const BEGIN = `with begun as (
    insert into fairlead.session
      (scope, id, person, kind, created_at, expires_at, idle_ms, idle_at, access_grant, bound)
    select g.scope, $3::text, g.person, 'client', now, now + $5::bigint, $6::bigint, now + $7::bigint, g.id, $8::text
    from fairlead.access_grant g, ${SERVER_NOW} where g.scope = $2::integer and g.id = $4::text returning scope, id)
  insert into fairlead.session_token (hash, scope, session, spent) select $9::bytea, scope, id, false from begun`;

async function session(engine: Engine, scope: Scope, id: string): Promise<GrantedSession | undefined> {
  const open = await sessions.get(engine, scope, id);
  const scopeId = await engine.names.findScope(scope);
  if (open?.kind !== 'client' || scopeId === undefined) return undefined;
  const row = await engine.database.one<GrantColumns & { bound: string }>(GRANTED, scopeId, id);
  if (row === undefined) return undefined;
  const { bound, ...columns } = row;
  return { session: open, grant: rowOf(columns), bound };
}

const GRANTED = `${SELECT.replace('g.revoked_at', 'g.revoked_at, s.bound')}
  join fairlead.session s on s.scope = g.scope and s.access_grant = g.id
  where s.scope = $1 and s.id = $2 and g.revoked_at is null`;

export const grants = { keep, find, get, list, revoke, begin, session };
