/**
 * The key files of a data directory in one file that a passphrase opens (scrypt and AES-256-GCM), for backups.
 *
 * @module
 */
import { createCipheriv, createDecipheriv, scrypt } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../core/errors.js';
import type { Random } from '../core/ports.js';
import { ioFailure } from './io-failure.js';

const MAGIC = Buffer.from('FLKEYS1\n');
const SALT_BYTES = 16;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** 128 MiB and about half a second: what a guess costs whoever finds the file. */
const COST = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 1024 * 1024 };
const KEY_FILE = /^(vault\.json|shares-[0-9a-f]{2}\.json|audit-[a-z][a-z0-9-]{0,31}\.pem)$/;

export interface ArchivedKey {
  /** Below the data directory, e.g. `keys/vault.json`. */
  path: string;
  bytes: Uint8Array;
}

/** The vault's keys, the shares of record keys and the audit keys. The credential of the machine stays out: a restored one gets its own. */
export async function sealKeys(dataDir: string, passphrase: string, random: Random): Promise<Uint8Array> {
  const files: Record<string, string> = {};
  try {
    for (const name of await readdir(join(dataDir, 'keys'))) {
      if (KEY_FILE.test(name)) files[name] = (await readFile(join(dataDir, 'keys', name))).toString('base64');
    }
  } catch (error) {
    throw ioFailure('reading', join(dataDir, 'keys'), error);
  }
  const salt = random.bytes(SALT_BYTES);
  const nonce = random.bytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', await derive(passphrase, salt), nonce);
  cipher.setAAD(MAGIC);
  const sealed = Buffer.concat([cipher.update(JSON.stringify(files), 'utf8'), cipher.final()]);
  return Buffer.concat([MAGIC, salt, nonce, sealed, cipher.getAuthTag()]);
}

/** @throws AppError `verification_failed` for a wrong passphrase, a changed file, or one that is no archive. */
export async function openKeys(archive: Uint8Array, passphrase: string): Promise<ArchivedKey[]> {
  const bytes = Buffer.from(archive);
  const saltAt = MAGIC.byteLength;
  const nonceAt = saltAt + SALT_BYTES;
  const sealedAt = nonceAt + NONCE_BYTES;
  const tagAt = bytes.byteLength - TAG_BYTES;
  if (tagAt < sealedAt || !bytes.subarray(0, saltAt).equals(MAGIC)) throw refused('it is not an archive of keys');
  const key = await derive(passphrase, bytes.subarray(saltAt, nonceAt));
  const options = { authTagLength: TAG_BYTES };
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(nonceAt, sealedAt), options);
  decipher.setAAD(MAGIC);
  decipher.setAuthTag(bytes.subarray(tagAt));
  let text: string;
  try {
    text = Buffer.concat([decipher.update(bytes.subarray(sealedAt, tagAt)), decipher.final()]).toString('utf8');
  } catch {
    throw refused('the passphrase does not open it, or it was changed');
  }
  const files = JSON.parse(text) as Record<string, string>;
  return Object.entries(files)
    .filter(([name]) => KEY_FILE.test(name))
    .map(([name, base64]) => ({ path: `keys/${name}`, bytes: Buffer.from(base64, 'base64') }));
}

function derive(passphrase: string, salt: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(passphrase.normalize('NFKC'), salt, 32, COST, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

function refused(problem: string): AppError {
  return new AppError('verification_failed', { what: 'the sealed keys', problem });
}
