import { cachedDataVersionTag } from 'node:v8';
import { setEnvironmentData } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { KEEP_COMPILED } from './compiled-module.js';
import { growHeapsSlowly } from './heap-growth.js';

it('changes the flags of V8, but not of a program that is run to be compiled', async () => {
  const before = cachedDataVersionTag();
  setEnvironmentData(KEEP_COMPILED, 'any');
  await growHeapsSlowly();
  expect(cachedDataVersionTag()).toBe(before);
  setEnvironmentData(KEEP_COMPILED, undefined as never);
  await growHeapsSlowly();
  expect(cachedDataVersionTag()).not.toBe(before);
});
