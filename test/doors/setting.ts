/** A composed Fairlead in virtual time, over the real engine in memory: what doors are tested on. */
import type { Fairlead } from '../../src/compose.js';
import { readConfig, type UserConfig } from '../../src/config.js';
import type { Net } from '../../src/core/ports.js';
import type { Store } from '../../src/core/store.js';
import type { InProcessStore } from '../../src/storage/sqlite/index.js';
import { openSqliteInProcess } from '../../src/storage/sqlite/index.js';
import { captureLog, memoryFiles, SeededRandom, VirtualClock } from '../../src/testing/index.js';
import type { CapturedLine, MemoryFiles } from '../../src/testing/index.js';
import { composeVirtual } from '../support/compose.js';

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
  const fairlead = await composeVirtual({
    config,
    clock,
    random,
    log,
    store,
    files,
    ...(options.net && { net: options.net }),
    ...(options.variables && { variables: options.variables }),
  });
  return { clock, random, gateway: fairlead.gateway, fairlead, store, files, lines };
}
