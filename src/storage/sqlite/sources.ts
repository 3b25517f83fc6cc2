/** Verbs on sources, and the version by which the intake sees that something changed. @module */
import type { Scope } from '../../core/scope.js';
import type { NewSource, SourceRow, SourceSecret } from '../../core/source.js';
import type { Engine } from './engine.js';

function create(engine: Engine, scope: Scope, source: NewSource): 'created' | 'path_taken' {
  const { sql } = engine;
  if (sql.one('select seq from source where path = ? and deleted_at is null', source.path)) return 'path_taken';
  const { seq } = sql.one<{ seq: number }>(
    INSERT,
    engine.names.scopeId(scope),
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
  )!;
  source.secrets.forEach((secret, ordinal) => addSecret(engine, seq, ordinal, secret));
  raiseVersion(engine);
  return 'created';
}

const INSERT = `insert into source (scope, id, provider, path, scheme, unsigned_reason, refusal_status,
    body_limit_bytes, tolerance_seconds, public_url, pairing_until, created_at, created_by)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning seq`;

function addSecret(engine: Engine, source: number, ordinal: number, secret: SourceSecret): void {
  engine.sql.run(
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

const ADD_SECRET = `insert into source_secret
  (source, ordinal, id, sealed, reference, created_at, created_by, expires_at) values (?, ?, ?, ?, ?, ?, ?, ?)`;

function get(engine: Engine, scope: Scope, id: string): SourceRow | undefined {
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return undefined;
  const row = engine.sql.one<SourceColumns>(`${SELECT} and scope = ? and id = ?`, scopeId, id);
  return row && rowOf(engine, row);
}

function list(engine: Engine, scope: Scope): SourceRow[] {
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return [];
  const rows = engine.sql.all<SourceColumns>(`${SELECT} and scope = ? order by seq`, scopeId);
  return rows.map((row) => rowOf(engine, row));
}

function rotateSecret(
  engine: Engine,
  scope: Scope,
  id: string,
  secret: SourceSecret,
  overlapMs: number,
): 'rotated' | 'not_found' {
  const seq = findSeq(engine, scope, id);
  if (seq === undefined) return 'not_found';
  const expiresAtMs = engine.nowMs + overlapMs;
  engine.sql.run(EXPIRE, expiresAtMs, expiresAtMs, seq);
  const { next } = engine.sql.one<{ next: number }>(NEXT_ORDINAL, seq)!;
  addSecret(engine, seq, next, secret);
  raiseVersion(engine);
  return 'rotated';
}

const EXPIRE = `update source_secret set expires_at = min(coalesce(expires_at, ?), ?) where source = ?`;
const NEXT_ORDINAL = `select coalesce(max(ordinal), -1) + 1 as next from source_secret where source = ?`;

function remove(engine: Engine, scope: Scope, id: string): 'deleted' | 'not_found' {
  const seq = findSeq(engine, scope, id);
  if (seq === undefined) return 'not_found';
  engine.sql.run('update source set deleted_at = ? where seq = ?', engine.nowMs, seq);
  engine.sql.run('delete from source_secret where source = ?', seq);
  raiseVersion(engine);
  return 'deleted';
}

function findSeq(engine: Engine, scope: Scope, id: string): number | undefined {
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return undefined;
  return engine.sql.one<{ seq: number }>(
    'select seq from source where deleted_at is null and scope = ? and id = ?',
    scopeId,
    id,
  )?.seq;
}

export function allSources(engine: Engine): { version: number; sources: SourceRow[] } {
  const rows = engine.sql.all<SourceColumns>(`${SELECT} order by seq`);
  return { version: sourcesVersion(engine), sources: rows.map((row) => rowOf(engine, row)) };
}

export function sourcesVersion(engine: Engine): number {
  return engine.sql.one<{ value: number }>(`select value from meta where name = 'sources'`)?.value ?? 0;
}

function raiseVersion(engine: Engine): void {
  engine.sql.run(
    `insert into meta (name, value) values ('sources', 1) on conflict (name) do update set value = value + 1`,
  );
}

interface SourceColumns {
  seq: number;
  scope: number;
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
}

const SELECT = `select seq, scope, id, provider, path, scheme, unsigned_reason, refusal_status, body_limit_bytes,
  tolerance_seconds, public_url, pairing_until, created_at, created_by from source where deleted_at is null`;

function rowOf(engine: Engine, row: SourceColumns): SourceRow {
  const { tenant, environment } = engine.names.scopeOf(row.scope);
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
    secrets: engine.sql.all<SecretColumns>(SECRETS, row.seq).map(secretOf),
    createdAtMs: row.created_at,
    createdBy: row.created_by,
    tenant,
    environment,
  });
}

interface SecretColumns {
  id: string;
  sealed: Uint8Array | null;
  reference: string | null;
  created_at: number;
  created_by: string;
  expires_at: number | null;
}

// Oldest first, as they were added.
const SECRETS = `select id, sealed, reference, created_at, created_by, expires_at from source_secret
  where source = ? order by ordinal`;

function secretOf(row: SecretColumns): SourceSecret {
  return present<SourceSecret>({
    id: row.id,
    sealed: row.sealed,
    reference: row.reference,
    createdAtMs: row.created_at,
    createdBy: row.created_by,
    expiresAtMs: row.expires_at,
  });
}

type Nullable<Row> = { [Key in keyof Row]: object extends Pick<Row, Key> ? Row[Key] | null : Row[Key] };

/** The row without the columns that are null. */
function present<Row>(columns: Nullable<Row>): Row {
  return Object.fromEntries(Object.entries(columns as object).filter(([, value]) => value !== null)) as Row;
}

export const sources = { create, get, list, rotateSecret, delete: remove };
