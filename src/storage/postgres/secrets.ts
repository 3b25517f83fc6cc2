/** Verbs on sealed values. Only ciphertext comes here. @module */
import { boundsOf, cursorOf, pageOf } from '../../core/page-cursor.js';
import type { Scope } from '../../core/scope.js';
import type { NewSecret, SecretKind, SecretPut, SecretRow, SecretSummary } from '../../core/secret.js';
import type { Page, PageRequest } from '../../core/store.js';
import type { Sql } from './database.js';
import type { Engine } from './engine.js';
import { SERVER_NOW } from './functions.js';

async function put(engine: Engine, scope: Scope, kind: SecretKind, secret: NewSecret): Promise<SecretPut> {
  return putSecret(engine.database, engine.nowMs(), await engine.names.scopeId(scope), kind, secret);
}

/** Of two that replace the same version, the second finds it replaced: each statement below is one of a kind. */
export async function putSecret(
  sql: Sql,
  nowMs: number | null,
  scopeId: number,
  kind: SecretKind,
  { id, name, sealed, facts, expectedVersion }: NewSecret,
): Promise<SecretPut> {
  const written =
    expectedVersion === 0
      ? await sql.run(INSERT, nowMs, scopeId, kind, name, id, sealed, facts)
      : await sql.run(UPDATE, nowMs, scopeId, kind, name, id, sealed, facts, expectedVersion);
  if (written === 1) return { kind: 'stored', version: expectedVersion + 1 };
  const there = await sql.one<{ version: number }>(VERSION, scopeId, kind, name);
  return { kind: 'conflict', version: there?.version ?? 0 };
}

const VERSION = `select version from fairlead.secret where scope = $1 and kind = $2 and name = $3`;
const INSERT = `insert into fairlead.secret (scope, kind, name, id, version, sealed, facts, created_at, updated_at)
  select $2::integer, $3::text, $4::text, $5::text, 1, $6::bytea, $7::text, now, now from ${SERVER_NOW}
  on conflict (scope, kind, name) do nothing`;
const UPDATE = `update fairlead.secret set version = version + 1, sealed = $6, facts = $7, updated_at = now from ${SERVER_NOW}
  where scope = $2 and kind = $3 and name = $4 and id = $5 and version = $8`;

interface SummaryColumns {
  seq: number;
  id: string;
  kind: SecretKind;
  name: string;
  version: number;
  facts: string;
  created_at: number;
  updated_at: number;
}

function summaryOf({ id, kind, name, version, facts, created_at, updated_at }: SummaryColumns): SecretSummary {
  return { id, kind, name, version, facts, createdAtMs: created_at, updatedAtMs: updated_at };
}

async function get(engine: Engine, scope: Scope, kind: SecretKind, name: string): Promise<SecretRow | undefined> {
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return undefined;
  const row = await engine.database.one<SummaryColumns & { sealed: Uint8Array }>(GET, scopeId, kind, name);
  return row && { ...summaryOf(row), sealed: row.sealed };
}

const SUMMARY = `seq, id, kind, name, version, facts, created_at, updated_at`;
const GET = `select ${SUMMARY}, sealed from fairlead.secret where scope = $1 and kind = $2 and name = $3`;

async function remove(engine: Engine, scope: Scope, kind: SecretKind, name: string): Promise<boolean> {
  const scopeId = await engine.names.findScope(scope);
  return scopeId !== undefined && (await removeSecret(engine.database, scopeId, kind, name));
}

export async function removeSecret(sql: Sql, scopeId: number, kind: SecretKind, name: string): Promise<boolean> {
  return (await sql.run(DELETE, scopeId, kind, name)) === 1;
}

const DELETE = 'delete from fairlead.secret where scope = $1 and kind = $2 and name = $3';

async function list(engine: Engine, scope: Scope, kind: SecretKind, page: PageRequest): Promise<Page<SecretSummary>> {
  const { limit, after, newestFirst } = boundsOf(page, 1);
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return { rows: [] };
  const edge = after?.[0] ?? (newestFirst ? Number.MAX_SAFE_INTEGER : 0);
  const sql = newestFirst ? NEWEST : OLDEST;
  const found = await engine.database.all<SummaryColumns>(sql, scopeId, kind, edge, limit + 1);
  return pageOf(found, limit, summaryOf, ({ seq }) => cursorOf(seq));
}

const LIST = `select ${SUMMARY} from fairlead.secret where scope = $1 and kind = $2`;
const NEWEST = `${LIST} and seq < $3 order by seq desc limit $4`;
const OLDEST = `${LIST} and seq > $3 order by seq limit $4`;

export const secrets = { put, get, delete: remove, list };
