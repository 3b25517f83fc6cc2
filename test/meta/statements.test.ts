/** The statements about what agents may do and see: each has a test that names it. */
import { expect, it } from 'vitest';
import { textOf, treeFiles } from './tree.js';

const STATEMENTS = 38;
it('every statement is named by a test', () => {
  const tests = treeFiles(/\.test\.ts$/).filter((path) => !path.startsWith('test/meta/'));
  const named = new Set(
    tests.flatMap((path) =>
      [...textOf(path).matchAll(/\bstatements? (\d{1,2})\b/g)].map(([, number]) => Number(number)),
    ),
  );
  const missing = Array.from({ length: STATEMENTS }, (_, at) => at + 1).filter((number) => !named.has(number));
  expect(missing).toEqual([]);
});
