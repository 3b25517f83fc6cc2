/** Verbs on connections. A connection and its credential come and go in one commit. @module */
import { boundsOf, cursorOf, pageOf } from '../../core/page-cursor.js';
import type { Scope } from '../../core/scope.js';
import type { NewSecret } from '../../core/secret.js';
import type { Page, PageRequest } from '../../core/store.js';
import type {
  ConnectionChange,
  ConnectionFilter,
  ConnectionRow,
  ConnectionState,
  NewConnection,
} from '../../core/stored-connection.js';
import type { Parameter } from './engine-binding.js';
import type { Engine } from './engine.js';
import { removeRenewal } from './renewals.js';
import { putSecret, removeSecret } from './secrets.js';

interface ConnectionColumns {
  seq: number;
  id: string;
  provider: string;
  user: string | null;
  state: ConnectionState;
  facts: string;
  version: number;
  createdAtMs: number;
  createdBy: string;
  updatedAtMs: number;
}

const COLUMNS = `seq, id, provider, user, state, facts, version, created_at as createdAtMs, created_by as createdBy,
  updated_at as updatedAtMs`;

function rowOf(scope: Scope, { seq: _seq, user, ...columns }: ConnectionColumns): ConnectionRow {
  const { tenant, environment } = scope;
  return { ...columns, tenant, environment, ...(user === null ? {} : { user }) };
}

function create(
  engine: Engine,
  scope: Scope,
  connection: NewConnection,
  credential: NewSecret | undefined,
): 'created' | 'exists' {
  const { id, provider, user = null, state, facts, createdBy } = connection;
  const { sql, nowMs } = engine;
  const scopeId = engine.names.scopeId(scope);
  if (sql.one(FIND, scopeId, id) !== undefined) return 'exists';
  if (credential !== undefined && putSecret(engine, scope, 'connection', credential).kind === 'conflict') {
    return 'exists';
  }
  sql.run(INSERT, scopeId, id, provider, user, state, facts, nowMs, createdBy, nowMs);
  return 'created';
}

const FIND = `select seq, version from connection where scope = ? and id = ?`;
const INSERT = `insert into connection
  (scope, id, provider, user, state, facts, version, created_at, created_by, updated_at)
  values (?, ?, ?, ?, ?, ?, 1, ?, ?, ?)`;

function get(engine: Engine, scope: Scope, id: string): ConnectionRow | undefined {
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return undefined;
  const row = engine.sql.one<ConnectionColumns>(
    `select ${COLUMNS} from connection where scope = ? and id = ?`,
    scopeId,
    id,
  );
  return row && rowOf(scope, row);
}

function list(engine: Engine, scope: Scope, filter: ConnectionFilter, page: PageRequest): Page<ConnectionRow> {
  const { limit, after, newestFirst } = boundsOf(page, 1);
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return { rows: [] };
  const terms: [sql: string, value: Parameter][] = [['scope = ?', scopeId]];
  if (filter.provider !== undefined) terms.push(['provider = ?', filter.provider]);
  if (filter.user !== undefined) terms.push(['user = ?', filter.user]);
  if (filter.usable === true) terms.push(['state <> ?', 'disconnected']);
  if (after !== undefined) terms.push([newestFirst ? 'seq < ?' : 'seq > ?', after[0]!]);
  const where = terms.map(([sql]) => sql).join(' and ');
  const order = newestFirst ? 'desc' : 'asc';
  const found = engine.sql.all<ConnectionColumns>(
    `select ${COLUMNS} from connection where ${where} order by seq ${order} limit ?`,
    ...terms.map(([, value]) => value),
    limit + 1,
  );
  return pageOf(
    found,
    limit,
    (row) => rowOf(scope, row),
    ({ seq }) => cursorOf(seq),
  );
}

function update(
  engine: Engine,
  scope: Scope,
  id: string,
  { expectedVersion, state, facts }: ConnectionChange,
): 'updated' | 'conflict' | 'not_found' {
  const found = find(engine, scope, id);
  if (found === undefined) return 'not_found';
  if (found.version !== expectedVersion) return 'conflict';
  engine.sql.run(UPDATE, state ?? null, facts ?? null, engine.nowMs, found.seq);
  return 'updated';
}

const UPDATE = `update connection set state = coalesce(?, state), facts = coalesce(?, facts), version = version + 1,
  updated_at = ? where seq = ?`;

function disconnect(engine: Engine, scope: Scope, id: string): 'disconnected' | 'not_found' {
  const found = find(engine, scope, id);
  if (found === undefined) return 'not_found';
  removeSecret(engine, scope, 'connection', id);
  removeRenewal(engine, engine.names.scopeId(scope), id);
  engine.sql.run(DISCONNECT, engine.nowMs, found.seq);
  return 'disconnected';
}

const DISCONNECT = `update connection set state = 'disconnected', version = version + 1, updated_at = ?
  where seq = ? and state <> 'disconnected'`;

function find(engine: Engine, scope: Scope, id: string): { seq: number; version: number } | undefined {
  const scopeId = engine.names.findScope(scope);
  return scopeId === undefined ? undefined : engine.sql.one<{ seq: number; version: number }>(FIND, scopeId, id);
}

export const connections = { create, get, list, update, disconnect };
