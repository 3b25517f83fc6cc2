/** Verbs on sources, and the version by which the intake sees that something changed. @module */
import type { Scope } from '../../core/scope.js';
import type { NewSource, SourceRow, SourceSecret } from '../../core/source.js';
import type { Sql } from './database.js';
import type { Engine } from './engine.js';
import { SERVER_NOW } from './functions.js';

async function create(engine: Engine, scope: Scope, source: NewSource): Promise<'created' | 'path_taken'> {
  const scopeId = await engine.names.scopeId(scope);
  return engine.database.transaction(async (sql) => {
    const added = await sql.one<{ seq: number }>(
      INSERT,
      scopeId,
      source.id,
      source.provider,
      source.path,
      source.scheme ?? null,
      source.unsignedReason ?? null,
      source.refusalStatus ?? null,
      source.bodyLimitBytes ?? null,
      source.toleranceSeconds ?? null,
      source.publicUrl ?? null,
      source.pairingUntilMs ?? null,
      source.createdAtMs,
      source.createdBy,
    );
    if (added === undefined) return 'path_taken';
    for (const [ordinal, secret] of source.secrets.entries()) await addSecret(sql, added.seq, ordinal, secret);
    await raiseVersion(sql);
    return 'created';
  });
}

const INSERT = `insert into fairlead.source (scope, id, provider, path, scheme, unsigned_reason, refusal_status,
    body_limit_bytes, tolerance_seconds, public_url, pairing_until, created_at, created_by)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
  on conflict (path) where deleted_at is null do nothing returning seq`;

async function addSecret(sql: Sql, source: number, ordinal: number, secret: SourceSecret): Promise<void> {
  await sql.run(
    ADD_SECRET,
    source,
    ordinal,
    secret.id,
    secret.sealed ?? null,
    secret.reference ?? null,
    secret.createdAtMs,
    secret.createdBy,
    secret.expiresAtMs ?? null,
  );
}

const ADD_SECRET = `insert into fairlead.source_secret
  (source, ordinal, id, sealed, reference, created_at, created_by, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8)`;

async function get(engine: Engine, scope: Scope, id: string): Promise<SourceRow | undefined> {
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return undefined;
  const sql = `${SELECT} and source.scope = $1 and source.id = $2`;
  const row = await engine.database.one<SourceColumns>(sql, scopeId, id);
  return row && rowOf(row);
}

async function list(engine: Engine, scope: Scope): Promise<SourceRow[]> {
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return [];
  const sql = `${SELECT} and source.scope = $1 order by source.seq`;
  return (await engine.database.all<SourceColumns>(sql, scopeId)).map(rowOf);
}

async function rotateSecret(
  engine: Engine,
  scope: Scope,
  id: string,
  secret: SourceSecret,
  overlapMs: number,
): Promise<'rotated' | 'not_found'> {
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return 'not_found';
  return engine.database.transaction(async (sql) => {
    const seq = await findSeq(sql, scopeId, id);
    if (seq === undefined) return 'not_found';
    await sql.run(EXPIRE, engine.nowMs(), overlapMs, seq);
    const { next } = (await sql.one<{ next: number }>(NEXT_ORDINAL, seq))!;
    await addSecret(sql, seq, next, secret);
    await raiseVersion(sql);
    return 'rotated';
  });
}

const EXPIRE = `update fairlead.source_secret set expires_at = least(expires_at, now + $2::bigint) from ${SERVER_NOW}
  where source = $3`;
const NEXT_ORDINAL = `select coalesce(max(ordinal), -1) + 1 as next from fairlead.source_secret where source = $1`;

async function remove(engine: Engine, scope: Scope, id: string): Promise<'deleted' | 'not_found'> {
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return 'not_found';
  return engine.database.transaction(async (sql) => {
    const seq = await findSeq(sql, scopeId, id);
    if (seq === undefined) return 'not_found';
    await sql.run(DELETE, engine.nowMs(), seq);
    await sql.run('delete from fairlead.source_secret where source = $1', seq);
    await raiseVersion(sql);
    return 'deleted';
  });
}

