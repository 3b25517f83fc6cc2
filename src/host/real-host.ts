/**
 * The real world, put together.
 *
 * @module
 */
import type { Dns, Files, Host, KeySource, LogLevel } from '../core/ports.js';
import type { SecretSet } from '../core/secret-set.js';
import { realClock } from './clock.js';
import { realDns } from './dns.js';
import { openFiles } from './files.js';
import { guardedNet } from './guarded-net.js';
import { openKeyFiles } from './key-files.js';
import { createLog } from './log.js';
import type { GuardedNetOptions } from './net/index.js';
import { realRandom } from './random.js';
import { realSecretSources } from './secret-sources.js';
import { realThreads } from './threads.js';

export interface RealHostOptions extends Omit<GuardedNetOptions, 'dns'> {
  /** Holds the key files. Made (0700) when missing. */
  dataDir: string;
  /** Default: keys that lie in files below `dataDir`. */
  keys?: KeySource;
  /** What `env:` references and commands see. */
  env: Readonly<Record<string, string | undefined>>;
  /** Every secret that is handed out is added to it by whoever hands it out; the log finds them by value. */
  secrets?: SecretSet;
  /** Default `info`. */
  logLevel?: LogLevel;
  /** Takes one log line, its newline included. Default: stderr. */
  writeLog?: (line: string) => void;
  /** In place of the system's resolver. */
  dns?: Dns;
}

export interface RealHost extends Host {
  /** Files below a folder. */
  files(root: string): Files;
  /** Loads the network part and checks `allowedPrivateHosts`; otherwise the first request does. Throws `config_invalid`. */
  openNet(): Promise<void>;
  /** Loads what the first request would load. */
  warmNet(): Promise<void>;
  /** Waits for the exchanges under way, then ends all connections. */
  close(): Promise<void>;
}

/** Throws `config_invalid` when the key files are unusable or readable by others, `io_failure` when the disk refuses. */
export function realHost(options: RealHostOptions): RealHost {
  const clock = realClock;
  const random = realRandom();
  const dns = options.dns ?? realDns(clock);
  const log = createLog({
    clock,
    ...(options.logLevel && { level: options.logLevel }),
    ...(options.secrets && { secrets: options.secrets }),
    ...(options.writeLog && { write: options.writeLog }),
  });
  const net = guardedNet({ ...options, dns });
  return {
    clock,
    random,
    dns,
    log,
    net,
    keys: options.keys ?? openKeyFiles(options.dataDir, { random, clock }),
    secretSources: realSecretSources({ env: options.env }),
    threads: realThreads(log),
    files: (root) => openFiles(root, random),
    openNet: net.open,
    warmNet: net.warm,
    close: net.close,
  };
}
