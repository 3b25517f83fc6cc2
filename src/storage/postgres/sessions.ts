/** Verbs on sessions of people. Only hashes of tokens come here. @module */
import {
  SESSION_NOTED_EVERY_MS,
  type NewSession,
  type SessionKind,
  type SessionRotation,
  type SessionRow,
} from '../../core/people.js';
import type { Environment, Scope } from '../../core/scope.js';
import type { Engine } from './engine.js';
import { SERVER_NOW } from './functions.js';

interface SessionColumns {
  scope: number;
  tenant: string;
  environment: Environment;
  id: string;
  person: string;
  kind: SessionKind;
  created_at: number;
  expires_at: number;
}

const COLUMNS = `s.scope, w.tenant, w.environment, s.id, s.person, s.kind, s.created_at, s.expires_at`;
const OPEN = `s.ended_at is null and s.expires_at > now and s.idle_at > now`;

function rowOf({ created_at, expires_at, scope: _scope, ...rest }: SessionColumns): SessionRow {
  return { ...rest, createdAtMs: created_at, expiresAtMs: expires_at };
}

async function begin(engine: Engine, scope: Scope, session: NewSession): Promise<'begun' | 'exists'> {
  const { id, person, kind, hash, ttlMs, idleMs } = session;
  const scopeId = await engine.names.scopeId(scope);
  const values = [scopeId, id, person, kind, ttlMs, idleMs, hash] as const;
  return (await engine.database.run(INSERT, engine.nowMs(), ...values)) === 1 ? 'begun' : 'exists';
}

const INSERT = `with begun as (
    insert into fairlead.session (scope, id, person, kind, created_at, expires_at, idle_ms, idle_at)
    select $2::integer, $3::text, $4::text, $5::text, now, now + $6::bigint, $7::bigint, now + $7::bigint
    from ${SERVER_NOW} on conflict do nothing returning scope, id)
  insert into fairlead.session_token (hash, scope, session, spent) select $8::bytea, scope, id, false from begun`;

async function get(engine: Engine, scope: Scope, id: string): Promise<SessionRow | undefined> {
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return undefined;
  const row = await engine.database.one<SessionColumns>(GET, engine.nowMs(), scopeId, id);
  return row && rowOf(row);
}

const GET = `select ${COLUMNS} from fairlead.session s join fairlead.scope w on w.id = s.scope, ${SERVER_NOW}
  where s.scope = $2::integer and s.id = $3::text and ${OPEN}`;

/** The open session of a token of a cookie. */
export async function session(engine: Engine, hash: Uint8Array): Promise<SessionRow | undefined> {
  const nowMs = engine.nowMs();
  const row = await engine.database.one<SessionColumns & { is_due: boolean }>(OF_COOKIE, nowMs, hash);
  if (row === undefined) return undefined;
  const { is_due, ...rest } = row;
  if (is_due) await engine.database.run(NOTE, nowMs, row.scope, row.id);
  return rowOf(rest);
}

const OF_COOKIE = `select ${COLUMNS}, now + s.idle_ms - s.idle_at >= ${SESSION_NOTED_EVERY_MS} as is_due
  from fairlead.session_token t join fairlead.session s on s.scope = t.scope and s.id = t.session
    join fairlead.scope w on w.id = s.scope, ${SERVER_NOW}
  where t.hash = $2::bytea and s.kind = 'cookie' and ${OPEN}`;

const NOTE = `update fairlead.session set idle_at = now + idle_ms from ${SERVER_NOW}
  where scope = $2::integer and id = $3::text`;

export async function rotateSession(
  engine: Engine,
  hash: Uint8Array,
  next: Uint8Array,
  kind: 'tokens' | 'client' = 'tokens',
): Promise<SessionRotation | undefined> {
  const nowMs = engine.nowMs();
  return engine.database.transaction(async (sql) => {
    // Locked, so that of two with one token the second sees what the first did.
    const row = await sql.one<SessionColumns & { spent: boolean }>(OF_TOKEN, nowMs, hash, kind);
    if (row === undefined) return undefined;
    const { spent, ...rest } = row;
    if (spent) {
      await sql.run(END, nowMs, row.scope, row.id);
      return { kind: 'reused', person: row.person, session: row.id };
    }
    await sql.run('update fairlead.session_token set spent = true where hash = $1', hash);
    await sql.run(NEXT, next, row.scope, row.id);
    await sql.run(NOTE, nowMs, row.scope, row.id);
    return { kind: 'rotated', row: rowOf(rest) };
  });
}

const OF_TOKEN = `select ${COLUMNS}, t.spent
  from fairlead.session_token t join fairlead.session s on s.scope = t.scope and s.id = t.session
    join fairlead.scope w on w.id = s.scope, ${SERVER_NOW}
  where t.hash = $2::bytea and s.kind = $3::text and ${OPEN} for update of t, s`;
const NEXT = `insert into fairlead.session_token (hash, scope, session, spent)
  values ($1::bytea, $2::integer, $3::text, false)`;

const END = `update fairlead.session set ended_at = now from ${SERVER_NOW}
  where scope = $2::integer and id = $3::text and ended_at is null`;

async function end(engine: Engine, scope: Scope, id: string): Promise<void> {
  const scopeId = await engine.names.findScope(scope);
  if (scopeId !== undefined) await engine.database.run(END, engine.nowMs(), scopeId, id);
}

async function endAll(engine: Engine, scope: Scope, person: string): Promise<number> {
  const scopeId = await engine.names.findScope(scope);
  return scopeId === undefined ? 0 : await engine.database.run(END_ALL, engine.nowMs(), scopeId, person);
}

export const END_ALL = `update fairlead.session set ended_at = now from ${SERVER_NOW}
  where scope = $2::integer and person = $3::text and ended_at is null`;

/** Sessions whose time is over, with their tokens. */
export async function pruneSessions({ database }: Engine, nowMs: number, limit: number): Promise<number> {
  return (await database.one<{ count: number }>(PRUNE, nowMs, limit))!.count;
}

const PRUNE = `with over as (delete from fairlead.session where (scope, id) in
    (select scope, id from fairlead.session where expires_at <= $1::bigint order by expires_at limit $2)
    returning scope, id),
  gone as (delete from fairlead.session_token t using over where t.scope = over.scope and t.session = over.id returning 1)
  select (select count(*) from over)::bigint as count, (select count(*) from gone)::bigint as tokens`;

export const sessions = { begin, get, end, endAll };
