/** The ledger of calls: at most one execution per key, whoever comes, whenever the one before fell over. @module */
import type {
  CallBeginning,
  CallFilter,
  CallRow,
  CallSettlement,
  CallState,
  NewCall,
  TakeUp,
  TakenUp,
} from '../../core/call.js';
import { boundsOf, cursorOf } from '../../core/page-cursor.js';
import type { Scope } from '../../core/scope.js';
import type { Page, PageRequest } from '../../core/store.js';
import { keyText } from '../../core/key-text.js';
import { ADD_ENTRIES, ENTRY_ARGUMENTS, ENTRY_PARAMETERS, packEntries } from './audit-table.js';
import { ENDED_CALL } from './call-states.js';
import { Conditions, type Engine } from './engine.js';
import { callOf, NOW, PLACES, sqlFunction, THIS_TX } from './functions.js';
import { COUNT_JOBS, PARKED, READY } from './job-table.js';
import { settledPage, WITH_EDGE } from './settled-page.js';

const BEGIN_PARAMETERS = {
  p_now: 'bigint',
  p_environment: 'text',
  p_scope: 'integer',
  p_id: 'text',
  p_key: 'text',
  p_operation: 'text',
  p_input_hash: 'bytea',
  p_sending: 'boolean',
  p_lease_ms: 'bigint',
  p_ttl: 'bigint',
  ...ENTRY_PARAMETERS,
};

/** One row: what the newcomer is told. */
const BEGIN = sqlFunction({
  name: 'begin_call',
  parameters: BEGIN_PARAMETERS,
  returns: 'table (kind text, fence integer, call_id text, attempts integer, at bigint, result text)',
  uses: [ADD_ENTRIES],
  body: `
#variable_conflict use_column
declare
  v_now bigint := ${NOW};
  v_tx bigint := ${THIS_TX};
  v_fence integer := 1;
  e record;
begin
  loop
    select * into e from fairlead.call c where c.scope = p_scope and c.key = p_key and c.current for update;
    if found and (e.forget_at is null or e.forget_at > v_now) then
      call_id := e.id;
      if e.operation <> p_operation or e.input_hash <> p_input_hash then
        kind := 'mismatch'; return next; return;
      elsif e.state = 'done' then
        kind := 'done'; result := e.result; at := e.ended_at; return next; return;
      elsif e.state = 'unknown' then
        kind := 'unknown'; return next; return;
      elsif e.state = 'running' and e.lease_until > v_now then
        kind := 'running'; return next; return;
      elsif e.state = 'running' and e.sending_at is not null then
        kind := 'taken_over';
        fence := e.fence + 1;
        attempts := e.attempts;
        at := e.sending_at;
        update fairlead.call c set fence = e.fence + 1, lease_until = v_now + p_lease_ms
          where c.scope = p_scope and c.seq = e.seq and c.key = p_key;
        perform {add_entries}(v_now, v_tx, p_environment, ${ENTRY_ARGUMENTS});
        return next; return;
      end if;
    end if;
    if e.seq is not null then
      -- The earlier execution stays in the history. A holder that is gone and never sent came to nothing.
      v_fence := e.fence + 1;
      update fairlead.call c set current = false,
          state = case when c.state = 'running' then 'failed' else c.state end,
          ended_at = coalesce(c.ended_at, v_now), forget_at = coalesce(c.forget_at, v_now + p_ttl)
        where c.scope = p_scope and c.seq = e.seq and c.key = p_key;
    end if;
    insert into fairlead.call (scope, seq, id, key, current, operation, input_hash, state, fence, attempts, sending_at,
        lease_until, key_ttl, started_at)
      values (p_scope, v_tx * ${PLACES}, p_id, p_key, true, p_operation, p_input_hash, 'running', v_fence,
        case when p_sending then 1 else 0 end, case when p_sending then v_now end, v_now + p_lease_ms, p_ttl, v_now)
      on conflict (scope, key) where current do nothing;
    -- Somebody else's call under the same key came in between: look at that one.
    exit when found;
  end loop;
  kind := 'begun';
  fence := v_fence;
  perform {add_entries}(v_now, v_tx, p_environment, ${ENTRY_ARGUMENTS});
  return next;
end`,
});

interface BeginRow {
  kind: CallBeginning['kind'];
  fence: number;
  call_id: string;
  attempts: number;
  at: number;
  result: string;
}

const BEGIN_CALL = callOf(BEGIN, Object.keys(BEGIN_PARAMETERS).length);

