/**
 * Key material in files beside the database, never in it: `keys/vault.json` with the key-encryption keys by id, and
 * one `keys/audit-<environment>.pem` for each environment's checkpoints.
 *
 * @module
 */
import { generateKeyPairSync } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { AppError } from '../core/errors.js';
import type { Clock, KeySource, Random } from '../core/ports.js';
import { codeOf, ioFailure } from './io-failure.js';

const KEK_BYTES = 32;
const KEY_ID = /^[A-Za-z0-9_-]{1,64}$/;
const ENVIRONMENT = /^[a-z][a-z0-9-]{0,31}$/;

/** `vault.json`: keys in base64, the one for new secrets by id. More than one while secrets are moved to a new key. */
interface VaultFile {
  v: 1;
  current: string;
  keys: Record<string, { key: string; createdAtMs: number }>;
}

/**
 * Opens the key files of a data directory, and creates what is missing from the system's randomness. Files must be
 * 0600 or less, the folder 0700 or less; `vault.json` is read once, at once, so that a wrong one is found at start.
 *
 * Throws `config_invalid` for a wider mode or an unusable file, `io_failure` when the disk refuses.
 */
export function openKeyFiles(dataDir: string, { random, clock }: { random: Random; clock: Clock }): KeySource {
  const folder = join(dataDir, 'keys');
  makePrivateFolder(folder);
  const vaultPath = join(folder, 'vault.json');
  const vault = parseVaultFile(
    readOrCreate(vaultPath, random, () => newVaultFile(random, clock)),
    vaultPath,
  );
  const auditKeys = new Map<string, string>();
  return {
    kek: (id) => vault.keks.get(id),
    currentKekId: () => vault.current,
    auditKeyPem(environment) {
      if (!ENVIRONMENT.test(environment)) throw unusable(folder, `no environment is called "${environment}"`);
      const pem =
        auditKeys.get(environment) ?? readOrCreate(join(folder, `audit-${environment}.pem`), random, newAuditKey);
      auditKeys.set(environment, pem);
      return pem;
    },
  };
}

function newVaultFile(random: Random, clock: Clock): string {
  const id = `k${Buffer.from(random.bytes(6)).toString('hex')}`;
  const key = Buffer.from(random.bytes(KEK_BYTES)).toString('base64');
  const file: VaultFile = { v: 1, current: id, keys: { [id]: { key, createdAtMs: clock.nowMs() } } };
  return `${JSON.stringify(file, null, 2)}\n`;
}

function newAuditKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function parseVaultFile(text: string, path: string): { current: string; keks: Map<string, Uint8Array> } {
  const file = asVaultFile(text);
  if (!file) throw unusable(path, 'is not a key file of version 1');
  const keks = new Map<string, Uint8Array>();
  for (const [id, entry] of Object.entries(file.keys)) {
    const key = Buffer.from(String(entry?.key), 'base64');
    if (!KEY_ID.test(id) || key.byteLength !== KEK_BYTES)
      throw unusable(path, 'holds a key that is not 32 bytes under a plain id');
    keks.set(id, new Uint8Array(key));
  }
  if (!keks.has(file.current)) throw unusable(path, 'names a current key that it does not hold');
  return { current: file.current, keks };
}

function asVaultFile(text: string): VaultFile | undefined {
  try {
    const file = JSON.parse(text) as Partial<VaultFile> | null;
    const isFile =
      file?.v === 1 && typeof file.current === 'string' && typeof file.keys === 'object' && file.keys !== null;
    return isFile ? (file as VaultFile) : undefined;
  } catch {
    // The parser's message would quote the file, so it is not passed on.
    return undefined;
  }
}

function makePrivateFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw ioFailure('making', folder, error);
  }
  refuseWiderMode(folder, 0o700);
}

function readOrCreate(path: string, random: Random, make: () => string): string {
  try {
    statSync(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw ioFailure('looking at', path, error);
    createPrivateFile(path, random, make());
  }
  refuseWiderMode(path, 0o600);
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw ioFailure('reading', path, error);
  }
}

/**
 * Writes a draft and gives it its name by a link, which fails if the name is taken: of two processes that start
 * together one creates the key and both read the same whole file.
 */
function createPrivateFile(path: string, random: Random, content: string): void {
  const draft = `${path}.${Buffer.from(random.bytes(6)).toString('hex')}.tmp`;
  try {
    const file = openSync(draft, 'wx', 0o600);
    try {
      chmodSync(draft, 0o600);
      writeSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    linkSync(draft, path);
    syncFolder(dirname(path));
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw ioFailure('creating', path, error);
  } finally {
    rmSync(draft, { force: true });
  }
}

function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  fsyncSync(folder);
  closeSync(folder);
}

/** A key that others may read is no key. Windows has no such modes. */
function refuseWiderMode(path: string, widest: number): void {
  if (process.platform === 'win32') return;
  const mode = statSync(path).mode & 0o777;
  if ((mode & ~widest) === 0) return;
  const [is, wanted] = [mode, widest].map((bits) => bits.toString(8).padStart(4, '0'));
  throw unusable(path, `others may read it (mode ${is}); run: chmod ${wanted} ${path}`);
}

function unusable(where: string, problem: string): AppError<'config_invalid'> {
  return new AppError('config_invalid', { where, problem });
}
