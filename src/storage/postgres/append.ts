/** Appending to the audit log: the entries of a group are one call of one function. @module */
import type { NewAuditEntry } from '../../core/audit.js';
import { HASH_BYTES } from '../../core/merkle.js';
import type { Environment, Scope } from '../../core/scope.js';
import { ADD_ENTRIES, ENTRY_ARGUMENTS, ENTRY_PARAMETERS, packEntries } from './audit-table.js';
import type { Database } from './database.js';
import { callOf, NOW, sqlFunction, THIS_TX } from './functions.js';
import type { Names } from './names.js';
import { plainBytes, type RecentLeaves, type UnplacedRow } from './recent-leaves.js';

export interface Appending {
  scope: Scope;
  entries: readonly NewAuditEntry[];
}

const PARAMETERS = { p_now: 'bigint', p_environment: 'text', ...ENTRY_PARAMETERS };

const APPEND = sqlFunction({
  name: 'append',
  parameters: PARAMETERS,
  returns: 'void',
  uses: [ADD_ENTRIES],
  body: `
begin
  perform {add_entries}(${NOW}, ${THIS_TX}, p_environment, ${ENTRY_ARGUMENTS});
end`,
});

const CALL = callOf(APPEND, Object.keys(PARAMETERS).length);

export async function appendAll(
  database: Database,
  names: Names,
  recent: RecentLeaves,
  nowMs: number | null,
  environment: Environment,
  group: readonly Appending[],
): Promise<void[]> {
  const scopes: number[] = [];
  for (const { scope, entries } of group) {
    const id = names.knownScope(scope) ?? (await names.scopeId(scope));
    for (let count = 0; count < entries.length; count += 1) scopes.push(id);
  }
  const packed = packEntries(
    scopes,
    group.flatMap(({ entries }) => entries),
  );
  await database.all(CALL, nowMs, environment, ...packed);
  if (recent.isAsked) keepEntries(recent, group, packed.at(-1) as Uint8Array);
  return group.map(() => undefined);
}

function keepEntries(recent: RecentLeaves, group: readonly Appending[], leaves: Uint8Array): void {
  const rows: UnplacedRow[] = [];
  for (const { scope, entries } of group) {
    const { tenant, environment } = scope;
    for (const { record, personal } of entries) {
      const leaf = plainBytes(leaves.subarray(rows.length * HASH_BYTES, (rows.length + 1) * HASH_BYTES));
      rows.push({
        leaf,
        tenant,
        environment,
        record,
        ...(personal !== undefined && { personal: plainBytes(personal) }),
      });
    }
  }
  recent.keep(leaves, rows);
}
