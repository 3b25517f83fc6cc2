/** `fairlead backup`: a consistent copy while everything runs. @module */
import { join, resolve } from 'node:path';
import { AppError } from '../../core/errors.js';
import { operationNamed } from '../../operations/index.js';
import {
  BACKUP_DATABASE,
  BACKUP_DESCRIPTION,
  BACKUP_KEYS,
  fileSha256,
  readPassphrase,
  writeDescription,
  type BackupDescription,
} from './backup-format.js';
import type { CommandContext } from './command-context.js';
import type { ParsedFlags } from './command-input.js';
import { KEYS_EXPORTED_FILE } from './doctor.js';

const OPERATION = operationNamed('system.backup');

export async function backup(context: CommandContext, [path]: readonly unknown[], flags: ParsedFlags): Promise<number> {
  const { world, print } = context;
  const withKeys = flags['withKeys'] === true;
  const createdAt = new Date(world.clock.nowMs()).toISOString();
  const folder = resolve(
    world.cwd,
    typeof path === 'string' ? path : `fairlead-backup-${createdAt.replace(/[:.]/g, '-')}`,
  );
  const files = world.files(folder);
  if ((await files.size(BACKUP_DESCRIPTION)) !== undefined || (await files.size(BACKUP_DATABASE)) !== undefined) {
    throw new AppError('conflict', { what: folder, problem: 'there is a backup in it already' });
  }
  const passphrase = withKeys ? await readPassphrase(context, flags, true) : undefined;
  // Beside the folder, which is made only when the operation, and with it policy, has let this pass.
  const draft = `${folder}.partial`;
  const { bytes, keyId } = (await context.call(OPERATION, { path: draft })) as { bytes: number; keyId: string };
  const description: BackupDescription = { v: 1, complete: false, createdAt, version: world.version, withKeys };
  await writeDescription(files, description);
  await world.machine.moveFile(draft, join(folder, BACKUP_DATABASE));
  if (passphrase !== undefined) await sealKeys(context, folder, passphrase, createdAt);
  const sha256 = await fileSha256(files, BACKUP_DATABASE);
  await writeDescription(files, { ...description, complete: true, sha256, bytes, keyId });
  print.result({ path: folder, bytes, sha256, keyId, withKeys });
  if (!withKeys) {
    print.note(`The keys are not in it: it opens only where the key ${keyId} is. Add --with-keys to take them along.`);
  }
  return 0;
}

async function sealKeys(context: CommandContext, folder: string, passphrase: string, createdAt: string): Promise<void> {
  const { world } = context;
  const { dataDir } = await context.config();
  await world.files(folder).write(BACKUP_KEYS, await world.keyArchive.seal(dataDir, passphrase));
  const word = new TextEncoder().encode(`${JSON.stringify({ v: 1, exportedAt: createdAt })}\n`);
  await world.files(dataDir).write(KEYS_EXPORTED_FILE, word);
}
