import { build } from 'esbuild';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Clock, ThreadHandle, Threads } from '../../core/ports.js';
import { storeConformance, type StoreUnderTest } from '../../testing/store-conformance/index.js';
import { openSqlite, openSqliteInProcess, verifyBackup, type InProcessStore } from './index.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
mkdirSync(join(ROOT, '.tmp'), { recursive: true });
// Inside the checkout, so that what is bundled there finds the packages.
const folder = mkdtempSync(join(ROOT, '.tmp', 'store-'));
const framework = { describe, it, expect };

beforeAll(async () => {
  const entryPoints = ['writer-thread', 'reader-thread'].map((entry) => join(ROOT, `src/storage/sqlite/${entry}.ts`));
  await build({ entryPoints, outdir: folder, bundle: true, format: 'esm', platform: 'node', packages: 'external' });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
let template: string | undefined;

/** A file whose schema is there already: that migrations make it is what the tests of migrations show. */
async function nextPath(clock: Clock): Promise<string> {
  if (template === undefined) {
    template = join(folder, 'template.db');
    await (await openSqliteInProcess(template, { clock })).system.close();
  }
  const path = join(folder, `${count++}.db`);
  copyFileSync(template, path);
  return path;
}

storeConformance(
  'sqlite in memory',
  async (clock) => inProcess(await openSqliteInProcess(':memory:', { clock }), ''),
  framework,
);

storeConformance(
  'sqlite in process',
  async (clock) => {
    const path = await nextPath(clock);
    return inProcess(await openSqliteInProcess(path, { clock }), path);
  },
  framework,
);

storeConformance('sqlite in threads', async (clock) => inThreads(await nextPath(clock), clock), framework);

function inProcess(store: InProcessStore, path: string): StoreUnderTest {
  return {
    store,
    crash: () => store.crash(),
    reopen: async () => inProcess(await store.reopen(), path),
    backup: { path: `${path}.backup`, verify: verifyBackup },
  };
}

async function inThreads(path: string, clock: Clock): Promise<StoreUnderTest> {
  const running: ThreadHandle[] = [];
  const threads: Threads = {
    spawn(entry, data) {
      const thread = start(pathToFileURL(join(folder, `${entry}.js`)), data);
      running.push(thread);
      return thread;
    },
  };
  const store = await openSqlite({ path, threads, clock, log: () => {}, onFatal: () => {} });
  const kill = async (): Promise<void> => void (await Promise.all(running.map((thread) => thread.terminate())));
  return {
    store,
    crash: () => void kill(),
    async reopen() {
      await kill();
      return inThreads(path, clock);
    },
    backup: { path: `${path}.backup`, verify: verifyBackup },
  };
}

function start(file: URL, data: unknown): ThreadHandle {
  const worker = new Worker(file, { workerData: data });
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    onMessage: (listener) => void worker.on('message', listener),
    onExit: (listener) => void worker.once('exit', (code) => listener(`exited with code ${code}`)),
    terminate: async () => void (await worker.terminate()),
  };
}
