import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyText } from '../../core/key-text.js';
import { boolArray, byteaArray, int4Array, int8Array, textArray } from './arrays.js';
import { fromStoredText, toStoredText } from './text.js';

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

  it('as a key is short, and different for different texts', () => {
    expect(keyText('short')).toBe('short');
    const [one, other] = [keyText(`${'x'.repeat(5_000)}1`), keyText(`${'x'.repeat(5_000)}2`)];
    expect([one.length < 400, one === other]).toEqual([true, false]);
  });
});

describe('arrays', () => {
  it('have the layout of array_recv', () => {
    expect(int4Array([]).toString('hex')).toBe('000000000000000000000017');
    expect(int4Array([1, -1]).toString('hex')).toBe(
      `${'00000001000000000000001700000002'}${'00000001'}${'0000000400000001'}${'00000004ffffffff'}`,
    );
    expect(int8Array([-5, undefined, 2 ** 40]).toString('hex')).toBe(
      `${'00000001000000010000001400000003'}${'00000001'}${'00000008fffffffffffffffb'}${'ffffffff'}${'000000080000010000000000'}`,
    );
    expect(textArray(['a', undefined]).toString('hex')).toBe(
      `${'00000001000000010000001900000002'}${'00000001'}${'0000000161'}${'ffffffff'}`,
    );
    expect(boolArray([true, false]).toString('hex')).toBe(
      `${'00000001000000000000001000000002'}${'00000001'}${'0000000101'}${'0000000100'}`,
    );
    expect(
      byteaArray([Uint8Array.of(0, 255)])
        .subarray(20)
        .toString('hex'),
    ).toBe('0000000200ff');
  });
});
