/** Verbs on approvals: asked for once a key, decided once, sent once. @module */
import type {
  ApprovalDecision,
  ApprovalEnd,
  ApprovalFilter,
  ApprovalRequest,
  ApprovalRow,
  ApprovalState,
  NewApproval,
} from '../../core/approval.js';
import { boundsOf, cursorOf, pageOf } from '../../core/page-cursor.js';
import type { Environment, Scope } from '../../core/scope.js';
import type { Page, PageRequest } from '../../core/store.js';
import { ADD_ENTRIES, ENTRY_ARGUMENTS, ENTRY_PARAMETERS, packEntries } from './audit-table.js';
import type { Sql } from './database.js';
import { Conditions, type Engine } from './engine.js';
import { callOf, NOW, SERVER_NOW, sqlFunction, THIS_TX } from './functions.js';
import { WAKE } from './job-table.js';
import { keyText } from '../../core/key-text.js';

interface ApprovalColumns {
  seq: number;
  tenant: string;
  environment: Environment;
  id: string;
  call: string;
  key: string;
  operation: string;
  input_hash: Uint8Array;
  request: string;
  requested_by: string;
  state: ApprovalState;
  requested_at: number;
  expires_at: number;
  decision: string | null;
  decided_at: number | null;
  outcome: string | null;
}

const SELECT = `select a.seq, s.tenant, s.environment, a.id, a.call, a.key, a.operation, a.input_hash, a.request,
    a.requested_by, a.state, a.requested_at, a.expires_at, a.decision, a.decided_at, a.outcome
  from fairlead.approval a join fairlead.scope s on s.id = a.scope`;

function rowOf(columns: ApprovalColumns): ApprovalRow {
  const { tenant, environment, id, key, operation, request, state, decision, decided_at, outcome } = columns;
  return {
    tenant,
    environment,
    id,
    callId: columns.call,
    key,
    operation,
    inputHash: columns.input_hash,
    request,
    requestedBy: columns.requested_by,
    state,
    requestedAtMs: columns.requested_at,
    expiresAtMs: columns.expires_at,
    ...(decision !== null && { decision }),
    ...(decided_at !== null && { decidedAtMs: decided_at }),
    ...(outcome !== null && { outcome }),
  };
}

const REQUEST_PARAMETERS = {
  p_now: 'bigint',
  p_environment: 'text',
  p_scope: 'integer',
  p_id: 'text',
  p_call: 'text',
  p_key: 'text',
  p_operation: 'text',
  p_input_hash: 'bytea',
  p_request: 'text',
  p_requested_by: 'text',
  p_ttl: 'bigint',
  p_supersedes: 'text',
  ...ENTRY_PARAMETERS,
};

/** The id of the approval that holds the key: the new one, or the earlier one. */
const REQUEST = sqlFunction({
  name: 'request_approval',
  parameters: REQUEST_PARAMETERS,
  returns: 'text',
  uses: [ADD_ENTRIES],
  body: `
declare
  v_now bigint := ${NOW};
  e record;
begin
  loop
    select * into e from fairlead.approval a where a.scope = p_scope and a.key = p_key and a.current for update;
    if found then
      if e.state <> 'expired' and not (e.state = 'pending' and e.expires_at <= v_now)
          and e.id is distinct from p_supersedes then
        return e.id;
      end if;
      update fairlead.approval set current = false,
          state = case when state = 'pending' then 'expired' else state end where id = e.id;
    end if;
    insert into fairlead.approval (scope, id, call, key, current, operation, input_hash, state, request, requested_by,
        requested_at, expires_at)
      values (p_scope, p_id, p_call, p_key, true, p_operation, p_input_hash, 'pending', p_request, p_requested_by,
        v_now, v_now + p_ttl)
      on conflict (scope, key) where current do nothing;
    -- Somebody else asked under the same key in between: look at that one.
    exit when found;
  end loop;
  perform {add_entries}(v_now, ${THIS_TX}, p_environment, ${ENTRY_ARGUMENTS});
  return p_id;
end`,
});

const REQUEST_APPROVAL = callOf(REQUEST, Object.keys(REQUEST_PARAMETERS).length, 'id');

async function request(engine: Engine, scope: Scope, wanted: NewApproval): Promise<ApprovalRequest> {
  const scopeId = await engine.names.scopeId(scope);
  const held = await engine.database.one<{ id: string }>(
    REQUEST_APPROVAL,
    engine.nowMs(),
    scope.environment,
    scopeId,
    wanted.id,
    wanted.callId,
    keyText(wanted.key),
    wanted.operation,
    wanted.inputHash,
    wanted.request,
    wanted.requestedBy,
    wanted.ttlMs,
    wanted.supersedes ?? null,
    ...packEntries([scopeId], [wanted.entry]),
  );
  const row = (await approval(engine, held!.id))!;
  if (row.id === wanted.id) return { kind: 'requested', row };
  const isSame = row.operation === wanted.operation && Buffer.compare(row.inputHash, wanted.inputHash) === 0;
  return { kind: isSame ? 'known' : 'mismatch', row };
}

async function get(engine: Engine, scope: Scope, id: string): Promise<ApprovalRow | undefined> {
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return undefined;
  const row = await engine.database.one<ApprovalColumns>(`${SELECT} where a.scope = $1 and a.id = $2`, scopeId, id);
  return row && rowOf(row);
}

