import { expect, it } from 'vitest';
import { SeededRandom } from '../../core/seeded-random.js';
import { loadBinding } from './engine-binding.js';
import { RowQueue } from './row-queue.js';
import { Sql } from './sql.js';

const binding = await loadBinding();

function queueOf(shared: string[], end?: string): { sql: Sql; queue: RowQueue } {
  const sql = new Sql(binding.open(':memory:', { readOnly: false }));
  sql.exec('create table t (n integer primary key, a integer, b text, c blob, d integer) strict');
  return { sql, queue: new RowQueue(sql, 'insert into t (n, a, b, c, d)', shared, end) };
}

it('puts every row in as it was given, whatever neighbours have in common', () => {
  const random = new SeededRandom(5);
  const pick = <Value>(values: readonly Value[]): Value => values[random.bytes(1)[0]! % values.length]!;
  const { sql, queue } = queueOf(['a', 'b', 'd']);
  const rows: [number, number | null, string, Uint8Array, number][] = [];
  for (let group = 0; group < 60; group++) {
    // Some groups are of one kind, some differ in one column, some in all.
    const [a, b, d] = [pick([1, 2, null]), pick(['x', 'y']), pick([7, 8])];
    const varied = pick([0, 1, 2, 3, 7]);
    for (let count = group % 41; count > 0; count--) {
      const row: (typeof rows)[number] = [
        rows.length + 1,
        varied & 1 ? pick([1, 2, null]) : a,
        varied & 2 ? pick(['x', 'y']) : b,
        random.bytes(3),
        varied & 4 ? pick([7, 8]) : d,
      ];
      rows.push(row);
      queue.add(...row);
    }
    queue.flush();
  }
  const stored = sql.tuples<(typeof rows)[number]>('select n, a, b, c, d from t order by n');
  expect(stored.map(([n, a, b, c, d]) => [n, a, b, new Uint8Array(c), d])).toEqual(
    rows.map(([n, a, b, c, d]) => [n, a, b, new Uint8Array(c), d]),
  );
});

it('ends each statement as it was told to, and forgets what was not put in', () => {
  const { sql, queue } = queueOf(['a'], 'on conflict (n) do nothing');
  for (const a of [1, 1, 1, 2]) queue.add(1, a, 'x', Uint8Array.of(1), 1);
  queue.flush();
  queue.add(2, 1, 'x', Uint8Array.of(1), 1);
  queue.reset();
  queue.flush();
  expect(sql.tuples('select n, a from t')).toEqual([[1, 1]]);
});
