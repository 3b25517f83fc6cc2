import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromStoredText, toStoredText } from './stored-text.js';

describe('text', () => {
  it('comes back as it was given, and holds no NUL in between', () => {
    const text = fc.array(fc.constantFrom('\0', '\x01', '\x02', 'a', 'ü')).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, (given) => {
        const stored = toStoredText(given);
        expect(stored.includes('\0')).toBe(false);
        expect(fromStoredText(stored)).toBe(given);
      }),
    );
  });
});
