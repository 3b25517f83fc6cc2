/** A Fairlead over virtual parts. What a test does not say of it is nothing, or next to nothing. */
import { composeFairlead, type Fairlead } from '../../src/compose.js';
import type { Config } from '../../src/config.js';
import type { Files, KeySource, Log, Net } from '../../src/core/ports.js';
import { SecretSet } from '../../src/core/secret-set.js';
import type { Store } from '../../src/core/store.js';
import {
  captureLog,
  memoryFiles,
  memoryKeys,
  VirtualNet,
  virtualThreads,
  type SeededRandom,
  type VirtualClock,
} from '../../src/testing/index.js';

export interface VirtualParts {
  config: Config;
  clock: VirtualClock;
  random: SeededRandom;
  store: Store;
  net?: Net;
  log?: Log;
  /** Default: made by `random`. */
  keys?: KeySource;
  /** What `env:` references find. */
  variables?: Readonly<Record<string, string>>;
  files?: Files;
  address?: () => string;
}

const NONE = { ok: false, problem: 'none' } as const;

/** Of scrypt: next to nothing, because tests sign in and decide hundreds of times. */
const CHEAP = 2;

export async function composeVirtual(parts: VirtualParts): Promise<Fairlead> {
  const { config, clock, random, store, variables = {}, files } = parts;
  return await composeFairlead({
    config,
    version: '0.1.0',
    clock,
    random,
    log: parts.log ?? captureLog().log,
    net: parts.net ?? new VirtualNet({ clock }),
    keys: parts.keys ?? memoryKeys(random.fork('keys')),
    secretSources: {
      env: (name) => (variables[name] === undefined ? NONE : { ok: true, value: variables[name] }),
      file: async () => NONE,
      exec: async () => NONE,
    },
    threads: virtualThreads(clock),
    secrets: new SecretSet(),
    files: () => files ?? memoryFiles(),
    store,
    address: parts.address ?? (() => 'http://127.0.0.1:4650'),
    passphraseCost: CHEAP,
  });
}
