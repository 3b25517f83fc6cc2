/** `fairlead audit verify`: the log itself, or with `--file` an export of it, which needs neither server nor store. @module */
import { basename, dirname, resolve } from 'node:path';
import { AppError, ERRORS } from '../../core/errors.js';
import { operationNamed } from '../../operations/index.js';
import type { CommandContext } from './command-context.js';
import { readUserFile, type ParsedFlags } from './command-input.js';
import { runWith } from './operation-command.js';

const VERIFY = operationNamed('audit.verify');
const CHECKPOINT = operationNamed('audit.checkpoint');
const SMALL_BYTES_MAX = 64 * 1024;

export async function auditVerify(
  context: CommandContext,
  _words: readonly unknown[],
  flags: ParsedFlags,
): Promise<number> {
  const checkpoint = (await small(context, flags, 'checkpoint')) ?? (await checkpointBeside(context, flags['file']));
  const publicKey = await small(context, flags, 'publicKey');
  const given = {
    ...(checkpoint === undefined ? {} : { checkpoint }),
    ...(publicKey === undefined ? {} : { publicKey }),
  };
  if (flags['file'] === undefined) return await runWith(context, VERIFY, given);
  const report = await context.world.verifyAuditFile(String(flags['file']), await keysFor(context, given));
  context.print.result(report);
  return report.ok ? 0 : ERRORS.verification_failed.exit;
}

/** What was given, and for what was not, the word of this installation. */
async function keysFor(
  context: CommandContext,
  given: { checkpoint?: string; publicKey?: string },
): Promise<{ checkpoint: string; publicKey: string }> {
  if (given.checkpoint !== undefined && given.publicKey !== undefined) return given as Required<typeof given>;
  const own = (await context.call(CHECKPOINT, {})) as { checkpoint?: string; publicKey: string };
  const checkpoint = given.checkpoint ?? own.checkpoint;
  if (checkpoint === undefined)
    throw new AppError('conflict', { what: 'audit log', problem: 'there is no checkpoint yet' });
  return { checkpoint, publicKey: given.publicKey ?? own.publicKey };
}

/** What `audit export --output` leaves beside the export: the newest checkpoint would cover more than is in it. */
async function checkpointBeside({ world }: CommandContext, file: unknown): Promise<string | undefined> {
  if (typeof file !== 'string' || file === '-') return undefined;
  const at = `${resolve(world.cwd, file)}.checkpoint`;
  const bytes = await world.files(dirname(at)).read(basename(at));
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}

async function small(context: CommandContext, flags: ParsedFlags, name: string): Promise<string | undefined> {
  if (flags[name] === undefined) return undefined;
  return new TextDecoder().decode(await readUserFile(context.world, String(flags[name]), SMALL_BYTES_MAX));
}
