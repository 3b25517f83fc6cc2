import { expect, it } from 'vitest';
import { giveBack } from './give-back.js';

it('leaves buffers empty', () => {
  const buffers = [new ArrayBuffer(8), new Uint8Array([1, 2]).buffer];
  giveBack(buffers);
  giveBack([]);
  expect(buffers.map(({ byteLength }) => byteLength)).toEqual([0, 0]);
});
