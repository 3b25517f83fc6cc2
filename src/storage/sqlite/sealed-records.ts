/** Every value that is wrapped by a key-encryption key: what a rotation of that key walks over and rewraps. @module */
import { boundsOf, cursorOf } from '../../core/page-cursor.js';
import type { Rewrap, SealedRecord, SecretKind } from '../../core/secret.js';
import type { Page, PageRequest } from '../../core/store.js';
import type { Engine } from './engine.js';

/** First all rows of `secret`, then the sealed ones of `source_secret`; a cursor says which, and where. */
const SECRETS = 0;
const SOURCES = 1;

type SealedColumns = Pick<SealedRecord, 'name' | 'id' | 'version' | 'sealed'> & {
  scope: number;
  kind: SecretKind;
  /** Where the row lies in its table. */
  a: number;
  b: number;
};

export function sealedRecords(engine: Engine, page: PageRequest): Page<SealedRecord> {
  const { limit, after = [SECRETS, -1, -1] } = boundsOf(page, 3);
  const [table, a, b] = after as [number, number, number];
  const found = table === SECRETS ? engine.sql.all<SealedColumns>(OF_SECRETS, a, limit + 1) : [];
  const rows = found.map((columns) => recordOf(engine, columns, columns.kind));
  if (rows.length > limit) return { rows: rows.slice(0, limit), cursor: cursorAt(SECRETS, found[limit - 1]!) };
  const [fromA, fromB] = table === SECRETS ? [-1, -1] : [a, b];
  const rest = engine.sql.all<SealedColumns>(OF_SOURCES, fromA, fromB, limit + 1 - rows.length);
  const more = rest.map((columns) => recordOf(engine, columns, 'source'));
  const all = [...rows, ...more];
  if (all.length <= limit) return { rows: all };
  const lastOfSources = rest[limit - rows.length - 1];
  return {
    rows: all.slice(0, limit),
    cursor: lastOfSources === undefined ? cursorAt(SECRETS, found.at(-1)!) : cursorAt(SOURCES, lastOfSources),
  };
}

/** Numbers in a cursor are not negative, so places are counted from 0 before the first. */
function cursorAt(table: number, { a, b }: SealedColumns): string {
  return cursorOf(table, a, b);
}

const OF_SECRETS = `select scope, kind, name, id, version, sealed, seq as a, 0 as b from secret where seq > ?
  order by seq limit ?`;
const OF_SOURCES = `select source.scope as scope, source.id as name, source_secret.id as id, 0 as version, sealed,
    source_secret.source as a, ordinal as b
  from source_secret join source on source.seq = source_secret.source
  where (source_secret.source, ordinal) > (?, ?) and sealed is not null order by a, b limit ?`;

function recordOf(engine: Engine, columns: SealedColumns, kind: SealedRecord['kind']): SealedRecord {
  const { name, id, version, sealed } = columns;
  const { tenant, environment } = engine.names.scopeOf(columns.scope);
  return { tenant, environment, kind, name, id, version, sealed };
}

export function rewrap(engine: Engine, records: readonly Rewrap[]): { replaced: number } {
  let replaced = 0;
  for (const { tenant, environment, kind, name, id, was, sealed } of records) {
    const scopeId = engine.names.findScope({ tenant, environment });
    if (scopeId === undefined) continue;
    replaced +=
      kind === 'source'
        ? engine.sql.run(REWRAP_SOURCE, sealed, scopeId, name, id, was)
        : engine.sql.run(REWRAP_SECRET, sealed, scopeId, kind, name, id, was);
  }
  return { replaced };
}

const REWRAP_SECRET = `update secret set sealed = ? where scope = ? and kind = ? and name = ? and id = ? and sealed = ?`;
const REWRAP_SOURCE = `update source_secret set sealed = ?
  where source = (select seq from source where scope = ? and id = ? and deleted_at is null) and id = ? and sealed = ?`;
