/** Verbs on what people let programs do, and on the sessions of those programs. Only hashes of codes come here. @module */
import type { GrantedSession, GrantRow, GrantScope, GrantTerms, NewClientSession, NewGrant } from '../../core/grant.js';
import { boundsOf, cursorOf, pageOf } from '../../core/page-cursor.js';
import type { Environment, Scope } from '../../core/scope.js';
import type { Page, PageRequest } from '../../core/store.js';
import type { Engine } from './engine.js';
import { sessions } from './sessions.js';

interface GrantColumns {
  seq: number;
  tenant: string;
  id: string;
  person: string;
  client: string;
  clientName: string;
  redirectUri: string;
  resource: string;
  scopes: string;
  environment: Environment;
  createdAtMs: number;
  revokedAtMs: number | null;
}

const SELECT = `select seq, tenant, g.id as id, person, client, client_name as clientName, redirect_uri as redirectUri,
    resource, scopes, g.environment as environment, created_at as createdAtMs, revoked_at as revokedAtMs
  from access_grant g join scope on scope.id = g.scope`;

function rowOf({ seq: _seq, scopes, revokedAtMs, ...rest }: GrantColumns): GrantRow {
  const granted = scopes.split(' ') as GrantScope[];
  return { ...rest, scopes: granted, ...(revokedAtMs !== null && { revokedAtMs }) };
}

function keep(engine: Engine, scope: Scope, grant: NewGrant): GrantRow {
  const known = find(engine, scope, grant);
  if (known !== undefined) return known;
  const { id, person, client, clientName, redirectUri, resource, scopes, environment } = grant;
  const values = [person, client, clientName, redirectUri, resource, scopes.join(' '), environment] as const;
  engine.sql.run(INSERT, engine.names.scopeId(scope), id, ...values, engine.nowMs);
  return find(engine, scope, grant)!;
}

const INSERT = `insert into access_grant
  (scope, id, person, client, client_name, redirect_uri, resource, scopes, environment, created_at)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

function find(engine: Engine, scope: Scope, terms: GrantTerms): GrantRow | undefined {
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return undefined;
  const { person, client, redirectUri, resource, scopes, environment } = terms;
  const values = [person, client, redirectUri, resource, scopes.join(' '), environment] as const;
  const row = engine.sql.one<GrantColumns>(ON_TERMS, scopeId, ...values);
  return row && rowOf(row);
}

const ON_TERMS = `${SELECT} where g.scope = ? and person = ? and client = ? and redirect_uri = ? and resource = ?
  and scopes = ? and g.environment = ? and revoked_at is null`;

function get(engine: Engine, scope: Scope, id: string): GrantRow | undefined {
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return undefined;
  const row = engine.sql.one<GrantColumns>(`${SELECT} where g.scope = ? and g.id = ?`, scopeId, id);
  return row && rowOf(row);
}

function list(engine: Engine, scope: Scope, { person }: { person?: string }, page: PageRequest): Page<GrantRow> {
  const { limit, after, newestFirst } = boundsOf(page, 1);
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return { rows: [] };
  const edge = after?.[0] ?? (newestFirst ? Number.MAX_SAFE_INTEGER : 0);
  const whose = person ?? null;
  const found = engine.sql.all<GrantColumns>(newestFirst ? NEWEST : OLDEST, scopeId, whose, whose, edge, limit + 1);
  return pageOf(found, limit, rowOf, ({ seq }) => cursorOf(seq));
}

const OF_PERSON = `${SELECT} where g.scope = ? and (? is null or person = ?)`;
const NEWEST = `${OF_PERSON} and seq < ? order by seq desc limit ?`;
const OLDEST = `${OF_PERSON} and seq > ? order by seq limit ?`;

function revoke(engine: Engine, scope: Scope, id: string): 'revoked' | 'not_found' {
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined || get(engine, scope, id) === undefined) return 'not_found';
  revokeGrants(engine, scopeId, 'id = ?', id);
  return 'revoked';
}

/** Those of a scope that a condition names, with their sessions. */
export function revokeGrants(
  { sql, nowMs }: Engine,
  scopeId: number,
  where: 'id = ?' | 'client = ?',
  of: string,
): void {
  sql.run(
    `update session set ended_at = coalesce(ended_at, ?) where scope = ?
    and access_grant in (select id from access_grant where scope = ? and ${where})`,
    nowMs,
    scopeId,
    scopeId,
    of,
  );
  sql.run(
    `update access_grant set revoked_at = coalesce(revoked_at, ?) where scope = ? and ${where}`,
    nowMs,
    scopeId,
    of,
  );
}

function begin(engine: Engine, scope: Scope, grant: string, session: NewClientSession): 'begun' | 'not_found' {
  const known = get(engine, scope, grant);
  if (known === undefined || known.revokedAtMs !== undefined) return 'not_found';
  const { id, hash, bound, codeTtlMs, ttlMs, idleMs } = session;
  const { sql, nowMs } = engine;
  const scopeId = engine.names.scopeId(scope);
  sql.run(BEGIN, scopeId, id, known.person, nowMs, nowMs + ttlMs, idleMs, nowMs + codeTtlMs, grant, bound);
  sql.run(`insert into session_token (hash, scope, session, spent) values (?, ?, ?, 0)`, hash, scopeId, id);
  return 'begun';
}

const BEGIN = `insert into session
  (scope, id, person, kind, created_at, expires_at, idle_ms, idle_at, access_grant, bound)
  values (?, ?, ?, 'client', ?, ?, ?, ?, ?, ?)`;

function session(engine: Engine, scope: Scope, id: string): GrantedSession | undefined {
  const open = sessions.get(engine, scope, id);
  const scopeId = engine.names.findScope(scope);
  if (open?.kind !== 'client' || scopeId === undefined) return undefined;
  const { grant: name, bound } = engine.sql.one<{ grant: string; bound: string }>(BOUND, scopeId, id)!;
  const grant = get(engine, scope, name);
  return grant === undefined || grant.revokedAtMs !== undefined ? undefined : { session: open, grant, bound };
}

const BOUND = `select access_grant as "grant", bound from session where scope = ? and id = ?`;

export const grants = { keep, find, get, list, revoke, begin, session };
