import { expect, it } from 'vitest';
import { crc32 } from './crc32.js';

it.each([
  ['', 0],
  ['a', 0xe8b7be43],
  ['abc', 0x352441c2],
  ['123456789', 0xcbf43926],
  ['The quick brown fox jumps over the lazy dog', 0x414fa339],
])('of %j', (text, sum) => expect(crc32(Buffer.from(text))).toBe(sum));

it('is the same however the bytes are cut', () => {
  const bitwise = (bytes: Uint8Array): number => {
    let crc = 0xffffffff;
    for (const byte of bytes) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    }
    return (crc ^ 0xffffffff) >>> 0;
  };
  const bytes = Uint8Array.from({ length: 300 }, (_, index) => (index * 37) & 255);
  for (let length = 0; length <= 300; length++) {
    expect(crc32(bytes.subarray(300 - length))).toBe(bitwise(bytes.subarray(300 - length)));
  }
});
