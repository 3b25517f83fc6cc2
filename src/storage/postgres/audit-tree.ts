/**
 * The order of the audit log: leaves become the tree in the order of their transactions' numbers, once every
 * transaction with a lower number has ended. So whatever commits later has a higher number, and goes behind.
 *
 * @module
 */
import type { AuditRow, StoredCheckpoint, Tile } from '../../core/audit.js';
import { assert } from '../../core/errors.js';
import type { Environment } from '../../core/scope.js';
import { byteaArray, int4Array, int8Array } from './arrays.js';
import type { Engine } from './engine.js';
import { DAY_MS, ENDED_BELOW, PLACES, callOf, sqlFunction } from './functions.js';

interface CheckpointColumns {
  size: number;
  root: Uint8Array;
  at: number;
  note: string;
}

const CHECKPOINT_COLUMNS = 'size, root, at, note';

const checkpointOf = ({ size, root, at, note }: CheckpointColumns): StoredCheckpoint => ({
  size,
  root,
  atMs: at,
  note,
});

export async function auditTree(
  { database }: Pick<Engine, 'database'>,
  environment: Environment,
): Promise<{ size: number; checkpoint: StoredCheckpoint | undefined }> {
  const last = `select ${CHECKPOINT_COLUMNS} from fairlead.checkpoint where environment = $1 order by size desc limit 1`;
  const checkpoint = await database.one<CheckpointColumns>(last, environment);
  return { size: await sequencedSize(database, environment), checkpoint: checkpoint && checkpointOf(checkpoint) };
}

async function sequencedSize(database: Engine['database'], environment: Environment): Promise<number> {
  const sql = 'select sequenced from fairlead.tree where environment = $1';
  return (await database.one<{ sequenced: number }>(sql, environment))!.sequenced;
}

/** The size up to which rows may be read: of the tree, or of the part that was asked for. */
const SEQUENCE = sqlFunction({
  name: 'audit_sequence',
  parameters: { p_environment: 'text', p_from: 'bigint', p_limit: 'bigint' },
  returns: 'bigint',
  body: `
declare
  v_wanted bigint := p_from + p_limit;
  v_added bigint;
  t fairlead.tree%rowtype;
begin
  -- One sequencer at a time.
  select * into t from fairlead.tree where environment = p_environment for update;
  if p_from > t.sequenced then return -1; end if;
  if t.assigned < v_wanted then
    with fresh as (
      select tx, count, t.assigned + sum(count) over (order by tx) - count as first from fairlead.leaves
        where environment = p_environment and leaves.first is null and tx < ${ENDED_BELOW} order by tx limit p_limit),
    placed as (
      update fairlead.leaves l set first = fresh.first from fresh
        where l.environment = p_environment and l.tx = fresh.tx and fresh.first < v_wanted returning l.count)
    select coalesce(sum(placed.count), 0) into v_added from placed;
    t.assigned := t.assigned + v_added;
  end if;
  v_wanted := least(v_wanted, t.assigned);
  if v_wanted > t.sequenced or v_added > 0 then
    update fairlead.tree set sequenced = greatest(sequenced, v_wanted), assigned = t.assigned
      where environment = p_environment;
  end if;
  return v_wanted;
end`,
});

/** A sequencer that starts behind the tree gets rows that have their place already, and gets them again. */
export async function auditSequence(
  engine: Engine,
  environment: Environment,
  fromSize: number,
  limit: number,
): Promise<AuditRow[]> {
  const row = await engine.database.one<{ to: number }>(callOf(SEQUENCE, 3, 'to'), environment, fromSize, limit);
  const { to } = row!;
  assert(to >= 0, 'a sequencer continues where the tree ends');
  return to > fromSize ? rowsOf(engine, environment, fromSize, to) : [];
}

interface LeafGroup {
  first: number;
  count: number;
  hashes: Uint8Array;
}

const LEAF_GROUPS = `select first, count, hashes from fairlead.leaves
  where environment = $1 and first < $3::bigint and first > $2::bigint - ${PLACES} and first + count > $2::bigint
  order by first`;

/** The rows of a stretch that has its places; what this process does not remember is read. */
async function rowsOf(engine: Engine, environment: Environment, from: number, to: number): Promise<AuditRow[]> {
  const rows: (AuditRow | undefined)[] = Array.from({ length: to - from });
  for (const { first, count, hashes } of await engine.database.all<LeafGroup>(LEAF_GROUPS, environment, from, to)) {
    const known = engine.recent.find(hashes, first + count <= to);
    if (known?.length !== count) continue;
    const end = Math.min(first + count, to);
    for (let index = Math.max(first, from); index < end; index += 1)
      rows[index - from] = { index, ...known[index - first]! };
  }
  const missing = rows.indexOf(undefined);
  if (missing >= 0) {
    const end = rows.lastIndexOf(undefined) + 1;
    for (const row of await auditRows(engine, environment, from + missing, from + end)) rows[row.index! - from] ??= row;
  }
  return rows.filter((row) => row !== undefined);
}

interface LeafRow {
  place: number;
  hash: Uint8Array;
  tenant: string;
  record: string | null;
  personal: Uint8Array | null;
  event_id: string | null;
  source: string;
  provider: string;
  type: string;
  key: string;
  received_at: number;
  body_sha256: Uint8Array;
  body_bytes: number;
  secret: string | null;
}

