/** A composed Fairlead in virtual time, over the real engine in memory: what doors are tested on. */
import { composeFairlead, type Fairlead } from '../../src/compose.js';
import { readConfig, type UserConfig } from '../../src/config.js';
import type { Net } from '../../src/core/ports.js';
import type { Store } from '../../src/core/store.js';
import { SecretSet } from '../../src/core/secret-set.js';
import type { InProcessStore } from '../../src/storage/sqlite/index.js';
import { openSqliteInProcess } from '../../src/storage/sqlite/index.js';
import {
  captureLog,
  memoryFiles,
  memoryKeys,
  SeededRandom,
  VirtualClock,
  VirtualNet,
  virtualThreads,
} from '../../src/testing/index.js';
import type { CapturedLine, MemoryFiles } from '../../src/testing/index.js';

export const START_MS = Date.UTC(2026, 0, 31, 12);

export interface Setting {
  clock: VirtualClock;
  random: SeededRandom;
  gateway: Fairlead['gateway'];
  fairlead: Fairlead;
  store: InProcessStore;
  files: MemoryFiles;
  lines: readonly CapturedLine[];
}

export async function createSetting(
  options: {
    variables?: Record<string, string>;
    file?: UserConfig;
    seed?: number;
    net?: Net;
    clock?: VirtualClock;
    store?: Store;
  } = {},
): Promise<Setting> {
  const clock = options.clock ?? new VirtualClock(START_MS);
  const random = new SeededRandom(options.seed ?? 7);
  const { log, lines } = captureLog();
  const files = memoryFiles();
  const store = (options.store as InProcessStore | undefined) ?? (await openSqliteInProcess(':memory:', { clock }));
  const config = readConfig({
    variables: options.variables ?? {},
    cwd: '/work',
    ...(options.file === undefined ? {} : { file: { path: 'fairlead.config.ts', value: options.file } }),
  });
  const fairlead = await composeFairlead({
    config,
    version: '0.1.0',
    clock,
    random,
    log,
    net: options.net ?? new VirtualNet({ clock }),
    keys: memoryKeys(random.fork('keys')),
    secretSources: {
      env: (name) => {
        const value = options.variables?.[name];
        return value === undefined ? { ok: false, problem: 'none' } : { ok: true, value };
      },
      file: async () => ({ ok: false, problem: 'none' }),
      exec: async () => ({ ok: false, problem: 'none' }),
    },
    threads: virtualThreads(clock),
    secrets: new SecretSet(),
    files: () => files,
    store,
    address: () => 'http://127.0.0.1:4650',
    // Of scrypt: next to nothing.
    passphraseCost: 2,
  });
  return { clock, random, gateway: fairlead.gateway, fairlead, store, files, lines };
}
