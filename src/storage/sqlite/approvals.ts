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
import { addEntry } from './audit-table.js';
import type { Engine } from './engine.js';
import { wake } from './job-table.js';

interface ApprovalColumns {
  seq: number;
  tenant: string;
  environment: Environment;
  id: string;
  callId: string;
  key: string;
  operation: string;
  inputHash: Uint8Array;
  request: string;
  requestedBy: string;
  state: ApprovalState;
  requestedAtMs: number;
  expiresAtMs: number;
  decision: string | null;
  decidedAtMs: number | null;
  outcome: string | null;
}

const SELECT = `select seq, tenant, environment, approval.id as id, call as callId, key, operation,
    input_hash as inputHash, request, requested_by as requestedBy, state, requested_at as requestedAtMs,
    expires_at as expiresAtMs, decision, decided_at as decidedAtMs, outcome
  from approval join scope on scope.id = approval.scope`;

function rowOf({ seq: _seq, decision, decidedAtMs, outcome, ...rest }: ApprovalColumns): ApprovalRow {
  return {
    ...rest,
    ...(decision !== null && { decision }),
    ...(decidedAtMs !== null && { decidedAtMs }),
    ...(outcome !== null && { outcome }),
  };
}

function request(engine: Engine, scope: Scope, wanted: NewApproval): ApprovalRequest {
  const { sql, nowMs } = engine;
  const scopeId = engine.names.scopeId(scope);
  const earlier = sql.one<ApprovalColumns>(
    `${SELECT} where approval.scope = ? and key = ? and current = 1`,
    scopeId,
    wanted.key,
  );
  if (earlier !== undefined && !isOver(engine, earlier) && earlier.id !== wanted.supersedes) {
    const isSame = earlier.operation === wanted.operation && sameBytes(earlier.inputHash, wanted.inputHash);
    return { kind: isSame ? 'known' : 'mismatch', row: rowOf(earlier) };
  }
  if (earlier !== undefined) sql.run(SUPERSEDE, earlier.seq);
  const { id, callId, key, operation, inputHash, request: text, requestedBy, ttlMs, entry } = wanted;
  sql.run(INSERT, scopeId, id, callId, key, operation, inputHash, text, requestedBy, nowMs, nowMs + ttlMs);
  addEntry(engine, scope.environment, scopeId, entry);
  return { kind: 'requested', row: get(engine, scope, id)! };
}

const SUPERSEDE = `update approval set current = 0, state = case state when 'pending' then 'expired' else state end
  where seq = ?`;
const INSERT = `insert into approval (scope, id, call, key, current, operation, input_hash, state, request,
    requested_by, requested_at, expires_at) values (?, ?, ?, ?, 1, ?, ?, 'pending', ?, ?, ?, ?)`;

function isOver(engine: Engine, { state, expiresAtMs }: ApprovalColumns): boolean {
  return state === 'expired' || (state === 'pending' && expiresAtMs <= engine.nowMs);
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}

function get(engine: Engine, scope: Scope, id: string): ApprovalRow | undefined {
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return undefined;
  const row = engine.sql.one<ApprovalColumns>(`${SELECT} where approval.scope = ? and approval.id = ?`, scopeId, id);
  return row && rowOf(row);
}

/** By its id alone, for who follows a link. */
export function approval(engine: Engine, id: string): ApprovalRow | undefined {
  const row = engine.sql.one<ApprovalColumns>(`${SELECT} where approval.id = ?`, id);
  return row && rowOf(row);
}

function ofCall(engine: Engine, scope: Scope, callId: string): ApprovalRow | undefined {
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return undefined;
  const row = engine.sql.one<ApprovalColumns>(OF_CALL, scopeId, callId);
  return row && rowOf(row);
}

const OF_CALL = `${SELECT} where approval.scope = ? and call = ? order by seq desc limit 1`;