/** One leaf a row, with its scope and its number. Parameters: environment, from, to. */
const LEAVES = `(select leaves.first + i - 1 as place, leaves.kind, leaves.stored_at,
    substring(leaves.hashes from (i - 1)::integer * 32 + 1 for 32) as hash,
    leaves.scopes[case when cardinality(leaves.scopes) = 1 then 1 else i end] as scope, leaves.tx * ${PLACES} + at as seq
  from fairlead.leaves cross join lateral unnest(leaves.places) with ordinality as one(at, i)
  where leaves.environment = $1 and leaves.first < $3::bigint and leaves.first > $2::bigint - ${PLACES}
    and leaves.first + i - 1 >= $2::bigint
    and leaves.first + i - 1 < least($3::bigint, (select sequenced from fairlead.tree where environment = $1))) as leaf`;

/** One statement for the whole stretch: the sequencer reads every entry once through it, and so does every check. */
const ROWS = `select leaf.place, leaf.hash, scope.tenant, audit.record, audit.personal, event.id as event_id,
    origin.name as source, event.provider, event.type, event.key, event.received_at, event.body_sha256, event.body_bytes,
    event.secret
  from ${LEAVES} join fairlead.scope on scope.id = leaf.scope
    left join fairlead.audit on leaf.kind = 1 and audit.scope = leaf.scope and audit.seq = leaf.seq
      and audit.day = (leaf.stored_at / ${DAY_MS})::integer
    left join fairlead.event on leaf.kind = 0 and event.scope = leaf.scope and event.seq = leaf.seq
    left join fairlead.origin on origin.id = event.origin
  order by leaf.place`;

/** Rows of the sequenced part; those whose content retention has taken keep their leaf. */
export async function auditRows(
  { database }: Engine,
  environment: Environment,
  from: number,
  to: number,
): Promise<AuditRow[]> {
  const rows = await database.all<LeafRow>(ROWS, environment, from, to);
  return rows.map((row) => placedRow(environment, row));
}

function placedRow(environment: Environment, columns: LeafRow): AuditRow {
  const { place, hash, tenant, record, personal } = columns;
  const row: AuditRow = { index: place, leaf: hash, tenant, environment };
  if (record !== null) row.record = record;
  if (personal !== null) row.personal = personal;
  if (columns.event_id !== null) {
    const receipt = {
      eventId: columns.event_id,
      sourceId: columns.source,
      provider: columns.provider,
      type: columns.type,
      key: columns.key,
      receivedAtMs: columns.received_at,
      bodySha256: columns.body_sha256,
      bodyBytes: columns.body_bytes,
      tenant,
      environment,
    };
    row.receipt = columns.secret === null ? receipt : { ...receipt, secretId: columns.secret };
  }
  return row;
}

export async function auditLeaves(
  { database }: Engine,
  environment: Environment,
  from: number,
  to: number,
): Promise<Uint8Array[]> {
  const sql = `select leaf.hash from ${LEAVES} order by leaf.place`;
  return (await database.all<{ hash: Uint8Array }>(sql, environment, from, to)).map(({ hash }) => hash);
}

/** Tiles and checkpoints never change once they are stored: what is there already stays, until it is dropped. */
export async function auditCheckpoint(
  { database }: Engine,
  environment: Environment,
  tiles: Tile[],
  { size, root, atMs, note }: StoredCheckpoint,
  drop: readonly number[],
): Promise<void> {
  await database.run(
    ADD_CHECKPOINT,
    environment,
    int4Array(tiles.map(({ level }) => level)),
    int8Array(tiles.map(({ index }) => index)),
    byteaArray(tiles.map(({ hashes }) => hashes)),
    size,
    root,
    atMs,
    note,
    int8Array(drop),
  );
}

const ADD_CHECKPOINT = `with tiles as (
    insert into fairlead.tile (environment, level, idx, hashes)
      select $1::text, level, idx, hashes from unnest($2::integer[], $3::bigint[], $4::bytea[]) as tile(level, idx, hashes)
      on conflict do nothing),
  dropped as (delete from fairlead.checkpoint where environment = $1::text and size = any ($9::bigint[]))
  insert into fairlead.checkpoint (environment, size, root, at, note)
    values ($1::text, $5::bigint, $6::bytea, $7::bigint, $8::text) on conflict do nothing`;

export async function auditTiles(
  { database }: Engine,
  environment: Environment,
  level: number,
  from: number,
  to: number,
): Promise<Tile[]> {
  const rows = await database.all<{ idx: number; hashes: Uint8Array }>(TILES, environment, level, from, to);
  return rows.map(({ idx, hashes }) => ({ level, index: idx, hashes }));
}

const TILES = `select idx, hashes from fairlead.tile
  where environment = $1 and level = $2 and idx >= $3 and idx < $4 order by idx`;

export async function auditCheckpoints(
  { database }: Engine,
  environment: Environment,
  afterSize: number,
  limit: number,
): Promise<StoredCheckpoint[]> {
  const sql = `select ${CHECKPOINT_COLUMNS} from fairlead.checkpoint where environment = $1 and size > $2
    order by size limit $3`;
  return (await database.all<CheckpointColumns>(sql, environment, afterSize, limit)).map(checkpointOf);
}
