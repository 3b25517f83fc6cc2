/** Every value that is wrapped by a key-encryption key: what a rotation of that key walks over and rewraps. @module */
import { boundsOf, cursorOf, pageOf } from '../../core/page-cursor.js';
import type { Rewrap, SealedRecord, SecretKind } from '../../core/secret.js';
import type { Page, PageRequest } from '../../core/store.js';
import type { Engine } from './engine.js';

interface SealedColumns extends Pick<SealedRecord, 'tenant' | 'environment' | 'name' | 'id' | 'version' | 'sealed'> {
  kind: SecretKind | 'source';
  /** Where the row lies: which table, then its key. */
  part: number;
  a: number;
  b: number;
}

/** First all rows of `secret`, then the sealed ones of `source_secret`. */
export async function sealedRecords(engine: Engine, page: PageRequest): Promise<Page<SealedRecord>> {
  const { limit, after = [0, 0, 0] } = boundsOf(page, 3);
  const [part, a, b] = after as [number, number, number];
  const found = await engine.database.all<SealedColumns>(SEALED, part, a, b, limit + 1);
  return pageOf(
    found,
    limit,
    ({ part: _part, a: _a, b: _b, ...record }) => record,
    (last) => cursorOf(last.part, last.a, last.b),
  );
}

const SEALED = `select scope.tenant, scope.environment, kind, name, sealed.id, version, sealed, part, a, b from (
    select scope, kind, name, id, version, sealed, 0 as part, seq as a, 0 as b from fairlead.secret
    union all
    select source.scope, 'source', source.id, secret.id, 0, sealed, 1, secret.source, secret.ordinal + 1
      from fairlead.source_secret as secret join fairlead.source as source on source.seq = secret.source
      where sealed is not null) as sealed
  join fairlead.scope on scope.id = sealed.scope
  where (part, a, b) > ($1::integer, $2::bigint, $3::integer) order by part, a, b limit $4`;

export function rewrap(engine: Engine, records: readonly Rewrap[]): Promise<{ replaced: number }> {
  return engine.database.transaction(async (sql) => {
    let replaced = 0;
    for (const { tenant, environment, kind, name, id, was, sealed } of records) {
      replaced +=
        kind === 'source'
          ? await sql.run(REWRAP_SOURCE, sealed, tenant, environment, name, id, was)
          : await sql.run(REWRAP_SECRET, sealed, tenant, environment, name, id, was, kind);
    }
    return { replaced };
  });
}

const OF_SCOPE = `(select id from fairlead.scope where tenant = $2 and environment = $3)`;
const REWRAP_SECRET = `update fairlead.secret set sealed = $1
  where scope = ${OF_SCOPE} and name = $4 and id = $5 and sealed = $6 and kind = $7`;
const REWRAP_SOURCE = `update fairlead.source_secret set sealed = $1
  where source = (select seq from fairlead.source where scope = ${OF_SCOPE} and id = $4 and deleted_at is null)
    and id = $5 and sealed = $6`;
