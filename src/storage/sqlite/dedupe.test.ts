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

/** An event that carries this key, as delivery key or as body key. */
function eventWith(sql: Sql, seq: number, space: number, key: Uint8Array): void {
  const isBody = space % 2 === 1;
  sql.run(
    `insert into event (seq, id, scope, origin, provider, type, key, dedupe_key, body_key, received_at, stored_at,
       segment, body_start, headers_bytes, body_bytes, body_sha256, sealed, leaf, jobs)
     values (?, ?, 1, ?, 'p', 't', 'k', ?, ?, 0, 0, 1, 0, 0, 0, x'', 0, ?, 0)`,
    seq,
    `evt_${seq}`,
    Math.floor(space / 2),
    isBody ? new Uint8Array(randomBytes(16)) : key,
    isBody ? key : null,
    seq,
  );
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
      const space = added % 3 === 0 ? bodySpace(5) : keySpace(9);
      dedupe.add(space, key, added + 1);
      eventWith(sql, added + 1, space, key);
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
    expect(count(sql, 'dedupe')).toBe(0);
  });

  it('stay forgotten when a new owner reads what has not moved', async () => {
    const sql = await table();
    const keys = Array.from({ length: 4 }, () => new Uint8Array(randomBytes(16)));
    for (const [at, key] of keys.entries()) eventWith(sql, at + 1, keySpace(7), key);
    sql.run(`insert into meta (name, value) values ('keys_pruned', 2)`);
    const dedupe = new Dedupe(sql);
    expect(keys.map((key) => dedupe.find(keySpace(7), key))).toEqual([undefined, undefined, 3, 4]);
  });

  it('are found in a tree that the filter has not read yet', async () => {
    const sql = await table();
    const keys = Array.from({ length: 1_000 }, () => new Uint8Array(randomBytes(16)));
    for (const [at, key] of keys.entries())
      sql.run('insert into dedupe (space, key, event) values (?, ?, ?)', 4, key, at + 1);
    const dedupe = new Dedupe(sql);
    for (let commits = 0; commits < 8; commits++) {
      expect(keys.map((key) => dedupe.find(4, key))).toEqual(keys.map((_, at) => at + 1));
      expect(dedupe.find(6, keys[0]!)).toBe(undefined);
      dedupe.flush();
    }
    expect(dedupe.find(4, new Uint8Array(randomBytes(16)))).toBe(undefined);
  });
});
