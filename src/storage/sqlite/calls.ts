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
import { assert } from '../../core/errors.js';
import { keyText } from '../../core/key-text.js';
import { boundsOf, cursorOf, pageOf } from '../../core/page-cursor.js';
import type { Scope } from '../../core/scope.js';
import type { Page, PageRequest } from '../../core/store.js';
import { addEntry } from './audit-table.js';
import type { Engine } from './engine.js';
import type { Parameter } from './engine-binding.js';
import { wake } from './job-table.js';

interface LedgerColumns {
  seq: number;
  id: string;
  operation: string;
  inputHash: Uint8Array;
  state: CallState;
  fence: number;
  attempts: number;
  sendingAt: number | null;
  leaseUntil: number | null;
  endedAt: number | null;
  forgetAt: number | null;
  result: string | null;
}

const FIRST_FENCE = 1;

/** Long keys are kept short; those of an earlier version of this program were not. */
function lastUnder({ sql }: Engine, scopeId: number, key: string): LedgerColumns | undefined {
  const short = keyText(key);
  const last = sql.one<LedgerColumns>(BY_KEY, scopeId, short);
  return last ?? (short === key ? undefined : sql.one<LedgerColumns>(BY_KEY, scopeId, key));
}

function begin(engine: Engine, scope: Scope, call: NewCall): CallBeginning {
  const scopeId = engine.names.scopeId(scope);
  // Nearly every key is new, and the row's own index says so; only a long one may stand there as it is, see lastUnder.
  if (keyText(call.key) === call.key && insert(engine, scopeId, call, FIRST_FENCE)) {
    return begun(engine, scope, scopeId, call, FIRST_FENCE);
  }
  const earlier = lastUnder(engine, scopeId, call.key);
  if (earlier === undefined || isForgotten(engine, earlier)) return start(engine, scope, scopeId, call, earlier);
  if (earlier.operation !== call.operation || !sameBytes(earlier.inputHash, call.inputHash)) {
    return { kind: 'mismatch', callId: earlier.id };
  }
  switch (earlier.state) {
    case 'done':
      return { kind: 'done', callId: earlier.id, result: earlier.result!, endedAtMs: earlier.endedAt! };
    case 'unknown':
      return { kind: 'unknown', callId: earlier.id };
    case 'failed':
      return start(engine, scope, scopeId, call, earlier);
    case 'running':
      break;
  }
  if (earlier.leaseUntil! > engine.nowMs) return { kind: 'running', callId: earlier.id };
  if (earlier.sendingAt === null) {
    // The holder is gone and never sent: that execution came to nothing.
    engine.sql.run(GAVE_UP, engine.nowMs, engine.nowMs + call.keyTtlMs, earlier.seq);
    return start(engine, scope, scopeId, call, earlier);
  }
  return takeOver(engine, scope, scopeId, call, earlier, earlier.sendingAt);
}

const BY_KEY = `select seq, id, operation, input_hash as inputHash, state, fence, attempts, sending_at as sendingAt,
    lease_until as leaseUntil, ended_at as endedAt, forget_at as forgetAt, result
  from call where scope = ? and key = ? and current = 1`;

const GAVE_UP = `update call set state = 'failed', ended_at = ?, forget_at = ? where seq = ?`;

function isForgotten(engine: Engine, { forgetAt }: LedgerColumns): boolean {
  return forgetAt !== null && forgetAt <= engine.nowMs;
}

/** A new execution under the key. The earlier one, if any, stays in the history. */
function start(
  engine: Engine,
  scope: Scope,
  scopeId: number,
  call: NewCall,
  earlier: LedgerColumns | undefined,
): CallBeginning {
  const fence = earlier === undefined ? FIRST_FENCE : earlier.fence + 1;
  if (earlier !== undefined) engine.sql.run('update call set current = 0 where seq = ?', earlier.seq);
  assert(insert(engine, scopeId, call, fence), 'a key that nobody holds is free, and so is the id of a new call');
  return begun(engine, scope, scopeId, call, fence);
}

