import { cachedDataVersionTag } from 'node:v8';
import { setEnvironmentData } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { KEEP_COMPILED } from './compiled-module.js';
import { tuneHeaps } from './heaps.js';

it('changes the flags of V8, but not of a program that is run to be compiled', async () => {
  const before = cachedDataVersionTag();
  setEnvironmentData(KEEP_COMPILED, 'any');
  await tuneHeaps();
  expect(cachedDataVersionTag()).toBe(before);
  setEnvironmentData(KEEP_COMPILED, undefined as never);
  await tuneHeaps();
  expect(cachedDataVersionTag()).not.toBe(before);
});
