/** Verbs on people who sign in. @module */
import { boundsOf, cursorOf, pageOf } from '../../core/page-cursor.js';
import type { IdentityRow, NewIdentity, NewPerson, PersonRow, Role } from '../../core/people.js';
import type { Environment, Scope } from '../../core/scope.js';
import type { Page, PageRequest } from '../../core/store.js';
import type { Sql } from './database.js';
import type { Engine } from './engine.js';
import { SERVER_NOW } from './functions.js';
import { END_ALL } from './sessions.js';

interface PersonColumns {
  seq: number;
  tenant: string;
  environment: Environment;
  id: string;
  email: string | null;
  verified: boolean;
  role: Role | null;
  facts: string;
  created_at: number;
}

const SELECT = `select p.seq, s.tenant, s.environment, p.id, p.email, p.verified, p.role, p.facts, p.created_at
  from fairlead.person p join fairlead.scope s on s.id = p.scope`;

function rowOf({ tenant, environment, id, email, verified, role, facts, created_at }: PersonColumns): PersonRow {
  return {
    tenant,
    environment,
    id,
    isVerified: verified,
    facts,
    createdAtMs: created_at,
    ...(email !== null && { email }),
    ...(role !== null && { role }),
  };
}

async function one(engine: Engine, scope: Scope, where: string, ...values: string[]): Promise<PersonRow | undefined> {
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return undefined;
  const sql = `${SELECT} where p.scope = $1 and ${where}`;
  const row = await engine.database.one<PersonColumns>(sql, scopeId, ...values);
  return row && rowOf(row);
}

const get = (engine: Engine, scope: Scope, id: string) => one(engine, scope, 'p.id = $2', id);

const ofIdentity = (engine: Engine, scope: Scope, iss: string, sub: string) =>
  one(engine, scope, BY_IDENTITY, iss, sub);

const BY_IDENTITY = `p.id = (select i.person from fairlead.identity i where i.scope = $1 and i.iss = $2 and i.sub = $3)`;

const ofEmail = (engine: Engine, scope: Scope, email: string) =>
  one(engine, scope, 'p.email = $2 and p.verified', email);

async function add(
  engine: Engine,
  scope: Scope,
  { id, email, isVerified, facts }: NewPerson,
  identity: NewIdentity,
): Promise<'added' | 'identity_taken' | 'email_taken'> {
  const scopeId = await engine.names.scopeId(scope);
  const nowMs = engine.nowMs();
  return engine.database.transaction(async (sql) => {
    if ((await insertIdentity(sql, nowMs, scopeId, id, identity)) === 0) return 'identity_taken';
    const added = await sql.run(INSERT, nowMs, scopeId, id, email ?? null, isVerified, facts);
    if (added === 0) {
      await sql.run(DROP_IDENTITY, scopeId, identity.iss, identity.sub);
      return 'email_taken';
    }
    if (isVerified && email !== undefined) {
      const claims = await sql.all<{ id: string }>(CLAIMS, scopeId, email);
      for (const claim of claims) await sql.run(END_ALL, nowMs, scopeId, claim.id);
    }
    return 'added';
  });
}

/** Those who only claim an address lose it to whoever holds it. */
const CLAIMS = `update fairlead.person set email = null
  where scope = $1::integer and email = $2::text and not verified returning id`;
const INSERT = `insert into fairlead.person (scope, id, email, verified, facts, created_at)
  select $2::integer, $3::text, $4::text, $5::boolean, $6::text, now from ${SERVER_NOW} on conflict do nothing`;
const DROP_IDENTITY = `delete from fairlead.identity where scope = $1::integer and iss = $2::text and sub = $3::text`;

function insertIdentity(
  sql: Sql,
  nowMs: number | null,
  scopeId: number,
  person: string,
  { iss, sub, provider, email }: NewIdentity,
): Promise<number> {
  return sql.run(INSERT_IDENTITY, nowMs, scopeId, iss, sub, person, provider, email ?? null);
}

const INSERT_IDENTITY = `insert into fairlead.identity (scope, iss, sub, person, provider, email, created_at)
  select $2::integer, $3::text, $4::text, $5::text, $6::text, $7::text, now from ${SERVER_NOW} on conflict do nothing`;

