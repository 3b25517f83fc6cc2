import { expect, it } from 'vitest';
import { decodedText } from './text.js';

it.each<[number[], string, string]>([
  [[0xef, 0xbb, 0xbf, 0x61], 'a', 'utf-8'],
  [[0xff, 0xfe, 0x61, 0x00], 'a', 'utf-16le'],
  [[0xfc, 0x80], 'ü€', 'windows-1252'],
  [[], '', 'utf-8'],
])('decodes %j as %j', (bytes, text, encoding) => {
  expect(decodedText(Uint8Array.from(bytes))).toEqual({ text, encoding });
});