async function begin(engine: Engine, scope: Scope, call: NewCall): Promise<CallBeginning> {
  const scopeId = await engine.names.scopeId(scope);
  const row = await engine.database.one<BeginRow>(
    BEGIN_CALL,
    engine.nowMs(),
    scope.environment,
    scopeId,
    call.id,
    keyText(call.key),
    call.operation,
    call.inputHash,
    call.sending,
    call.leaseMs,
    call.keyTtlMs,
    ...packEntries([scopeId], [call.entry]),
  );
  const { kind, fence, call_id: callId, attempts, at, result } = row!;
  switch (kind) {
    case 'begun':
      return { kind, fence };
    case 'taken_over':
      return { kind, fence, callId, attempts, lastSendingAtMs: at };
    case 'done':
      return { kind, callId, result, endedAtMs: at };
    default:
      return { kind, callId };
  }
}

async function sending(
  engine: Engine,
  scope: Scope,
  callId: string,
  fence: number,
  leaseMs: number,
): Promise<'recorded' | 'lost'> {
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return 'lost';
  const changed = await engine.database.run(SENDING, engine.nowMs(), leaseMs, scopeId, callId, fence);
  return changed === 1 ? 'recorded' : 'lost';
}

const SENDING = `update fairlead.call set attempts = attempts + 1, sending_at = moment.now, lease_until = moment.now + $2::bigint
  from (select coalesce($1::bigint, (extract(epoch from clock_timestamp()) * 1000)::bigint) as now) as moment
  where scope = $3::integer and id = $4::text and fence = $5::integer and state = 'running'`;

const TAKE_UP_PARAMETERS = {
  p_now: 'bigint',
  p_environment: 'text',
  p_scope: 'integer',
  p_id: 'text',
  p_fence: 'integer',
  p_lease_ms: 'bigint',
  ...ENTRY_PARAMETERS,
};

const TAKE_UP = sqlFunction({
  name: 'take_up_call',
  parameters: TAKE_UP_PARAMETERS,
  returns: 'boolean',
  uses: [ADD_ENTRIES],
  body: `
declare
  v_now bigint := ${NOW};
begin
  update fairlead.call set state = 'running', fence = fence + 1, attempts = attempts + 1, sending_at = v_now,
      lease_until = v_now + p_lease_ms, ended_at = null, forget_at = null, duration_ms = null, result = null
    where scope = p_scope and id = p_id and fence = p_fence and state in ('running', 'unknown');
  if not found then return false; end if;
  perform {add_entries}(v_now, ${THIS_TX}, p_environment, ${ENTRY_ARGUMENTS});
  return true;
end`,
});

const TAKE_UP_CALL = callOf(TAKE_UP, Object.keys(TAKE_UP_PARAMETERS).length, 'taken');

/**
 * A node that says nothing may be stopped, or behind a broken link, and go on with what it had begun: silence is no
 * death, and nothing on this side of the wire keeps its bytes from leaving. So "not found" is never a ground here.
 */
async function takeUp(
  engine: Engine,
  scope: Scope,
  { callId, fence, ground, leaseMs, entry }: TakeUp,
): Promise<TakenUp> {
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return { kind: 'lost' };
  if (ground === 'not_found') return { kind: 'sender_may_live' };
  const row = await engine.database.one<{ taken: boolean }>(
    TAKE_UP_CALL,
    engine.nowMs(),
    scope.environment,
    scopeId,
    callId,
    fence,
    leaseMs,
    ...packEntries([scopeId], [entry]),
  );
  return row!.taken ? { kind: 'taken_up', fence: fence + 1 } : { kind: 'lost' };
}

const SETTLE_PARAMETERS = {
  p_now: 'bigint',
  p_environment: 'text',
  p_scope: 'integer',
  p_id: 'text',
  p_fence: 'integer',
  p_state: 'text',
  p_result: 'text',
  p_attempts: 'integer',
  p_duration: 'bigint',
  ...ENTRY_PARAMETERS,
};

