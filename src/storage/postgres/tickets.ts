/** Verbs on tickets: each comes back once. @module */
import type { Environment, Scope } from '../../core/scope.js';
import type { NewTicket, TicketRow } from '../../core/ticket.js';
import type { Engine } from './engine.js';
import { SERVER_NOW } from './functions.js';

async function issue(
  engine: Engine,
  scope: Scope,
  { kind, hash, body, ttlMs }: NewTicket,
): Promise<'issued' | 'exists'> {
  const scopeId = await engine.names.scopeId(scope);
  const added = await engine.database.run(INSERT, engine.nowMs(), kind, hash, scopeId, body, ttlMs);
  return added === 1 ? 'issued' : 'exists';
}

const INSERT = `insert into fairlead.ticket (kind, hash, scope, body, created_at, expires_at)
  select $2::text, $3::bytea, $4::integer, $5::bytea, now, now + $6::bigint from ${SERVER_NOW}
  on conflict (kind, hash) do nothing`;

interface TicketColumns {
  tenant: string;
  environment: Environment;
  body: Uint8Array;
  created_at: number;
  is_over: boolean;
}

/** One statement: of two that come at once, the second finds nothing. */
export async function redeemTicket(engine: Engine, kind: string, hash: Uint8Array): Promise<TicketRow | undefined> {
  const found = await engine.database.one<TicketColumns>(REDEEM, engine.nowMs(), kind, hash);
  if (found === undefined || found.is_over) return undefined;
  const { tenant, environment, body, created_at: createdAtMs } = found;
  return { tenant, environment, body, createdAtMs };
}

const REDEEM = `delete from fairlead.ticket as t using fairlead.scope as s, ${SERVER_NOW}
  where t.kind = $2::text and t.hash = $3::bytea and s.id = t.scope
  returning s.tenant, s.environment, t.body, t.created_at, t.expires_at <= moment.now as is_over`;

export async function pruneTickets({ database }: Engine, nowMs: number, limit: number): Promise<number> {
  return await database.run(OLD, nowMs, limit);
}

const OLD = `delete from fairlead.ticket where (kind, hash) in
  (select kind, hash from fairlead.ticket where expires_at <= $1::bigint order by expires_at limit $2)`;

export const tickets = { issue };