const DELETE = `update fairlead.source set deleted_at = now from ${SERVER_NOW} where seq = $2`;

/** Locks the source, so that two changes of its secrets come one after the other. */
async function findSeq(sql: Sql, scopeId: number, id: string): Promise<number | undefined> {
  const find = 'select seq from fairlead.source where deleted_at is null and scope = $1 and id = $2 for update';
  return (await sql.one<{ seq: number }>(find, scopeId, id))?.seq;
}

/** The version is read first: sources that are newer than their version are only read once more. */
export async function allSources(engine: Engine): Promise<{ version: number; sources: SourceRow[] }> {
  const version = await sourcesVersion(engine);
  return { version, sources: (await engine.database.all<SourceColumns>(`${SELECT} order by source.seq`)).map(rowOf) };
}

export async function sourcesVersion({ database }: Engine): Promise<number> {
  const row = await database.one<{ value: number }>(`select value from fairlead.meta where name = 'sources'`);
  return row?.value ?? 0;
}

async function raiseVersion(sql: Sql): Promise<void> {
  await sql.run(`insert into fairlead.meta as m (name, value) values ('sources', 1)
    on conflict (name) do update set value = m.value + 1`);
}

interface SourceColumns {
  tenant: string;
  environment: string;
  id: string;
  provider: string;
  path: string;
  scheme: string | null;
  unsigned_reason: string | null;
  refusal_status: number | null;
  body_limit_bytes: number | null;
  tolerance_seconds: number | null;
  public_url: string | null;
  pairing_until: number | null;
  created_at: number;
  created_by: string;
  /** JSON; bytes are hexadecimal. */
  secrets: string;
}

type SecretTuple = readonly [
  id: string,
  sealed: string | null,
  reference: string | null,
  createdAtMs: number,
  createdBy: string,
  expiresAtMs: number | null,
];

// Secrets oldest first, as they were added.
const SELECT = `select scope.tenant, scope.environment, source.*,
    (select coalesce(json_agg(json_build_array(secret.id, encode(sealed, 'hex'), reference, secret.created_at,
        secret.created_by, expires_at) order by ordinal), '[]')::text
      from fairlead.source_secret as secret where secret.source = source.seq) as secrets
  from fairlead.source join fairlead.scope on scope.id = source.scope where deleted_at is null`;

function rowOf(row: SourceColumns): SourceRow {
  return present<SourceRow>({
    id: row.id,
    provider: row.provider,
    path: row.path,
    scheme: row.scheme,
    unsignedReason: row.unsigned_reason,
    refusalStatus: row.refusal_status,
    bodyLimitBytes: row.body_limit_bytes,
    toleranceSeconds: row.tolerance_seconds,
    publicUrl: row.public_url,
    pairingUntilMs: row.pairing_until,
    secrets: (JSON.parse(row.secrets) as SecretTuple[]).map(secretOf),
    createdAtMs: row.created_at,
    createdBy: row.created_by,
    tenant: row.tenant,
    environment: row.environment,
  });
}

function secretOf([id, sealed, reference, createdAtMs, createdBy, expiresAtMs]: SecretTuple): SourceSecret {
  return present<SourceSecret>({
    id,
    sealed: sealed === null ? null : new Uint8Array(Buffer.from(sealed, 'hex')),
    reference,
    createdAtMs,
    createdBy,
    expiresAtMs,
  });
}

type Nullable<Row> = { [Key in keyof Row]: object extends Pick<Row, Key> ? Row[Key] | null : Row[Key] };

/** The row without the columns that are null. */
function present<Row>(columns: Nullable<Row>): Row {
  return Object.fromEntries(Object.entries(columns as object).filter(([, value]) => value !== null)) as Row;
}

export const sources = { create, get, list, rotateSecret, delete: remove };
