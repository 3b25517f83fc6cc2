/**
 * The real parts of a Fairlead for a data directory: host, keys, store, and the lock that makes this process its owner.
 *
 * @module
 */
import { join } from 'node:path';
import { databasePath } from './compose.js';
import { checkMarkedKeys } from './compose/marked-keys.js';
import type { Config, DatabaseConfig } from './config.js';
import { AppError } from './core/errors.js';
import { ENVIRONMENTS } from './core/scope.js';
import { SecretSet } from './core/secret-set.js';
import { openKeyFiles, openWrappedKeyFiles, realClock, realHost, realRandom } from './host/index.js';
import type { Clock, KeySource, Log } from './core/ports.js';
import type { Store } from './core/store.js';
import type { Parts } from './parts.js';
import { openSqlite, tryAcquireOwnerLock, type EarlyWriter, type OwnerLock } from './storage/sqlite/index.js';
import { VERSION } from './version.js';

export interface Listening {
  address: string;
  host: string;
  port: number;
}

export interface OpenParts {
  parts: Parts;
  /** Where this process listens, once it does: told to the egress guard and shown to people. */
  listening: Listening | undefined;
  /** The listener for the outside, where there is one: told to the egress guard as well. */
  publicListening: Listening | undefined;
  /** Ports of single providers behind the proxy: likewise. */
  furtherListening: Listening[];
  /** Loads what the first request to the outside would load. */
  warm(): Promise<void>;
  close(): Promise<void>;
}

/** The lock of a directory, and the thread that will write there, if that has been started already. */
export interface HeldDirectory extends OwnerLock {
  writer?: EarlyWriter | undefined;
}

export const ownerLockPath = (dataDir: string): string => join(dataDir, 'owner.lock');

/** Exit code for I/O failure (sysexits EX_IOERR); see the error table. */
const EXIT_IO = 74;

/**
 * @param held the lock of the directory, where the caller has it already; it is released with the rest.
 * @param onFatal called when the disk failed and nothing may be acknowledged any more. Default: the process exits 74.
 * @throws AppError `store_locked` when another process owns the directory, `config_invalid` for keys or hosts that
 *   cannot be used
 */
export async function openParts(
  config: Config,
  onFatal: (error: AppError) => void = () => process.exit(EXIT_IO),
  held?: HeldDirectory,
): Promise<OpenParts> {
  const secrets = new SecretSet();
  const opened: Pick<OpenParts, 'listening' | 'publicListening' | 'furtherListening'> = {
    listening: undefined,
    publicListening: undefined,
    furtherListening: [],
  };
  const host = realHost({
    dataDir: config.dataDir,
    keys: await openKeySource(config, secrets),
    env: config.variables,
    secrets,
    logLevel: config.logLevel,
    allowedPrivateHosts: config.allowedPrivateHosts,
    ownListeners: () =>
      [opened.listening, opened.publicListening, ...opened.furtherListening].filter((one) => one !== undefined),
  });
  const { clock, random, log, net, keys, secretSources, threads, files } = host;
  const lock: HeldDirectory | undefined = held ?? (await tryAcquireOwnerLock(ownerLockPath(config.dataDir)));
  if (lock === undefined) throw new AppError('store_locked', { path: config.dataDir });
  try {
    checkMarkedKeys(config);
    // A list that cannot be read must not wait for the first request to say so.
    if (config.allowedPrivateHosts.length > 0) await host.openNet();
    const store =
      config.database === undefined
        ? await openSqlite({ path: databasePath(config.dataDir), threads, clock, log, onFatal, writer: lock.writer })
        : await openServerStore(config.database, secrets, clock, log);
    // The other nodes get copies of the keys, so all of them are there before the first entry is sealed.
    if (store.capabilities.concurrentWriters) for (const one of ENVIRONMENTS) keys.auditKeyPem(one);
    const parts: Parts = {
      config,
      version: VERSION,
      clock,
      random,
      log,
      net,
      keys,
      secretSources,
      threads,
      secrets,
      files,
      store,
      address: () =>
        config.publicUrl ?? opened.listening?.address ?? `http://${config.listen.host}:${config.listen.port}`,
    };
    return Object.assign(opened, {
      parts,
      warm: () => host.warmNet(),
      async close() {
        await store.system.close();
        await host.close();
        await lock.release();
      },
    });
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** The store that nodes share. Its password, and the address that holds it, are nothing to be shown. */
async function openServerStore(
  { url, directUrl, mayLoseAcknowledged }: DatabaseConfig,
  secrets: SecretSet,
  clock: Clock,
  log: Log,
): Promise<Store> {
  for (const address of [url, directUrl ?? url]) {
    const { password } = new URL(address);
    secrets.add(address);
    if (password !== '') for (const form of [password, decodeURIComponent(password)]) secrets.add(form);
  }
  const { openPostgres } = await import('./storage/postgres/index.js');
  const listener = directUrl === undefined ? undefined : { url: directUrl, clock, log };
  return await openPostgres({ url, mayLoseAcknowledged, listener });
}

/** @throws AppError `config_invalid`, `secret_unavailable` when the command that unwraps the keys fails */
async function openKeySource({ dataDir, vault, variables }: Config, secrets: SecretSet): Promise<KeySource> {
  const parts = { random: realRandom(), clock: realClock };
  if (vault.kind === 'command') return await openWrappedKeyFiles(dataDir, parts, vault.command, variables);
  if (vault.kind === 'environment') for (const key of vault.keys.split(/[\s,]+/)) if (key !== '') secrets.add(key);
  return openKeyFiles(dataDir, parts, vault);
}
