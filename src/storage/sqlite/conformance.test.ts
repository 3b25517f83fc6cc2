import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { Clock } from '../../core/ports.js';
import { realThreads } from '../../host/threads.js';
import { storeConformance, type StoreUnderTest } from '../../testing/store-conformance/index.js';
import { openSqlite, openSqliteInProcess, verifyBackup, type InProcessStore } from './index.js';

const folder = mkdtempSync(join(tmpdir(), 'fairlead-store-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
const nextPath = (): string => join(folder, `${count++}.db`);

function inProcess(store: InProcessStore, path: string): StoreUnderTest {
  return {
    store,
    crash: () => store.crash(),
    reopen: async () => inProcess(await store.reopen(), path),
    backup: { path: `${path}.backup`, verify: verifyBackup },
  };
}

const framework = { describe, it, expect };

storeConformance(
  'sqlite in memory',
  async (clock) => inProcess(await openSqliteInProcess(':memory:', { clock }), ''),
  framework,
);

storeConformance(
  'sqlite in process',
  async (clock) => {
    const path = nextPath();
    return inProcess(await openSqliteInProcess(path, { clock }), path);
  },
  framework,
);

const entry = fileURLToPath(new URL('../../../dist/writer-thread.js', import.meta.url));
if (existsSync(entry)) {
  storeConformance('sqlite in threads', async (clock) => threaded(nextPath(), clock), framework);
} else {
  describe('store: sqlite in threads', () => {
    it.todo('is not built: run npm run build');
  });
}

async function threaded(path: string, clock: Clock): Promise<StoreUnderTest> {
  const running: { terminate(): Promise<void> }[] = [];
  const threads = {
    spawn: (...args: Parameters<ReturnType<typeof realThreads>['spawn']>) => {
      const thread = realThreads(() => {}).spawn(...args);
      running.push(thread);
      return thread;
    },
  };
  const store = await openSqlite({ path, threads, clock, log: () => {}, onFatal: () => {} });
  return {
    store,
    crash: () => void Promise.all(running.map((thread) => thread.terminate())),
    async reopen() {
      await Promise.all(running.map((thread) => thread.terminate()));
      return threaded(path, clock);
    },
    backup: { path: `${path}.backup`, verify: verifyBackup },
  };
}
