import { expect, it } from 'vitest';
import { keyText } from './key-text.js';

it('a text as a key is short, and different for different texts', () => {
  expect(keyText('short')).toBe('short');
  const [one, other] = [keyText(`${'x'.repeat(5_000)}1`), keyText(`${'x'.repeat(5_000)}2`)];
  expect([one.length < 400, one === other]).toEqual([true, false]);
});