function begun(engine: Engine, scope: Scope, scopeId: number, call: NewCall, fence: number): CallBeginning {
  addEntry(engine, scope.environment, scopeId, call.entry);
  return { kind: 'begun', fence };
}

/** @returns whether key and id were free */
function insert({ sql, nowMs, epoch }: Engine, scopeId: number, call: NewCall, fence: number): boolean {
  const inserted = sql.run(
    INSERT,
    scopeId,
    call.id,
    keyText(call.key),
    call.operation,
    call.inputHash,
    fence,
    call.sending ? 1 : 0,
    call.sending ? nowMs : null,
    call.sending ? epoch : null,
    nowMs + call.leaseMs,
    call.keyTtlMs,
    nowMs,
  );
  return inserted === 1;
}

const INSERT = `insert into call
  (scope, id, key, current, operation, input_hash, state, fence, attempts, sending_at, sender, lease_until, key_ttl,
   started_at)
  values (?, ?, ?, 1, ?, ?, 'running', ?, ?, ?, ?, ?, ?, ?)
  on conflict do nothing`;

function takeOver(
  engine: Engine,
  scope: Scope,
  scopeId: number,
  call: NewCall,
  earlier: LedgerColumns,
  lastSendingAtMs: number,
): CallBeginning {
  const fence = earlier.fence + 1;
  engine.sql.run(
    'update call set fence = ?, lease_until = ? where seq = ?',
    fence,
    engine.nowMs + call.leaseMs,
    earlier.seq,
  );
  addEntry(engine, scope.environment, scopeId, call.entry);
  return { kind: 'taken_over', fence, callId: earlier.id, attempts: earlier.attempts, lastSendingAtMs };
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}

function sending(engine: Engine, scope: Scope, callId: string, fence: number, leaseMs: number): 'recorded' | 'lost' {
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return 'lost';
  const { nowMs, epoch } = engine;
  return engine.sql.run(SENDING, nowMs, epoch, nowMs + leaseMs, scopeId, callId, fence) === 1 ? 'recorded' : 'lost';
}

const SENDING = `update call set attempts = attempts + 1, sending_at = ?, sender = ?, lease_until = ?
  where scope = ? and id = ? and fence = ? and state = 'running'`;

/**
 * Owners come one after the other, each under a lock that the kernel takes from a process only when it dies: whoever
 * sent in an earlier epoch than ours is dead, and so are all before it.
 */
function takeUp(engine: Engine, scope: Scope, { callId, fence, ground, leaseMs, entry }: TakeUp): TakenUp {
  const scopeId = engine.names.findScope(scope);
  const open = scopeId === undefined ? undefined : engine.sql.one<{ sender: number }>(OPEN, scopeId, callId, fence);
  if (scopeId === undefined || open === undefined) return { kind: 'lost' };
  const { nowMs, epoch } = engine;
  if (ground === 'not_found' && open.sender >= epoch) return { kind: 'sender_may_live' };
  engine.sql.run(TAKE_UP, nowMs, epoch, nowMs + leaseMs, scopeId, callId);
  addEntry(engine, scope.environment, scopeId, entry);
  return { kind: 'taken_up', fence: fence + 1 };
}

// Before senders were written down, every process had an epoch that is over.
const OPEN = `select coalesce(sender, 0) as sender from call
  where scope = ? and id = ? and fence = ? and state in ('running', 'unknown')`;
const TAKE_UP = `update call set state = 'running', fence = fence + 1, attempts = attempts + 1, sending_at = ?, sender = ?,
  lease_until = ?, ended_at = null, forget_at = null, duration_ms = null, result = null where scope = ? and id = ?`;

