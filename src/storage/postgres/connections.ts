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
import { Conditions, type Engine } from './engine.js';
import { SERVER_NOW } from './functions.js';
import { removeRenewal } from './renewals.js';
import { putSecret, removeSecret } from './secrets.js';

interface ConnectionColumns {
  seq: number;
  id: string;
  provider: string;
  person: string | null;
  state: ConnectionState;
  facts: string;
  version: number;
  created_at: number;
  created_by: string;
  updated_at: number;
}

const COLUMNS = `seq, id, provider, person, state, facts, version, created_at, created_by, updated_at`;

function rowOf({ tenant, environment }: Scope, row: ConnectionColumns): ConnectionRow {
  const { id, provider, person, state, facts, version } = row;
  const times = { createdAtMs: row.created_at, createdBy: row.created_by, updatedAtMs: row.updated_at };
  return {
    id,
    provider,
    state,
    facts,
    version,
    ...times,
    tenant,
    environment,
    ...(person === null ? {} : { user: person }),
  };
}

async function create(
  engine: Engine,
  scope: Scope,
  connection: NewConnection,
  credential: NewSecret | undefined,
): Promise<'created' | 'exists'> {
  const { id, provider, user = null, state, facts, createdBy } = connection;
  const nowMs = engine.nowMs();
  const scopeId = await engine.names.scopeId(scope);
  return engine.database.transaction(async (sql) => {
    const added = await sql.run(INSERT, nowMs, scopeId, id, provider, user, state, facts, createdBy);
    if (added === 0) return 'exists';
    if (credential === undefined) return 'created';
    const { kind } = await putSecret(sql, nowMs, scopeId, 'connection', credential);
    if (kind === 'stored') return 'created';
    await sql.run('delete from fairlead.connection where scope = $1 and id = $2', scopeId, id);
    return 'exists';
  });
}

const INSERT = `insert into fairlead.connection
  (scope, id, provider, person, state, facts, version, created_at, created_by, updated_at)
  select $2::integer, $3::text, $4::text, $5::text, $6::text, $7::text, 1, now, $8::text, now from ${SERVER_NOW}
  on conflict (scope, id) do nothing`;

async function get(engine: Engine, scope: Scope, id: string): Promise<ConnectionRow | undefined> {
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return undefined;
  const sql = `select ${COLUMNS} from fairlead.connection where scope = $1 and id = $2`;
  const row = await engine.database.one<ConnectionColumns>(sql, scopeId, id);
  return row && rowOf(scope, row);
}

async function list(
  engine: Engine,
  scope: Scope,
  filter: ConnectionFilter,
  page: PageRequest,
): Promise<Page<ConnectionRow>> {
  const { limit, after, newestFirst } = boundsOf(page, 1);
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return { rows: [] };
  const conditions = new Conditions();
  conditions.add('scope = ?', scopeId);
  conditions.equal('provider', filter.provider);
  conditions.equal('person', filter.user);
  if (filter.usable === true) conditions.add(`state <> 'disconnected'`);
  if (after !== undefined) conditions.add(newestFirst ? 'seq < ?' : 'seq > ?', after[0]!);
  const sql = `select ${COLUMNS} from fairlead.connection ${conditions.where}
    order by seq ${newestFirst ? 'desc' : 'asc'} limit ${conditions.place(limit + 1)}`;
  const found = await engine.database.all<ConnectionColumns>(sql, ...conditions.parameters);
  return pageOf(
    found,
    limit,
    (row) => rowOf(scope, row),
    ({ seq }) => cursorOf(seq),
  );
}

async function update(
  engine: Engine,
  scope: Scope,
  id: string,
  { expectedVersion, state, facts }: ConnectionChange,
): Promise<'updated' | 'conflict' | 'not_found'> {
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return 'not_found';
  const { database } = engine;
  const changed = await database.run(
    UPDATE,
    engine.nowMs(),
    scopeId,
    id,
    expectedVersion,
    state ?? null,
    facts ?? null,
  );
  if (changed === 1) return 'updated';
  return (await database.one(EXISTS, scopeId, id)) === undefined ? 'not_found' : 'conflict';
}

const EXISTS = 'select seq from fairlead.connection where scope = $1 and id = $2';
const UPDATE = `update fairlead.connection set state = coalesce($5::text, state), facts = coalesce($6::text, facts),
    version = version + 1, updated_at = now from ${SERVER_NOW}
  where scope = $2::integer and id = $3::text and version = $4::integer`;

async function disconnect(engine: Engine, scope: Scope, id: string): Promise<'disconnected' | 'not_found'> {
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return 'not_found';
  return engine.database.transaction(async (sql) => {
    if ((await sql.one(`${EXISTS} for update`, scopeId, id)) === undefined) return 'not_found';
    await removeSecret(sql, scopeId, 'connection', id);
    await removeRenewal(sql, scopeId, id);
    await sql.run(DISCONNECT, engine.nowMs(), scopeId, id);
    return 'disconnected';
  });
}

const DISCONNECT = `update fairlead.connection set state = 'disconnected', version = version + 1, updated_at = now
  from ${SERVER_NOW} where scope = $2::integer and id = $3::text and state <> 'disconnected'`;

export const connections = { create, get, list, update, disconnect };