function list(engine: Engine, scope: Scope, { state }: ApprovalFilter, page: PageRequest): Page<ApprovalRow> {
  const { limit, after, newestFirst } = boundsOf(page, 1);
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return { rows: [] };
  const edge = after?.[0] ?? (newestFirst ? Number.MAX_SAFE_INTEGER : 0);
  const sql = `${SELECT} where approval.scope = ? and seq ${newestFirst ? '<' : '>'} ? and (? is null or state = ?)
    order by seq ${newestFirst ? 'desc' : 'asc'} limit ?`;
  const wanted = state ?? null;
  const found = engine.sql.all<ApprovalColumns>(sql, scopeId, edge, wanted, wanted, limit + 1);
  return pageOf(found, limit, rowOf, ({ seq }) => cursorOf(seq));
}

function decide(
  engine: Engine,
  scope: Scope,
  id: string,
  { state, decision, ttlMs, entry }: ApprovalDecision,
): 'decided' | 'closed' | 'not_found' {
  const scopeId = engine.names.findScope(scope);
  const row = get(engine, scope, id);
  if (scopeId === undefined || row === undefined) return 'not_found';
  const { sql, nowMs } = engine;
  if (sql.run(DECIDE, state, decision, nowMs, nowMs + ttlMs, scopeId, id, nowMs) === 0) return 'closed';
  addEntry(engine, scope.environment, scopeId, entry);
  if (state === 'rejected') wake(engine, scopeId, row.callId);
  return 'decided';
}

const DECIDE = `update approval set state = ?, decision = ?, decided_at = ?, expires_at = ?
  where scope = ? and id = ? and state = 'pending' and expires_at > ?`;

function start(engine: Engine, scope: Scope, id: string, leaseMs: number): boolean {
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return false;
  return engine.sql.run(START, engine.nowMs + leaseMs, scopeId, id, engine.nowMs) === 1;
}

const START = `update approval set lease_until = ?
  where scope = ? and id = ? and state = 'approved' and coalesce(lease_until, 0) <= ?`;

function end(engine: Engine, scope: Scope, id: string, ending: ApprovalEnd): 'ended' | 'not_found' {
  const scopeId = engine.names.findScope(scope);
  const row = get(engine, scope, id);
  if (scopeId === undefined || row === undefined) return 'not_found';
  const { state, outcome = null, entry } = ending;
  const changed =
    state === 'used'
      ? engine.sql.run(USE, outcome, scopeId, id)
      : engine.sql.run(EXPIRE, outcome, scopeId, id, engine.nowMs);
  if (changed === 0) return 'not_found';
  if (entry !== undefined) addEntry(engine, scope.environment, scopeId, entry);
  wake(engine, scopeId, row.callId);
  return 'ended';
}

const USE = `update approval set state = 'used', outcome = ?, lease_until = null
  where scope = ? and id = ? and state = 'approved'`;
const EXPIRE = `update approval set state = 'expired', outcome = ?, lease_until = null
  where scope = ? and id = ? and state in ('pending', 'approved') and expires_at <= ?`;

/** Approved and in nobody's hand, or pending beyond their time. */
export function approvalsDue(engine: Engine, limit: number): ApprovalRow[] {
  return engine.sql.all<ApprovalColumns>(DUE, engine.nowMs, engine.nowMs, limit).map(rowOf);
}

const DUE = `${SELECT} where state in ('pending', 'approved')
    and case state when 'approved' then coalesce(lease_until, 0) <= ? else expires_at <= ? end
  order by seq limit ?`;

/** Whether the approval of a call came to an end without the call. */
export function isRefused(engine: Engine, scopeId: number, callId: string): boolean {
  return engine.sql.one(REFUSED, scopeId, callId) !== undefined;
}

const REFUSED = `select 1 from approval
  where scope = ? and call = ? and current = 1 and state in ('rejected', 'expired', 'used')`;

export const approvals = { request, get, ofCall, list, decide, start, end };
