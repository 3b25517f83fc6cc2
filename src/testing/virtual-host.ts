/**
 * A whole world for tests and simulations: the same seed and the same calls give the same run, byte for byte.
 *
 * @module
 */
import type { Host, SecretSources } from '../core/ports.js';
import type { SecretSet } from '../core/secret-set.js';
import { captureLog, type CapturedLine } from './capture-log.js';
import { memoryFiles, type MemoryFiles } from './memory-files.js';
import { memoryKeys, type MemoryKeys } from './memory-keys.js';
import { SeededRandom } from '../core/seeded-random.js';
import { VirtualClock } from './virtual-clock.js';
import { VirtualDns, type VirtualName } from './virtual-dns.js';
import { VirtualNet, type VirtualNetOptions } from './virtual-net.js';
import { virtualThreads, type ThreadProgram } from './virtual-threads.js';

export interface VirtualHostOptions extends Omit<VirtualNetOptions, 'clock'> {
  /** Default 1. */
  seed?: number | string;
  /** The wall clock at the beginning, Unix milliseconds. Default: 1 January 2026, UTC. */
  startMs?: number;
  names?: Readonly<Record<string, VirtualName>>;
  threads?: Readonly<Record<string, ThreadProgram>>;
  /** What `env:` references find. */
  env?: Readonly<Record<string, string>>;
  secrets?: SecretSet;
}

export interface VirtualHost extends Host {
  clock: VirtualClock;
  random: SeededRandom;
  net: VirtualNet;
  dns: VirtualDns;
  keys: MemoryKeys;
  files: MemoryFiles;
  /** What was logged, redacted. */
  lines: readonly CapturedLine[];
}

const START_MS = Date.UTC(2026, 0, 1);

export function virtualHost(options: VirtualHostOptions = {}): VirtualHost {
  const clock = new VirtualClock(options.startMs ?? START_MS);
  const random = new SeededRandom(options.seed ?? 1);
  const { log, lines } = captureLog(options.secrets);
  return {
    clock,
    random,
    log,
    lines,
    net: new VirtualNet({ ...options, clock }),
    dns: new VirtualDns(options.names),
    keys: memoryKeys(random.fork('keys')),
    files: memoryFiles(),
    secretSources: virtualSecretSources(options.env ?? {}),
    threads: virtualThreads(clock, options.threads),
  };
}

function virtualSecretSources(env: Readonly<Record<string, string>>): SecretSources {
  const missing = { ok: false, problem: 'there is none in a virtual world' } as const;
  return {
    env: (name) => (Object.hasOwn(env, name) ? { ok: true, value: env[name]! } : missing),
    file: () => Promise.resolve(missing),
    exec: () => Promise.resolve(missing),
  };
}
