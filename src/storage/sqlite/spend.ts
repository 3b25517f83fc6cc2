/** Verbs on counters of amounts. @module */
import type { Scope } from '../../core/scope.js';
import type { SpendItem, SpendTaken, SpendWindow } from '../../core/spend.js';
import type { Engine } from './engine.js';

function sums(engine: Engine, scope: Scope, windows: readonly SpendWindow[]): number[] {
  const scopeId = engine.names.findScope(scope);
  return windows.map((window) => (scopeId === undefined ? 0 : sumOf(engine, scopeId, window)));
}

function sumOf({ sql, nowMs }: Engine, scopeId: number, { counter, windowMs }: SpendWindow): number {
  return sql.one<{ sum: number }>(SUM, scopeId, counter, nowMs - windowMs)!.sum;
}

const SUM = `select coalesce(sum(minor), 0) as sum from spend where scope = ? and counter = ? and at > ?`;

function take(engine: Engine, scope: Scope, key: string, items: readonly SpendItem[]): SpendTaken {
  const scopeId = engine.names.scopeId(scope);
  const fresh = items.filter(({ counter }) => engine.sql.one(KNOWN, scopeId, counter, key) === undefined);
  for (const item of fresh) {
    const { counter, minor, limit } = item;
    if (limit !== undefined && sumOf(engine, scopeId, item) + minor > limit) return { kind: 'over', counter };
  }
  for (const { counter, minor } of fresh) engine.sql.run(COUNT, scopeId, counter, key, engine.nowMs, minor);
  return { kind: 'taken' };
}

const KNOWN = 'select 1 from spend where scope = ? and counter = ? and key = ?';
const COUNT = 'insert into spend (scope, counter, key, at, minor) values (?, ?, ?, ?, ?)';

function giveBack(engine: Engine, scope: Scope, key: string): void {
  const scopeId = engine.names.findScope(scope);
  if (scopeId !== undefined) engine.sql.run('delete from spend where scope = ? and key = ?', scopeId, key);
}

export const spend = { sums, take, giveBack };