/** By its id alone, for who follows a link. */
export async function approval(engine: Engine, id: string): Promise<ApprovalRow | undefined> {
  const row = await engine.database.one<ApprovalColumns>(`${SELECT} where a.id = $1`, id);
  return row && rowOf(row);
}

async function ofCall(engine: Engine, scope: Scope, callId: string): Promise<ApprovalRow | undefined> {
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return undefined;
  const row = await engine.database.one<ApprovalColumns>(OF_CALL, scopeId, callId);
  return row && rowOf(row);
}

const OF_CALL = `${SELECT} where a.scope = $1 and a.call = $2 order by a.seq desc limit 1`;

async function list(
  engine: Engine,
  scope: Scope,
  { state }: ApprovalFilter,
  page: PageRequest,
): Promise<Page<ApprovalRow>> {
  const { limit, after, newestFirst } = boundsOf(page, 1);
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return { rows: [] };
  const conditions = new Conditions();
  conditions.add('a.scope = ?', scopeId);
  conditions.equal('a.state', state);
  if (after !== undefined) conditions.add(newestFirst ? 'a.seq < ?' : 'a.seq > ?', after[0]!);
  const sql = `${SELECT} ${conditions.where}
    order by a.seq ${newestFirst ? 'desc' : 'asc'} limit ${conditions.place(limit + 1)}`;
  const found = await engine.database.all<ApprovalColumns>(sql, ...conditions.parameters);
  return pageOf(found, limit, rowOf, ({ seq }) => cursorOf(seq));
}

const MOVE_PARAMETERS = {
  p_now: 'bigint',
  p_environment: 'text',
  p_scope: 'integer',
  p_id: 'text',
  p_to: 'text',
  p_words: 'text',
  p_ttl: 'bigint',
  ...ENTRY_PARAMETERS,
};

/** To another state, if it may come from where it is. What ends an approval wakes those who wait for its call. */
const MOVE = sqlFunction({
  name: 'move_approval',
  parameters: MOVE_PARAMETERS,
  returns: 'boolean',
  uses: [ADD_ENTRIES, WAKE],
  body: `
declare
  v_now bigint := ${NOW};
  v_call text;
begin
  if p_to in ('approved', 'rejected') then
    update fairlead.approval set state = p_to, decision = p_words, decided_at = v_now, expires_at = v_now + p_ttl
      where scope = p_scope and id = p_id and state = 'pending' and expires_at > v_now returning call into v_call;
  else
    update fairlead.approval set state = p_to, outcome = p_words, lease_until = null
      where scope = p_scope and id = p_id and case p_to when 'used' then state = 'approved'
        else state in ('pending', 'approved') and expires_at <= v_now end returning call into v_call;
  end if;
  if v_call is null then return false; end if;
  if cardinality(p_entry_ids) > 0 then
    perform {add_entries}(v_now, ${THIS_TX}, p_environment, ${ENTRY_ARGUMENTS});
  end if;
  if p_to <> 'approved' then perform {wake_jobs}(v_now, p_scope, v_call); end if;
  return true;
end`,
});

const MOVE_APPROVAL = callOf(MOVE, Object.keys(MOVE_PARAMETERS).length, 'moved');

type Move = { to: ApprovalState; words: string | undefined; ttlMs: number; entries: Parameters<typeof packEntries>[1] };

async function move(engine: Engine, scope: Scope, id: string, { to, words, ttlMs, entries }: Move): Promise<boolean> {
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return false;
  const row = await engine.database.one<{ moved: boolean }>(
    MOVE_APPROVAL,
    engine.nowMs(),
    scope.environment,
    scopeId,
    id,
    to,
    words ?? null,
    ttlMs,
    ...packEntries(entries.length === 0 ? [] : [scopeId], entries),
  );
  return row!.moved;
}

async function decide(
  engine: Engine,
  scope: Scope,
  id: string,
  { state, decision, ttlMs, entry }: ApprovalDecision,
): Promise<'decided' | 'closed' | 'not_found'> {
  if (await move(engine, scope, id, { to: state, words: decision, ttlMs, entries: [entry] })) return 'decided';
  return (await get(engine, scope, id)) === undefined ? 'not_found' : 'closed';
}

async function start(engine: Engine, scope: Scope, id: string, leaseMs: number): Promise<boolean> {
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return false;
  return (await engine.database.run(START, engine.nowMs(), leaseMs, scopeId, id)) === 1;
}

const START = `update fairlead.approval set lease_until = now + $2::bigint from ${SERVER_NOW}
  where scope = $3::integer and id = $4::text and state = 'approved' and coalesce(lease_until, 0) <= now`;

async function end(
  engine: Engine,
  scope: Scope,
  id: string,
  { state, outcome, entry }: ApprovalEnd,
): Promise<'ended' | 'not_found'> {
  const entries = entry === undefined ? [] : [entry];
  return (await move(engine, scope, id, { to: state, words: outcome, ttlMs: 0, entries })) ? 'ended' : 'not_found';
}

/** Approved and in nobody's hand, or pending beyond their time. */
export async function approvalsDue(engine: Engine, limit: number): Promise<ApprovalRow[]> {
  const sql: Sql = engine.database;
  return (await sql.all<ApprovalColumns>(DUE, engine.nowMs(), limit)).map(rowOf);
}

const DUE = `${SELECT} cross join ${SERVER_NOW} where a.state in ('pending', 'approved')
    and case a.state when 'approved' then coalesce(a.lease_until, 0) <= now else a.expires_at <= now end
  order by a.seq limit $2`;

export const approvals = { request, get, ofCall, list, decide, start, end };