/** Fence 0 decides a call that is unknown. One that is unknown is remembered until then, whatever the life of its key. */
const SETTLE = sqlFunction({
  name: 'settle_call',
  parameters: SETTLE_PARAMETERS,
  returns: 'boolean',
  uses: [ADD_ENTRIES, COUNT_JOBS],
  body: `
declare
  v_now bigint := ${NOW};
  v_queues integer[];
begin
  update fairlead.call set state = p_state, result = p_result, attempts = p_attempts, duration_ms = p_duration,
      ended_at = v_now, forget_at = case when p_state = 'unknown' then null else v_now + key_ttl end, lease_until = null
    where scope = p_scope and id = p_id and case when p_fence = 0 then state = 'unknown'
      else fence = p_fence and state = 'running' end;
  if not found then return false; end if;
  perform {add_entries}(v_now, ${THIS_TX}, p_environment, ${ENTRY_ARGUMENTS});
  if p_state in (${ENDED_CALL}) then
    with woken as (
      update fairlead.job set state = ${READY}, due_at = v_now, updated_at = v_now, parked_on = null
        where state = ${PARKED} and parked_on = p_id and scope = p_scope returning queue)
    select array_agg(queue) into v_queues from woken;
    if v_queues is null then return true; end if;
    perform {count_jobs}(v_queues || v_queues,
      array_fill(${PARKED}, array[cardinality(v_queues)]) || array_fill(${READY}, array[cardinality(v_queues)]),
      array_fill(-1, array[cardinality(v_queues)]) || array_fill(1, array[cardinality(v_queues)]));
  end if;
  return true;
end`,
});

const SETTLE_CALL = callOf(SETTLE, Object.keys(SETTLE_PARAMETERS).length, 'settled');

async function settle(engine: Engine, scope: Scope, settlement: CallSettlement): Promise<'settled' | 'lost'> {
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return 'lost';
  const row = await engine.database.one<{ settled: boolean }>(
    SETTLE_CALL,
    engine.nowMs(),
    scope.environment,
    scopeId,
    settlement.callId,
    settlement.fence,
    settlement.state,
    settlement.result,
    settlement.attempts,
    settlement.durationMs,
    ...packEntries([scopeId], [settlement.entry]),
  );
  return row!.settled ? 'settled' : 'lost';
}

interface CallColumns {
  seq: number;
  id: string;
  key: string;
  operation: string;
  state: CallState;
  fence: number;
  attempts: number;
  started_at: number;
  ended_at: number | null;
  duration_ms: number | null;
  result: string | null;
}

const COLUMNS = `seq, id, key, operation, state, fence, attempts, started_at, ended_at, duration_ms, result`;

function rowOf(columns: CallColumns): CallRow {
  const { id, key, operation, state, fence, attempts } = columns;
  const row: CallRow = { id, key, operation, state, fence, attempts, startedAtMs: columns.started_at };
  if (columns.ended_at !== null) row.endedAtMs = columns.ended_at;
  if (columns.duration_ms !== null) row.durationMs = columns.duration_ms;
  if (columns.result !== null) row.result = columns.result;
  return row;
}

async function get(engine: Engine, scope: Scope, callId: string): Promise<CallRow | undefined> {
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return undefined;
  const sql = `select ${COLUMNS} from fairlead.call where scope = $1 and id = $2`;
  const row = await engine.database.one<CallColumns>(sql, scopeId, callId);
  return row && rowOf(row);
}

async function underKey(engine: Engine, scope: Scope, key: string): Promise<CallRow | undefined> {
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return undefined;
  const row = await engine.database.one<CallColumns>(UNDER_KEY, engine.nowMs(), scopeId, keyText(key));
  return row && rowOf(row);
}

const UNDER_KEY = `select ${COLUMNS} from fairlead.call where scope = $2::integer and key = $3::text and current
  and (forget_at is null or forget_at > coalesce($1::bigint, (extract(epoch from clock_timestamp()) * 1000)::bigint))`;

async function list(engine: Engine, scope: Scope, filter: CallFilter, page: PageRequest): Promise<Page<CallRow>> {
  const bounds = boundsOf(page, 1);
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return { rows: [] };
  const conditions = new Conditions();
  conditions.add('scope = ?', scopeId);
  // Written out, so that the server sees that the partial index holds them all.
  if (filter.state === 'running' || filter.state === 'unknown') conditions.add(`state = '${filter.state}'`);
  else conditions.equal('state', filter.state);
  conditions.equal('operation', filter.operation);
  if (bounds.after !== undefined) conditions.add(bounds.newestFirst ? 'seq < ?' : 'seq > ?', bounds.after[0]!);
  const sql = `select ${COLUMNS}, ${WITH_EDGE} from fairlead.call ${conditions.where}
    order by seq ${bounds.newestFirst ? 'desc' : 'asc'} limit ${conditions.place(bounds.limit + 1)}`;
  return settledPage(
    () => engine.database.all<CallColumns & { edge: number }>(sql, ...conditions.parameters),
    bounds,
    rowOf,
    ({ seq }) => cursorOf(seq),
  );
}

export const calls = { begin, sending, takeUp, settle, get, underKey, list };
