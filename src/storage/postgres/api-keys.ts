/** Verbs on keys of Fairlead's own. Only hashes come here. @module */
import type { ApiKeyRow, NewApiKey } from '../../core/api-key.js';
import { boundsOf, cursorOf, pageOf } from '../../core/page-cursor.js';
import type { Environment, Scope } from '../../core/scope.js';
import type { Page, PageRequest } from '../../core/store.js';
import type { Sql } from './database.js';
import type { Engine } from './engine.js';
import { SERVER_NOW } from './functions.js';

interface KeyColumns {
  seq: number;
  tenant: string;
  environment: Environment;
  id: string;
  hash: Uint8Array;
  facts: string;
  created_by: string;
  created_at: number;
  expires_at: number | null;
  revoked_at: number | null;
  used_at: number | null;
}

const SELECT = `select k.seq, s.tenant, s.environment, k.id, k.hash, k.facts, k.created_by, k.created_at, k.expires_at,
    k.revoked_at, k.used_at from fairlead.api_key k join fairlead.scope s on s.id = k.scope`;

function rowOf({ tenant, environment, id, hash, facts, ...columns }: KeyColumns): ApiKeyRow {
  const { created_by, created_at, expires_at, revoked_at, used_at } = columns;
  return {
    tenant,
    environment,
    id,
    hash,
    facts,
    createdBy: created_by,
    createdAtMs: created_at,
    ...(expires_at !== null && { expiresAtMs: expires_at }),
    ...(revoked_at !== null && { revokedAtMs: revoked_at }),
    ...(used_at !== null && { usedAtMs: used_at }),
  };
}

async function create(engine: Engine, scope: Scope, key: NewApiKey): Promise<'created' | 'exists'> {
  const scopeId = await engine.names.scopeId(scope);
  return (await insert(engine.database, engine.nowMs(), scopeId, key)) === 1 ? 'created' : 'exists';
}

function insert(sql: Sql, nowMs: number | null, scopeId: number, key: NewApiKey): Promise<number> {
  const { id, hash, facts, createdBy, lifeMs = null } = key;
  return sql.run(INSERT, nowMs, scopeId, id, hash, facts, createdBy, lifeMs);
}

const INSERT = `insert into fairlead.api_key (scope, id, hash, facts, created_by, created_at, expires_at)
  select $2::integer, $3::text, $4::bytea, $5::text, $6::text, now, now + $7::bigint from ${SERVER_NOW}
  on conflict do nothing`;

async function get(engine: Engine, scope: Scope, id: string): Promise<ApiKeyRow | undefined> {
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return undefined;
  const row = await engine.database.one<KeyColumns>(`${SELECT} where k.scope = $1 and k.id = $2`, scopeId, id);
  return row && rowOf(row);
}

/** The key of this hash, whatever its state. */
export async function apiKey(engine: Engine, hash: Uint8Array): Promise<ApiKeyRow | undefined> {
  const row = await engine.database.one<KeyColumns>(`${SELECT} where k.hash = $1`, hash);
  return row && rowOf(row);
}

async function list(engine: Engine, scope: Scope, page: PageRequest): Promise<Page<ApiKeyRow>> {
  const { limit, after, newestFirst } = boundsOf(page, 1);
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return { rows: [] };
  const edge = after?.[0] ?? (newestFirst ? Number.MAX_SAFE_INTEGER : 0);
  const found = await engine.database.all<KeyColumns>(newestFirst ? NEWEST : OLDEST, scopeId, edge, limit + 1);
  return pageOf(found, limit, rowOf, ({ seq }) => cursorOf(seq));
}

const NEWEST = `${SELECT} where k.scope = $1 and k.seq < $2 order by k.seq desc limit $3`;
const OLDEST = `${SELECT} where k.scope = $1 and k.seq > $2 order by k.seq limit $3`;

async function revoke(engine: Engine, scope: Scope, id: string): Promise<'revoked' | 'not_found'> {
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return 'not_found';
  return (await engine.database.run(REVOKE, engine.nowMs(), scopeId, id)) === 1 ? 'revoked' : 'not_found';
}

const REVOKE = `update fairlead.api_key set revoked_at = coalesce(revoked_at, now) from ${SERVER_NOW}
  where scope = $2::integer and id = $3::text`;

async function rotate(
  engine: Engine,
  scope: Scope,
  id: string,
  next: NewApiKey,
  overlapMs: number,
): Promise<'rotated' | 'not_found'> {
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return 'not_found';
  const nowMs = engine.nowMs();
  return engine.database.transaction(async (sql) => {
    if ((await sql.run(SHORTEN, nowMs, scopeId, id, overlapMs)) === 0) return 'not_found';
    await insert(sql, nowMs, scopeId, next);
    return 'rotated';
  });
}

const SHORTEN = `update fairlead.api_key set expires_at = least(expires_at, now + $4::bigint) from ${SERVER_NOW}
  where scope = $2::integer and id = $3::text and revoked_at is null and (expires_at is null or expires_at > now)`;

async function used(engine: Engine, scope: Scope, id: string): Promise<void> {
  const scopeId = await engine.names.findScope(scope);
  if (scopeId !== undefined) await engine.database.run(USED, engine.nowMs(), scopeId, id);
}

const USED = `update fairlead.api_key set used_at = now from ${SERVER_NOW} where scope = $2::integer and id = $3::text`;

export const apiKeys = { create, get, list, revoke, rotate, used };
