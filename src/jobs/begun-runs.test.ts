import { expect, it } from 'vitest';
import { begin, lastBegun, noneBegun, takeBack } from './begun-runs.js';

it('lets a run be begun or taken back, never both', () => {
  const begun = noneBegun();
  expect(begin(begun, 1)).toBe(true);
  expect(takeBack(begun, 3)).toBe(1);
  expect([begin(begun, 2), begin(begun, 3), begin(begun, 4)]).toEqual([false, false, true]);
  expect(lastBegun(begun)).toBe(4);
});

it('counts on beyond the largest number', () => {
  const begun = noneBegun();
  const last = 2 ** 31 - 1;
  begun[0] = last - 1;
  expect(begin(begun, last)).toBe(true);
  expect(begin(begun, (last + 1) | 0)).toBe(true);
  expect(takeBack(begun, (last + 3) | 0)).toBe(-(2 ** 31));
  expect(begin(begun, (last + 3) | 0)).toBe(false);
  expect(begin(begun, (last + 4) | 0)).toBe(true);
});
