/** `fairlead restore`: checks a backup from end to end, and only then puts it in place. @module */
import { join, resolve } from 'node:path';
import { AppError } from '../../core/errors.js';
import { isObject, parseJson } from '../../core/json.js';
import {
  BACKUP_DATABASE,
  BACKUP_KEYS,
  fileSha256,
  readDescription,
  readPassphrase,
  type BackupDescription,
} from './backup-format.js';
import type { CommandContext } from './command-context.js';
import type { ParsedFlags } from './command-input.js';
import type { OwnershipParts } from './own-or-attach.js';

const VAULT_FILE = 'keys/vault.json';

export async function restore(
  context: CommandContext,
  [path]: readonly unknown[],
  flags: ParsedFlags,
): Promise<number> {
  const { world, print } = context;
  const config = await context.config();
  const ownership = world.ownership(config);
  refuseAgents(ownership);
  if ((world.variables['FAIRLEAD_DATABASE_URL'] ?? '') !== '') {
    throw new AppError('conflict', { what: 'restore', problem: 'this store is PostgreSQL: use pg_restore' });
  }
  const folder = resolve(world.cwd, String(path));
  // Before the lock, whose file would make a data directory where there was none.
  const description = await readDescription(world, folder);
  const lock = await ownership.acquireLock();
  if (lock === undefined) throw await inUse(ownership);
  try {
    await checkDatabase(context, folder, description);
    const keys = await keysFor(context, folder, description, flags);
    if (context.globals.dryRun) {
      print.result({ restored: false, from: folder, keysReplaced: keys.length > 0 });
      return 0;
    }
    await confirm(context, config.dataDir);
    const stamp = new Date(world.clock.nowMs()).toISOString().replace(/[:.]/g, '-');
    await placeKeys(context, config.dataDir, keys, stamp);
    const kept = await world.replaceDatabase(
      join(folder, BACKUP_DATABASE),
      join(config.dataDir, BACKUP_DATABASE),
      stamp,
    );
    print.result({
      restored: true,
      from: folder,
      createdAt: description.createdAt,
      ...(kept === undefined ? {} : { kept }),
    });
    return 0;
  } finally {
    await lock.release();
  }
}

/** What replaces the audit log and the sources is administration, and this is no operation that could say so. */
function refuseAgents({ principal }: OwnershipParts): void {
  if (principal.scopes.includes('admin')) return;
  const reason = 'agents do not replace the data';
  throw new AppError('policy_denied', { operation: 'restore', environment: 'sandbox and live', reason });
}

async function inUse(ownership: OwnershipParts): Promise<AppError> {
  const server = await ownership.readServer();
  const who = server === undefined ? 'another process' : `process ${server.pid}`;
  return new AppError('conflict', { what: 'restore', problem: `${who} runs on this data; stop it first` });
}

async function checkDatabase(context: CommandContext, folder: string, { sha256 }: BackupDescription): Promise<void> {
  const { world } = context;
  if ((await fileSha256(world.files(folder), BACKUP_DATABASE)) !== sha256)
    throw damaged(folder, 'its checksum differs');
  const problems = await world.databaseProblems(join(folder, BACKUP_DATABASE));
  if (problems.length > 0) throw damaged(folder, problems.slice(0, 3).join('; '));
}

function damaged(folder: string, problem: string): AppError {
  return new AppError('verification_failed', { what: folder, problem });
}

type Key = Awaited<ReturnType<CommandContext['world']['keyArchive']['open']>>[number];

/** The key files to put in place: none when the key of the backup is here, those of the archive otherwise. */
async function keysFor(
  context: CommandContext,
  folder: string,
  { keyId, withKeys }: Required<BackupDescription>,
  flags: ParsedFlags,
): Promise<Key[]> {
  const { world } = context;
  const { dataDir } = await context.config();
  if (Object.hasOwn(vaultKeys(await world.files(dataDir).read(VAULT_FILE)), keyId)) return [];
  if (!withKeys) throw new AppError('vault_sealed', { keyId });
  const archive = await world.files(folder).read(BACKUP_KEYS);
  if (archive === undefined) throw damaged(folder, `${BACKUP_KEYS} is missing`);
  const keys = await world.keyArchive.open(archive, await readPassphrase(context, flags, false));
  const vault = keys.find((key) => key.path === VAULT_FILE)?.bytes;
  if (!Object.hasOwn(vaultKeys(vault), keyId)) throw new AppError('vault_sealed', { keyId });
  return keys;
}

function vaultKeys(bytes: Uint8Array | undefined): Record<string, unknown> {
  const parsed = bytes === undefined ? undefined : parseJson(bytes, { maxBytes: 1024 * 1024, maxDepth: 4 });
  const keys = parsed?.ok === true && isObject(parsed.value) ? parsed.value['keys'] : undefined;
  return isObject(keys) ? keys : {};
}

/** What is replaced stays beside it under another name: a key is never destroyed. */
async function placeKeys(context: CommandContext, dataDir: string, keys: readonly Key[], stamp: string): Promise<void> {
  const files = context.world.files(dataDir);
  for (const { path, bytes } of keys) {
    const before = await files.read(path);
    if (before !== undefined) await files.write(`${path}.before-restore-${stamp}`, before);
    await files.write(path, bytes);
  }
}

async function confirm({ world, globals }: CommandContext, dataDir: string): Promise<void> {
  if (globals.yes || (await world.files(dataDir).size(BACKUP_DATABASE)) === undefined) return;
  if (!globals.mayAsk || !world.stdin.isTty) {
    throw new AppError('invalid_argument', {
      argument: 'yes',
      problem: `${dataDir} holds data; add --yes to replace it`,
    });
  }
  const typed = await world.ask(`Replace the data in ${dataDir}? The old stays beside it. Type yes: `, {
    hidden: false,
  });
  if (typed?.trim().toLowerCase() === 'yes') return;
  throw new AppError('invalid_argument', { argument: 'confirmation', problem: 'it was not given' });
}
