/** Verbs on people who sign in. @module */
import { boundsOf, cursorOf, pageOf } from '../../core/page-cursor.js';
import type { IdentityRow, NewIdentity, NewPerson, PersonRow, Role } from '../../core/people.js';
import type { Environment, Scope } from '../../core/scope.js';
import type { Page, PageRequest } from '../../core/store.js';
import type { Engine } from './engine.js';
import { endAll } from './sessions.js';

interface PersonColumns {
  seq: number;
  tenant: string;
  environment: Environment;
  id: string;
  email: string | null;
  verified: number;
  role: Role | null;
  facts: string;
  createdAtMs: number;
}

const SELECT = `select seq, tenant, environment, person.id as id, email, verified, role, facts, created_at as createdAtMs
  from person join scope on scope.id = person.scope`;

function rowOf({ tenant, environment, id, email, verified, role, facts, createdAtMs }: PersonColumns): PersonRow {
  return {
    tenant,
    environment,
    id,
    isVerified: verified === 1,
    facts,
    createdAtMs,
    ...(email !== null && { email }),
    ...(role !== null && { role }),
  };
}

function one(engine: Engine, scope: Scope, where: string, ...values: string[]): PersonRow | undefined {
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return undefined;
  const row = engine.sql.one<PersonColumns>(`${SELECT} where person.scope = ? and ${where}`, scopeId, ...values);
  return row && rowOf(row);
}

const get = (engine: Engine, scope: Scope, id: string): PersonRow | undefined => one(engine, scope, BY_ID, id);
const BY_ID = 'person.id = ?';

function ofIdentity(engine: Engine, scope: Scope, iss: string, sub: string): PersonRow | undefined {
  return one(engine, scope, BY_IDENTITY, iss, sub);
}

const BY_IDENTITY = `person.id =
  (select person from identity where identity.scope = person.scope and iss = ? and sub = ?)`;

function ofEmail(engine: Engine, scope: Scope, email: string): PersonRow | undefined {
  return one(engine, scope, 'email = ? and verified = 1', email);
}

function add(
  engine: Engine,
  scope: Scope,
  { id, email, isVerified, facts }: NewPerson,
  identity: NewIdentity,
): 'added' | 'identity_taken' | 'email_taken' {
  const { sql, nowMs } = engine;
  const scopeId = engine.names.scopeId(scope);
  if (ofIdentity(engine, scope, identity.iss, identity.sub) !== undefined) return 'identity_taken';
  if (isVerified && email !== undefined) {
    if (ofEmail(engine, scope, email) !== undefined) return 'email_taken';
    for (const claim of sql.all<{ id: string }>(CLAIMS, scopeId, email)) endAll(engine, scope, claim.id);
  }
  sql.run(INSERT, scopeId, id, email ?? null, isVerified ? 1 : 0, facts, nowMs);
  insertIdentity(engine, scopeId, id, identity);
  return 'added';
}

/** Those who only claim an address lose it to whoever holds it. */
const CLAIMS = `update person set email = null where scope = ? and email = ? and verified = 0 returning id`;
const INSERT = `insert into person (scope, id, email, verified, facts, created_at) values (?, ?, ?, ?, ?, ?)`;

function insertIdentity(engine: Engine, scopeId: number, person: string, identity: NewIdentity): void {
  const { iss, sub, provider, email = null } = identity;
  engine.sql.run(INSERT_IDENTITY, scopeId, iss, sub, person, provider, email, engine.nowMs);
}

const INSERT_IDENTITY = `insert into identity (scope, iss, sub, person, provider, email, created_at)
  values (?, ?, ?, ?, ?, ?, ?)`;

function link(
  engine: Engine,
  scope: Scope,
  id: string,
  identity: NewIdentity,
): 'linked' | 'identity_taken' | 'not_found' {
  if (get(engine, scope, id) === undefined) return 'not_found';
  const owner = ofIdentity(engine, scope, identity.iss, identity.sub);
  if (owner !== undefined) return owner.id === id ? 'linked' : 'identity_taken';
  insertIdentity(engine, engine.names.scopeId(scope), id, identity);
  return 'linked';
}

interface IdentityColumns extends Omit<IdentityRow, 'email'> {
  email: string | null;
}

function identities(engine: Engine, scope: Scope, id: string): IdentityRow[] {
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return [];
  return engine.sql
    .all<IdentityColumns>(IDENTITIES, scopeId, id)
    .map(({ email, ...rest }) => ({ ...rest, ...(email !== null && { email }) }));
}

const IDENTITIES = `select iss, sub, provider, email, created_at as createdAtMs from identity
  where scope = ? and person = ? order by created_at, iss, sub`;

function list(engine: Engine, scope: Scope, page: PageRequest): Page<PersonRow> {
  const { limit, after, newestFirst } = boundsOf(page, 1);
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return { rows: [] };
  const edge = after?.[0] ?? (newestFirst ? Number.MAX_SAFE_INTEGER : 0);
  const found = engine.sql.all<PersonColumns>(newestFirst ? NEWEST : OLDEST, scopeId, edge, limit + 1);
  return pageOf(found, limit, rowOf, ({ seq }) => cursorOf(seq));
}

const NEWEST = `${SELECT} where person.scope = ? and seq < ? order by seq desc limit ?`;
const OLDEST = `${SELECT} where person.scope = ? and seq > ? order by seq limit ?`;

function setRole(engine: Engine, scope: Scope, id: string, role: Role | undefined): 'set' | 'not_found' {
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return 'not_found';
  const changed = engine.sql.run('update person set role = ? where scope = ? and id = ?', role ?? null, scopeId, id);
  if (changed === 0) return 'not_found';
  endAll(engine, scope, id);
  return 'set';
}

function firstAdmin(engine: Engine, scope: Scope, id: string): 'set' | 'there_is_one' | 'not_found' {
  if (get(engine, scope, id) === undefined) return 'not_found';
  const isThere = engine.sql.one(ADMIN, engine.names.scopeId(scope)) !== undefined;
  return isThere ? 'there_is_one' : setRole(engine, scope, id, 'admin');
}

const ADMIN = `select 1 from person where scope = ? and role = 'admin' limit 1`;

function remove(engine: Engine, scope: Scope, id: string): 'removed' | 'not_found' {
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return 'not_found';
  endAll(engine, scope, id);
  engine.sql.run('delete from identity where scope = ? and person = ?', scopeId, id);
  engine.sql.run('delete from access_grant where scope = ? and person = ?', scopeId, id);
  return engine.sql.run('delete from person where scope = ? and id = ?', scopeId, id) === 1 ? 'removed' : 'not_found';
}

export const people = { add, get, ofIdentity, ofEmail, link, identities, list, setRole, firstAdmin, remove };