async function link(
  engine: Engine,
  scope: Scope,
  id: string,
  identity: NewIdentity,
): Promise<'linked' | 'identity_taken' | 'not_found'> {
  if ((await get(engine, scope, id)) === undefined) return 'not_found';
  const scopeId = await engine.names.scopeId(scope);
  if ((await insertIdentity(engine.database, engine.nowMs(), scopeId, id, identity)) === 1) return 'linked';
  const owner = await ofIdentity(engine, scope, identity.iss, identity.sub);
  return owner?.id === id ? 'linked' : 'identity_taken';
}

interface IdentityColumns {
  iss: string;
  sub: string;
  provider: string;
  email: string | null;
  created_at: number;
}

async function identities(engine: Engine, scope: Scope, id: string): Promise<IdentityRow[]> {
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return [];
  const rows = await engine.database.all<IdentityColumns>(IDENTITIES, scopeId, id);
  return rows.map(({ email, created_at: createdAtMs, ...rest }) => ({
    ...rest,
    createdAtMs,
    ...(email !== null && { email }),
  }));
}

const IDENTITIES = `select iss, sub, provider, email, created_at from fairlead.identity
  where scope = $1 and person = $2 order by created_at, iss, sub`;

async function list(engine: Engine, scope: Scope, page: PageRequest): Promise<Page<PersonRow>> {
  const { limit, after, newestFirst } = boundsOf(page, 1);
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return { rows: [] };
  const edge = after?.[0] ?? (newestFirst ? Number.MAX_SAFE_INTEGER : 0);
  const found = await engine.database.all<PersonColumns>(newestFirst ? NEWEST : OLDEST, scopeId, edge, limit + 1);
  return pageOf(found, limit, rowOf, ({ seq }) => cursorOf(seq));
}

const NEWEST = `${SELECT} where p.scope = $1 and seq < $2 order by seq desc limit $3`;
const OLDEST = `${SELECT} where p.scope = $1 and seq > $2 order by seq limit $3`;

async function setRole(engine: Engine, scope: Scope, id: string, role: Role | undefined): Promise<'set' | 'not_found'> {
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return 'not_found';
  const nowMs = engine.nowMs();
  return engine.database.transaction(async (sql) => {
    if ((await sql.run(SET_ROLE, scopeId, id, role ?? null)) === 0) return 'not_found';
    await sql.run(END_ALL, nowMs, scopeId, id);
    return 'set';
  });
}

const SET_ROLE = `update fairlead.person set role = $3::text where scope = $1::integer and id = $2::text`;

async function firstAdmin(engine: Engine, scope: Scope, id: string): Promise<'set' | 'there_is_one' | 'not_found'> {
  if ((await get(engine, scope, id)) === undefined) return 'not_found';
  const scopeId = await engine.names.scopeId(scope);
  const nowMs = engine.nowMs();
  return engine.database.transaction(async (sql) => {
    // One after the other, or two that come at once would both see nobody.
    await sql.all('select id from fairlead.scope where id = $1 for update', scopeId);
    if ((await sql.run(SET_FIRST, scopeId, id)) === 0) return 'there_is_one';
    await sql.run(END_ALL, nowMs, scopeId, id);
    return 'set';
  });
}

const SET_FIRST = `update fairlead.person set role = 'admin' where scope = $1::integer and id = $2::text
  and not exists (select from fairlead.person other where other.scope = $1::integer and other.role = 'admin')`;

async function remove(engine: Engine, scope: Scope, id: string): Promise<'removed' | 'not_found'> {
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return 'not_found';
  const nowMs = engine.nowMs();
  return engine.database.transaction(async (sql) => {
    await sql.run(END_ALL, nowMs, scopeId, id);
    await sql.run('delete from fairlead.identity where scope = $1 and person = $2', scopeId, id);
    await sql.run('delete from fairlead.access_grant where scope = $1 and person = $2', scopeId, id);
    const gone = await sql.run('delete from fairlead.person where scope = $1 and id = $2', scopeId, id);
    return gone === 1 ? 'removed' : 'not_found';
  });
}

export const people = { add, get, ofIdentity, ofEmail, link, identities, list, setRole, firstAdmin, remove };
