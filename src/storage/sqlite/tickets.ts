/** Verbs on tickets: each comes back once. @module */
import type { Scope } from '../../core/scope.js';
import type { NewTicket, TicketRow } from '../../core/ticket.js';
import type { Engine } from './engine.js';

function issue(engine: Engine, scope: Scope, { kind, hash, body, ttlMs }: NewTicket): 'issued' | 'exists' {
  const { sql, nowMs } = engine;
  if (sql.one('select 1 from ticket where kind = ? and hash = ?', kind, hash) !== undefined) return 'exists';
  sql.run(INSERT, kind, hash, engine.names.scopeId(scope), body, nowMs, nowMs + ttlMs);
  return 'issued';
}

const INSERT = `insert into ticket (kind, hash, scope, body, created_at, expires_at) values (?, ?, ?, ?, ?, ?)`;

interface TicketColumns {
  scope: number;
  body: Uint8Array;
  createdAtMs: number;
  expiresAtMs: number;
}

export function redeemTicket(engine: Engine, kind: string, hash: Uint8Array): TicketRow | undefined {
  const found = engine.sql.one<TicketColumns>(REDEEM, kind, hash);
  if (found === undefined || found.expiresAtMs <= engine.nowMs) return undefined;
  const { tenant, environment } = engine.names.scopeOf(found.scope);
  return { tenant, environment, body: found.body, createdAtMs: found.createdAtMs };
}

const REDEEM = `delete from ticket where kind = ? and hash = ?
  returning scope, body, created_at as createdAtMs, expires_at as expiresAtMs`;

export function pruneTickets(engine: Engine, limit: number): number {
  return engine.sql.run(OLD, engine.nowMs, limit);
}

const OLD = `delete from ticket where (kind, hash) in
  (select kind, hash from ticket where expires_at <= ? order by expires_at limit ?)`;

export const tickets = { issue };
