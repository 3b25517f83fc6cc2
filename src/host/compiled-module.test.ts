import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BroadcastChannel, setEnvironmentData } from 'node:worker_threads';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { KEEP_COMPILED, loadCompiled } from './compiled-module.js';

const SOURCE = `exports.name = require('node:path').basename(__filename);
exports.dash = /^—$/;
exports.late = () => module.importLate('node:os');
exports.sum = (a, b) => a + b;
`;

interface Loaded {
  name: string;
  dash: RegExp;
  late(): Promise<{ EOL: string }>;
  sum(a: number, b: number): number;
}

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'fairlead-compiled-'))));
afterEach(() => {
  setEnvironmentData(KEEP_COMPILED, undefined as never);
  rmSync(folder, { recursive: true, force: true });
});

function load(name: string, source: string): Loaded {
  const path = join(folder, name);
  writeFileSync(path, source);
  return loadCompiled(path) as Loaded;
}

/** Runs a file and lets its code be kept. */
async function keep(name: string, source: string): Promise<string> {
  setEnvironmentData(KEEP_COMPILED, name);
  load(name, source).sum(1, 2);
  const channel = new BroadcastChannel(name);
  const kept = new Promise((resolve) =>
    channel.addEventListener('message', (event) => resolve((event as MessageEvent).data)),
  );
  channel.postMessage('now');
  expect(await kept).toBe(join(folder, name));
  channel.close();
  return join(folder, `${name}.compiled`);
}

it('runs a file as require would, once, and imports for it', async () => {
  const loaded = load('plain.cjs', SOURCE);
  expect(loaded.name).toBe('plain.cjs');
  expect(loaded.dash.test('—')).toBe(true);
  expect(createRequire(import.meta.url)(join(folder, 'plain.cjs'))).toBe(loaded);
  expect((await loaded.late()).EOL).toBe('\n');
});

it('runs from what was kept, and compiles where that is of another text or nothing V8 knows', async () => {
  const path = await keep('kept.cjs', SOURCE);
  expect(load('kept.cjs', SOURCE).sum(1, 2)).toBe(3);
  // As long as the other: V8 alone would not see the difference.
  expect(load('kept.cjs', SOURCE.replace('a + b', 'a * b')).sum(3, 3)).toBe(9);
  const kept = readFileSync(path);
  for (const broken of [
    Buffer.alloc(0),
    kept.subarray(0, 40),
    Buffer.concat([kept.subarray(0, 32), Buffer.alloc(500)]),
  ]) {
    writeFileSync(path, broken);
    expect(load('kept.cjs', SOURCE).sum(1, 2)).toBe(3);
  }
});

it('writes what is kept once, whatever the others on the channel say', async () => {
  const first = await keep('channel', SOURCE);
  rmSync(first);
  expect(load('second.cjs', SOURCE).sum(1, 2)).toBe(3);
  const channel = new BroadcastChannel('channel');
  const kept = new Promise((resolve) =>
    channel.addEventListener('message', (event) => resolve((event as MessageEvent).data)),
  );
  channel.postMessage('now');
  expect(await kept).toBe(join(folder, 'second.cjs'));
  channel.close();
  expect(existsSync(first)).toBe(false);
});
