/** Entries of the audit log with their leaves: how every verb that leaves a trace writes it. @module */
import type { NewAuditEntry } from '../../core/audit.js';
import { keyText } from '../../core/key-text.js';
import { leafHash } from '../../core/merkle.js';
import { byteaArray, int4Array, int8Array, textArray } from './arrays.js';
import { DAY_MS, PLACES, sqlFunction } from './functions.js';

/** What {@link packEntries} packs, in its order. */
export const ENTRY_PARAMETERS = {
  p_entry_scopes: 'integer[]',
  p_entry_ids: 'text[]',
  p_entry_ats: 'bigint[]',
  p_entry_actions: 'text[]',
  p_entry_statuses: 'text[]',
  p_entry_actors: 'text[]',
  p_entry_providers: 'text[]',
  p_entry_targets: 'text[]',
  p_entry_calls: 'text[]',
  p_entry_events: 'text[]',
  p_entry_records: 'text[]',
  p_entry_personals: 'bytea[]',
  p_entry_leaves: 'bytea',
};

/** The same names as arguments of a call from another function. */
export const ENTRY_ARGUMENTS = Object.keys(ENTRY_PARAMETERS).join(', ');

export const ADD_ENTRIES = sqlFunction({
  name: 'add_entries',
  parameters: { p_now: 'bigint', p_tx: 'bigint', p_environment: 'text', ...ENTRY_PARAMETERS },
  returns: 'void',
  body: `
begin
  insert into fairlead.leaves (environment, tx, stored_at, count, kind, scopes, places, hashes)
    values (p_environment, p_tx, p_now, cardinality(p_entry_ids), 1,
      case when p_entry_scopes[1] = all (p_entry_scopes) then p_entry_scopes[1:1] else p_entry_scopes end,
      array(select generate_series(0, cardinality(p_entry_ids) - 1)::smallint), p_entry_leaves);
  insert into fairlead.audit (day, scope, seq, leaf, id, at, stored_at, action, status, actor, provider, target, call,
      event, record, personal)
    select p_now / ${DAY_MS}, scope, p_tx * ${PLACES} + i - 1, i - 1, id, at, p_now, action, status, actor, provider, target,
        call, event, record, personal
      from unnest(p_entry_scopes, p_entry_ids, p_entry_ats, p_entry_actions, p_entry_statuses, p_entry_actors,
          p_entry_providers, p_entry_targets, p_entry_calls, p_entry_events, p_entry_records, p_entry_personals)
        with ordinality as entry(scope, id, at, action, status, actor, provider, target, call, event, record, personal, i);
end`,
});

export function packEntries(scopes: readonly number[], entries: readonly NewAuditEntry[]) {
  return [
    int4Array(scopes),
    textArray(entries.map(({ id }) => id)),
    int8Array(entries.map(({ atMs }) => atMs)),
    textArray(entries.map(({ action }) => keyText(action))),
    textArray(entries.map(({ status }) => status)),
    textArray(entries.map(({ actor }) => keyText(actor))),
    textArray(entries.map(({ provider }) => provider)),
    textArray(entries.map(({ target }) => target && keyText(target))),
    textArray(entries.map(({ callId }) => callId)),
    textArray(entries.map(({ eventId }) => eventId)),
    textArray(entries.map(({ record }) => record)),
    byteaArray(entries.map(({ personal }) => personal)),
    Buffer.concat(entries.map(({ record }) => leafHash(record))),
  ] as const;
}
