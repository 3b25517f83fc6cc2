/**
 * Key material in files beside the database, never in it: `keys/vault.json` with the key-encryption keys by id,
 * `keys/shares-*.json` with the shares of record keys, and one `keys/audit-<environment>.pem` for each environment's
 * checkpoints.
 *
 * @module
 */
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import type { Clock, KeySource, Random } from '../core/ports.js';
import { keyCommand } from './key-command.js';
import { openKeyShares } from './key-shares.js';
import { Keks } from './keks.js';
import { createPrivateFile, makePrivateFolder, readPrivateFile, unusable } from './private-file.js';

const ENVIRONMENT = /^[a-z][a-z0-9-]{0,31}$/;

export interface KeyParts {
  random: Random;
  clock: Clock;
}

/** Where key-encryption keys come from, as the configuration says. */
export type VaultKeys = { kind: 'file' } | { kind: 'environment'; keys: string } | { kind: 'command'; command: string };

/**
 * Opens the key files of a data directory, and creates what is missing from the system's randomness. Files must be
 * 0600 or less, the folder 0700 or less; `vault.json` is read at once, so that a wrong one is found at start.
 *
 * @throws AppError `config_invalid` for a wider mode or an unusable file, `io_failure` when the disk refuses.
 */
export function openKeyFiles(
  dataDir: string,
  { random, clock }: KeyParts,
  from: Exclude<VaultKeys, { kind: 'command' }> = { kind: 'file' },
): KeySource {
  const folder = keyFolder(dataDir);
  return sourceOver(folder, random, Keks.open({ path: join(folder, 'vault.json'), random, clock }, from));
}

/** As {@link openKeyFiles}, with keys that a command unwraps. @throws AppError `secret_unavailable` as well */
export async function openWrappedKeyFiles(
  dataDir: string,
  { random, clock }: KeyParts,
  command: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<KeySource> {
  const folder = keyFolder(dataDir);
  const origin = { kind: 'command', wrapper: keyCommand(command, env) } as const;
  return sourceOver(
    folder,
    random,
    await Keks.openWrapped({ path: join(folder, 'vault.json'), random, clock }, origin),
  );
}

function keyFolder(dataDir: string): string {
  const folder = join(dataDir, 'keys');
  makePrivateFolder(folder);
  return folder;
}

function sourceOver(folder: string, random: Random, keks: Keks): KeySource {
  const auditKeys = new Map<string, string>();
  return {
    kek: (id) => keks.get(id),
    currentKekId: () => keks.current,
    keks: () => keks.list(),
    addKek: () => keks.add(),
    retireKek: async (id) => keks.retire(id),
    destroyKek: async (id) => keks.destroy(id),
    shares: openKeyShares(folder, random),
    auditKeyPem(environment) {
      if (!ENVIRONMENT.test(environment)) throw unusable(folder, `no environment is called "${environment}"`);
      const pem = auditKeys.get(environment) ?? readOrCreate(join(folder, `audit-${environment}.pem`), random);
      auditKeys.set(environment, pem);
      return pem;
    },
  };
}

function readOrCreate(path: string, random: Random): string {
  const there = readPrivateFile(path);
  if (there !== undefined) return there;
  createPrivateFile(path, random, newAuditKey());
  return readPrivateFile(path)!;
}

function newAuditKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
