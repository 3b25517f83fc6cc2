/** The order of the audit log: leaves become the tree in the order of their commits; tiles and checkpoints of it. @module */
import type { StoredCheckpoint, Tile } from '../../core/audit.js';
import { assert } from '../../core/errors.js';
import type { Environment } from '../../core/scope.js';
import { PackedRows } from './audit-message.js';
import { sequencedSize } from './audit-row.js';
import type { Engine } from './engine.js';
import { ownBuffer } from './packed.js';

type TreeState = { size: number; checkpoint: StoredCheckpoint | undefined };

export function auditTree(engine: Engine, environment: Environment): TreeState {
  const checkpoint = engine.sql.one<StoredCheckpoint>(
    `select ${CHECKPOINT_COLUMNS} from checkpoint where environment = ? order by size desc limit 1`,
    environment,
  );
  return { size: sequencedSize(engine, environment), checkpoint: checkpoint && { ...checkpoint } };
}

const CHECKPOINT_COLUMNS = `size, root, at as atMs, note`;

/** A sequencer that starts behind the tree gets rows that have their place already, and gets them again. */
export function auditSequence(engine: Engine, environment: Environment, fromSize: number, limit: number): PackedRows {
  const sequenced = sequencedSize(engine, environment);
  assert(fromSize <= sequenced, 'a sequencer continues where the tree ends');
  const to = Math.min(fromSize + limit, engine.numbers.leaves(environment));
  if (to > sequenced) engine.sql.run(SEQUENCED, environment, to);
  return auditRows(engine, environment, fromSize, to);
}

const SEQUENCED = `insert into tree (environment, sequenced) values (?, ?)
  on conflict (environment) do update set sequenced = excluded.sequenced`;

const tableOf = (environment: Environment): string => (environment === 'live' ? 'leaf_live' : 'leaf_sandbox');

/**
 * One statement for the whole stretch, in the form of audit-message.ts: the sequencer reads every entry once through
 * it, and so does every check. The leaves come in their order, because left joins keep them the outermost loop. What
 * somebody has removed is null.
 */
const packedRows = (table: string): string => `select
    json_group_array(json_array(leaf.n - 1, tenant, environment, record, length(hash), coalesce(length(personal), -1),
      case when event.seq is not null then json_array(event.id, origin.name, event.provider, event.type, event.key,
        event.received_at, event.body_bytes, event.secret, length(event.body_sha256)) end)) as text,
    cast(coalesce(group_concat(hash || coalesce(personal, x'') || coalesce(event.body_sha256, x''), ''), x'') as blob)
      as bytes
  from ${table} as leaf left join scope on scope.id = leaf.scope
    left join audit on audit.seq = leaf.ref left join event on event.seq = -leaf.ref
    left join origin on origin.id = event.origin
  where leaf.n > ? and leaf.n <= ?`;

/** Rows of the sequenced part; those whose content retention has taken keep their leaf. */
export function auditRows(engine: Engine, environment: Environment, from: number, to: number): PackedRows {
  const end = Math.min(to, sequencedSize(engine, environment));
  const sql = packedRows(tableOf(environment));
  const { text, bytes } = engine.sql.one<{ text: string; bytes: Uint8Array }>(sql, from, end)!;
  return new PackedRows(text, ownBuffer(bytes));
}

export function auditLeaves(engine: Engine, environment: Environment, from: number, to: number): Uint8Array[] {
  const end = Math.min(to, sequencedSize(engine, environment));
  const sql = `select hash from ${tableOf(environment)} where n > ? and n <= ? order by n`;
  return engine.sql.all<{ hash: Uint8Array }>(sql, from, end).map(({ hash }) => hash);
}

/** Tiles and checkpoints never change once they are stored: what is there already stays, until it is dropped. */
export function auditCheckpoint(
  engine: Engine,
  environment: Environment,
  tiles: Tile[],
  checkpoint: StoredCheckpoint,
  drop: readonly number[],
): void {
  for (const { level, index, hashes } of tiles) engine.sql.run(ADD_TILE, environment, level, index, hashes);
  const { size, root, atMs, note } = checkpoint;
  engine.sql.run(ADD_CHECKPOINT, environment, size, root, atMs, note);
  for (const one of drop) engine.sql.run(DROP_CHECKPOINT, environment, one);
}

const ADD_TILE = `insert into tile (environment, level, idx, hashes) values (?, ?, ?, ?) on conflict do nothing`;
const DROP_CHECKPOINT = `delete from checkpoint where environment = ? and size = ?`;
const ADD_CHECKPOINT = `insert into checkpoint (environment, size, root, at, note) values (?, ?, ?, ?, ?)
  on conflict do nothing`;

export function auditTiles(engine: Engine, environment: Environment, level: number, from: number, to: number): Tile[] {
  const rows = engine.sql.all<Omit<Tile, 'level'>>(TILES, environment, level, from, to);
  return rows.map(({ index, hashes }) => ({ level, index, hashes }));
}

const TILES = `select idx as "index", hashes from tile
  where environment = ? and level = ? and idx >= ? and idx < ? order by idx`;

export function auditCheckpoints(
  engine: Engine,
  environment: Environment,
  afterSize: number,
  limit: number,
): StoredCheckpoint[] {
  const sql = `select ${CHECKPOINT_COLUMNS} from checkpoint where environment = ? and size > ? order by size limit ?`;
  return engine.sql.all<StoredCheckpoint>(sql, environment, afterSize, limit).map((row) => ({ ...row }));
}
