/** Verbs on counters of amounts. @module */
import type { Scope } from '../../core/scope.js';
import type { SpendItem, SpendTaken, SpendWindow } from '../../core/spend.js';
import type { Sql } from './database.js';
import type { Engine } from './engine.js';
import { SERVER_NOW } from './functions.js';
import { keyText } from '../../core/key-text.js';

async function sums(engine: Engine, scope: Scope, windows: readonly SpendWindow[]): Promise<number[]> {
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return windows.map(() => 0);
  return Promise.all(windows.map((window) => sumOf(engine.database, engine.nowMs(), scopeId, window)));
}

async function sumOf(
  sql: Sql,
  nowMs: number | null,
  scopeId: number,
  { counter, windowMs }: SpendWindow,
): Promise<number> {
  return (await sql.one<{ sum: number }>(SUM, nowMs, scopeId, keyText(counter), windowMs))!.sum;
}

const SUM = `select coalesce(sum(minor), 0)::bigint as sum from fairlead.spend, ${SERVER_NOW}
  where scope = $2::integer and counter = $3::text and at > now - $4::bigint`;

async function take(engine: Engine, scope: Scope, key: string, items: readonly SpendItem[]): Promise<SpendTaken> {
  const scopeId = await engine.names.scopeId(scope);
  const nowMs = engine.nowMs();
  return engine.database.transaction(async (sql): Promise<SpendTaken> => {
    // One after the other: of two that fit alone and not together, the second sees the first.
    await sql.all(LOCK, scopeId);
    const fresh: SpendItem[] = [];
    for (const item of items) {
      const known = await sql.one(KNOWN, scopeId, keyText(item.counter), keyText(key));
      if (known === undefined) fresh.push(item);
    }
    for (const item of fresh) {
      if (item.limit === undefined) continue;
      const sum = await sumOf(sql, nowMs, scopeId, item);
      if (sum + item.minor > item.limit) return { kind: 'over', counter: item.counter };
    }
    for (const { counter, minor } of fresh) {
      await sql.run(COUNT, nowMs, scopeId, keyText(counter), keyText(key), minor);
    }
    return { kind: 'taken' };
  });
}

const LOCK = `select pg_advisory_xact_lock(hashtext('fairlead.spend'), $1::integer)`;
const KNOWN = 'select 1 from fairlead.spend where scope = $1 and counter = $2 and key = $3';
const COUNT = `insert into fairlead.spend (scope, counter, key, at, minor)
  select $2::integer, $3::text, $4::text, now, $5::bigint from ${SERVER_NOW}`;

async function giveBack(engine: Engine, scope: Scope, key: string): Promise<void> {
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return;
  await engine.database.run('delete from fairlead.spend where scope = $1 and key = $2', scopeId, keyText(key));
}

export const spend = { sums, take, giveBack };
