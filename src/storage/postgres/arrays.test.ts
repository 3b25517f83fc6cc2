import { describe, expect, it } from 'vitest';
import { boolArray, byteaArray, int4Array, int8Array, textArray } from './arrays.js';

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
