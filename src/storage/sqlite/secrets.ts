/** Verbs on sealed values. Only ciphertext comes here. @module */
import { boundsOf, cursorOf, pageOf } from '../../core/page-cursor.js';
import type { Scope } from '../../core/scope.js';
import type { NewSecret, SecretKind, SecretPut, SecretRow, SecretSummary } from '../../core/secret.js';
import type { Page, PageRequest } from '../../core/store.js';
import type { Engine } from './engine.js';

function put(engine: Engine, scope: Scope, kind: SecretKind, secret: NewSecret): SecretPut {
  const { id, name, sealed, facts, expectedVersion } = secret;
  const { sql, nowMs } = engine;
  const scopeId = engine.names.scopeId(scope);
  const there = sql.one<{ id: string; version: number }>(VERSION, scopeId, kind, name);
  const version = expectedVersion + 1;
  if (there === undefined) {
    if (expectedVersion !== 0) return { kind: 'conflict', version: 0 };
    sql.run(INSERT, scopeId, kind, name, id, version, sealed, facts, nowMs, nowMs);
    return { kind: 'stored', version };
  }
  if (there.version !== expectedVersion || there.id !== id) return { kind: 'conflict', version: there.version };
  sql.run(UPDATE, version, sealed, facts, nowMs, scopeId, kind, name);
  return { kind: 'stored', version };
}

const VERSION = `select id, version from secret where scope = ? and kind = ? and name = ?`;
const INSERT = `insert into secret (scope, kind, name, id, version, sealed, facts, created_at, updated_at)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const UPDATE = `update secret set version = ?, sealed = ?, facts = ?, updated_at = ?
  where scope = ? and kind = ? and name = ?`;

function get(engine: Engine, scope: Scope, kind: SecretKind, name: string): SecretRow | undefined {
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return undefined;
  const row = engine.sql.one<SecretRow>(GET, scopeId, kind, name);
  return row && { ...row };
}

const SUMMARY = `id, kind, name, version, facts, created_at as createdAtMs, updated_at as updatedAtMs`;
const GET = `select ${SUMMARY}, sealed from secret where scope = ? and kind = ? and name = ?`;

export function removeSecret(engine: Engine, scope: Scope, kind: SecretKind, name: string): boolean {
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return false;
  return engine.sql.run('delete from secret where scope = ? and kind = ? and name = ?', scopeId, kind, name) === 1;
}

function list(engine: Engine, scope: Scope, kind: SecretKind, page: PageRequest): Page<SecretSummary> {
  const { limit, after, newestFirst } = boundsOf(page, 1);
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return { rows: [] };
  const edge = after?.[0] ?? (newestFirst ? Number.MAX_SAFE_INTEGER : 0);
  const found = engine.sql.all<SecretSummary & { seq: number }>(
    newestFirst ? NEWEST : OLDEST,
    scopeId,
    kind,
    edge,
    limit + 1,
  );
  return pageOf(
    found,
    limit,
    ({ seq: _seq, ...summary }) => summary,
    ({ seq }) => cursorOf(seq),
  );
}

const NEWEST = `select seq, ${SUMMARY} from secret where scope = ? and kind = ? and seq < ? order by seq desc limit ?`;
const OLDEST = `select seq, ${SUMMARY} from secret where scope = ? and kind = ? and seq > ? order by seq limit ?`;

export const secrets = { put, get, delete: removeSecret, list };
export { put as putSecret };
