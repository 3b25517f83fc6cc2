import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bodySpace, Dedupe, keySpace } from './dedupe.js';
import { loadBinding, openWriter } from './engine-binding.js';
import { migrate } from './migrate.js';
import { Sql } from './sql.js';

async function table(): Promise<Sql> {
  const sql = new Sql(openWriter(await loadBinding(), ':memory:'));
  migrate(sql, 0);
  return sql;
}

const count = (sql: Sql, name: string): number => sql.one<{ n: number }>(`select count(*) as n from ${name}`)!.n;

describe('dedupe keys', () => {
  it('are known at every moment of their move, also to who starts in the middle of it', async () => {
    const sql = await table();
    const keys = Array.from({ length: 6_000 }, () => new Uint8Array(randomBytes(16)));
    let dedupe = new Dedupe(sql, 500);
    const knows = () => {
      for (const [at, key] of keys.entries()) {
        const space = at % 3 === 0 ? bodySpace(5) : keySpace(9);
        if (dedupe.find(space, key) !== (at < added ? at + 1 : undefined)) return at;
      }
      return 'all';
    };
    let added = 0;
    for (; added < keys.length;) {
      const key = keys[added]!;
      dedupe.add(added % 3 === 0 ? bodySpace(5) : keySpace(9), key, added + 1);
      added += 1;
      if (added % 10 === 0) dedupe.flush();
      if (added % 1_500 === 0) expect(knows()).toBe('all');
      if (added === 4_000) dedupe = new Dedupe(sql, 500);
    }
    expect(knows()).toBe('all');
    expect(count(sql, 'dedupe')).toBeGreaterThan(2_000);
    expect(dedupe.find(keySpace(5), keys[0]!)).toBe(undefined);
  });

  it('can be forgotten in the list, on the way, and in the tree', async () => {
    const sql = await table();
    const keys = Array.from({ length: 300 }, () => new Uint8Array(randomBytes(16)));
    const dedupe = new Dedupe(sql, 100);
    for (const [at, key] of keys.entries()) {
      dedupe.add(2, key, at + 1);
      if (at % 5 === 0) dedupe.flush();
      if (at % 7 === 0) dedupe.forget(2, keys[Math.floor(at / 2)]!, Math.floor(at / 2) + 1);
    }
    for (let at = 0; at < 200; at++) dedupe.flush();
    let gone = 0;
    for (const [at, key] of keys.entries()) {
      if (dedupe.find(2, key) === undefined) gone += 1;
      dedupe.forget(2, key, at + 1);
    }
    expect(gone).toBe(43);
    expect([count(sql, 'dedupe'), count(sql, 'recent_key')]).toEqual([0, 0]);
  });
});
