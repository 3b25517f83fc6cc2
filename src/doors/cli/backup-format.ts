/** A backup: a folder with a copy of the database, a description, and the sealed keys where they were wanted. @module */
import { createHash } from 'node:crypto';
import { AppError } from '../../core/errors.js';
import { isObject, parseJson } from '../../core/json.js';
import type { Files } from '../../core/ports.js';
import type { CommandContext } from './command-context.js';
import { readSecretFile, type ParsedFlags } from './command-input.js';
import type { CliWorld } from './world.js';

export const BACKUP_DATABASE = 'fairlead.db';
export const BACKUP_DESCRIPTION = 'backup.json';
export const BACKUP_KEYS = 'keys.sealed';

export interface BackupDescription {
  v: 1;
  /** Written last: a folder without it is an unfinished backup. */
  complete: boolean;
  createdAt: string;
  version: string;
  /** Of the database, hex. */
  sha256?: string;
  bytes?: number;
  /** The key without which the secrets in the database do not open. */
  keyId?: string;
  withKeys: boolean;
}

export async function writeDescription(files: Files, description: BackupDescription): Promise<void> {
  await files.write(BACKUP_DESCRIPTION, new TextEncoder().encode(`${JSON.stringify(description, null, 2)}\n`));
}

/** @throws AppError `invalid_argument` when it is no backup, `verification_failed` when it is no finished one. */
export async function readDescription(world: CliWorld, path: string): Promise<Required<BackupDescription>> {
  const bytes = await world.files(path).read(BACKUP_DESCRIPTION);
  if (bytes === undefined) {
    const isThere = (await world.machine.mode(path)) !== undefined;
    const found = isThere ? `there is no ${BACKUP_DESCRIPTION} in it` : 'there is no such file or folder';
    const problem = `${found}; give the folder that \`fairlead backup\` made`;
    throw new AppError('invalid_argument', { argument: path, problem });
  }
  const parsed = parseJson(bytes, { maxBytes: 64 * 1024, maxDepth: 3 });
  const value = parsed.ok && isObject(parsed.value) ? parsed.value : {};
  if (value['v'] !== 1 || value['complete'] !== true || typeof value['sha256'] !== 'string') {
    throw new AppError('verification_failed', { what: path, problem: 'the backup was not finished' });
  }
  return value as unknown as Required<BackupDescription>;
}

const PART_BYTES = 4 * 1024 * 1024;

/** SHA-256 of a file of any size, hex. */
export async function fileSha256(files: Files, path: string): Promise<string> {
  const hash = createHash('sha256');
  for (let offset = 0; ;) {
    const part = await files.readAt(path, offset, PART_BYTES);
    if (part === undefined) throw new AppError('io_failure', { problem: `${path} is missing` });
    if (part.byteLength === 0) return hash.digest('hex');
    hash.update(part);
    offset += part.byteLength;
  }
}

const PASSPHRASE_CHARACTERS_MIN = 12;

/** From a file, from stdin, or typed; twice where it is a new one. */
export async function readPassphrase(
  { world, globals }: CommandContext,
  flags: ParsedFlags,
  isNew: boolean,
): Promise<string> {
  const passphrase = await givenPassphrase();
  if (isNew && passphrase.length < PASSPHRASE_CHARACTERS_MIN) {
    throw invalid(`it has fewer than ${PASSPHRASE_CHARACTERS_MIN} characters`);
  }
  return passphrase;

  async function givenPassphrase(): Promise<string> {
    if (typeof flags['passphraseFile'] === 'string') return await readSecretFile(world, flags['passphraseFile']);
    if (flags['passphraseStdin'] === true) return await readSecretFile(world, '-');
    if (!globals.mayAsk || !world.stdin.isTty) throw invalid('add --passphrase-file FILE or --passphrase-stdin');
    const typed = (await world.ask('Passphrase: ', { hidden: true })) ?? '';
    if (typed === '') throw invalid('it is empty');
    if (isNew && (await world.ask('Once more: ', { hidden: true })) !== typed) throw invalid('the two differ');
    return typed;
  }
}

function invalid(problem: string): AppError {
  return new AppError('invalid_argument', { argument: 'passphrase', problem });
}