function settle(engine: Engine, scope: Scope, settlement: CallSettlement): 'settled' | 'lost' {
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return 'lost';
  const { callId, fence, state, result, attempts, durationMs } = settlement;
  const { nowMs } = engine;
  const values = [state, result, attempts, durationMs, nowMs, state, nowMs, scopeId, callId];
  const changed = fence === 0 ? engine.sql.run(DECIDE, ...values) : engine.sql.run(SETTLE, ...values, fence);
  if (changed === 0) return 'lost';
  addEntry(engine, scope.environment, scopeId, settlement.entry);
  if (state !== 'unknown') wake(engine, scopeId, callId);
  return 'settled';
}

// An unknown call is remembered until somebody decides, whatever the life of its key.
const OUTCOME = `update call set state = ?, result = ?, attempts = ?, duration_ms = ?, ended_at = ?,
  forget_at = case when ? = 'unknown' then null else ? + key_ttl end, lease_until = null
  where scope = ? and id = ?`;
const SETTLE = `${OUTCOME} and fence = ? and state = 'running'`;
const DECIDE = `${OUTCOME} and state = 'unknown'`;

interface CallColumns {
  seq: number;
  id: string;
  key: string;
  operation: string;
  state: CallState;
  fence: number;
  attempts: number;
  startedAt: number;
  endedAt: number | null;
  durationMs: number | null;
  result: string | null;
}

const COLUMNS = `seq, id, key, operation, state, fence, attempts, started_at as startedAt, ended_at as endedAt,
  duration_ms as durationMs, result`;

function rowOf(columns: CallColumns): CallRow {
  const { id, key, operation, state, fence, attempts } = columns;
  const row: CallRow = { id, key, operation, state, fence, attempts, startedAtMs: columns.startedAt };
  if (columns.endedAt !== null) row.endedAtMs = columns.endedAt;
  if (columns.durationMs !== null) row.durationMs = columns.durationMs;
  if (columns.result !== null) row.result = columns.result;
  return row;
}

function get(engine: Engine, scope: Scope, callId: string): CallRow | undefined {
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return undefined;
  const row = engine.sql.one<CallColumns>(`select ${COLUMNS} from call where scope = ? and id = ?`, scopeId, callId);
  return row && rowOf(row);
}

function underKey(engine: Engine, scope: Scope, key: string): CallRow | undefined {
  const scopeId = engine.names.findScope(scope);
  const last = scopeId === undefined ? undefined : lastUnder(engine, scopeId, key);
  return last === undefined || isForgotten(engine, last) ? undefined : get(engine, scope, last.id);
}

function list(engine: Engine, scope: Scope, { operation, state }: CallFilter, page: PageRequest): Page<CallRow> {
  const { limit, after, newestFirst } = boundsOf(page, 1);
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return { rows: [] };
  const conditions = ['scope = ?'];
  const parameters: Parameter[] = [scopeId];
  if (state !== undefined) {
    conditions.push('state = ?');
    parameters.push(state);
  }
  const isOpen = state === 'running' || state === 'unknown';
  // The condition of the partial index, word for word: SQLite does not conclude it from the state asked for.
  if (isOpen) conditions.push(`state in ('running', 'unknown')`);
  if (operation !== undefined) {
    conditions.push('operation = ?');
    parameters.push(operation);
  }
  if (after !== undefined) {
    conditions.push(newestFirst ? 'seq < ?' : 'seq > ?');
    parameters.push(after[0]!);
  }
  const sql = `select ${COLUMNS} from call indexed by ${isOpen ? 'call_open' : 'call_scope'}
    where ${conditions.join(' and ')} order by seq ${newestFirst ? 'desc' : 'asc'} limit ?`;
  const rows = engine.sql.allOnce<CallColumns>(sql, [...parameters, limit + 1]);
  return pageOf(rows, limit, rowOf, ({ seq }) => cursorOf(seq));
}

/** Ends the leases of a process that is gone: what it may have sent is taken over, the rest begins again. */
export function abandonCalls(engine: Engine): void {
  engine.sql.run(`update call set lease_until = ? where state = 'running' and lease_until > ?`, 0, 0);
}

export const calls = { begin, sending, takeUp, settle, get, underKey, list };
