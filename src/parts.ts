/** What a Fairlead is put together from. @module */
import type { Config } from './config.js';
import type { Clock, Files, KeySource, Log, Net, Random, SecretSources, Threads } from './core/ports.js';
import type { SecretSet } from './core/secret-set.js';
import type { Store } from './core/store.js';

/** Everything the composition is given, so that a test or a simulation can give it virtual parts. */
export interface Parts {
  config: Config;
  version: string;
  clock: Clock;
  random: Random;
  log: Log;
  net: Net;
  keys: KeySource;
  secretSources: SecretSources;
  threads: Threads;
  secrets: SecretSet;
  /** Files below the root of the file system, or of a test. */
  files: (root: string) => Files;
  store: Store;
  /** The address we are reached at, known once we listen. */
  address: () => string;
  /** What a guess at an approver's passphrase costs; absent: as much as it should. For a test, which guesses often. */
  passphraseCost?: number;
}
