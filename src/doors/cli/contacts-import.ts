/** `fairlead contacts import`: a table of contacts, with a bar of progress, going on where a killed one was. @module */
import { createHash } from 'node:crypto';
import { AppError } from '../../core/errors.js';
import { newId } from '../../core/ids.js';
import { parseJsonObject } from '../../core/json.js';
import type { Files } from '../../core/ports.js';
import { describeIssue } from '../../core/schema.js';
import { operationTable } from '../../operations/index.js';
import {
  BATCH_MAX,
  CONTACTS_ACTION,
  contactsOfCsv,
  importContacts,
  type ContactRow,
  type ImportMark,
} from '../../workflows/index.js';
import { readUserFile, type ParsedFlags } from './command-input.js';
import type { CommandContext } from './command-context.js';
import { Progress } from './progress.js';
import { exitOfWorkflow, workflowRun } from './workflow-run.js';

const FILE_BYTES_MAX = 256 * 1024 * 1024;

export async function contactsImport(
  context: CommandContext,
  words: readonly unknown[],
  flags: ParsedFlags,
): Promise<number> {
  const { world, print, globals } = context;
  const bytes = await readUserFile(world, String(words[0] ?? '-'), FILE_BYTES_MAX);
  const batch = batchOf(flags['batch']);
  const listIds = flags['list'] as string[] | undefined;
  const connection = flags['connection'] as string | undefined;
  const table = contactsOfCsv(new TextDecoder().decode(bytes), await contactCheck(context));
  for (const { row, problem } of table.rejected) print.note(`Row ${row} is left out: ${problem}`);
  const facts = { contacts: table.contacts.length, rejected: table.rejected };
  if (globals.dryRun) {
    print.result({ state: 'previewed', ...facts });
    return 0;
  }
  const { dataDir } = await context.config();
  const files = world.files(dataDir);
  const name = createHash('sha256').update(bytes);
  name.update(JSON.stringify([await context.environment(), listIds ?? [], connection ?? '']));
  const path = `imports/${name.digest('hex').slice(0, 32)}.json`;
  const mark = await markAt(files, path, table.contacts.length, () => newId('key', world.clock, world.random));
  if (mark.taken > 0) print.note(`Goes on after ${mark.taken} contacts that were taken before`);
  const progress = new Progress(world.stderr, table.contacts.length, mark.taken);
  const result = await importContacts(
    await workflowRun(context),
    { contacts: table.contacts, mark, batch, ...(listIds && { listIds }), ...(connection && { connection }) },
    {
      keep: async (kept) => {
        await files.write(path, new TextEncoder().encode(JSON.stringify(kept)), 0o600);
        progress.at(kept.taken);
      },
      wait: (ms) => world.clock.sleep(ms),
    },
  );
  progress.end();
  // A finished import leaves no mark: the same file again is a new one.
  if (result.taken === table.contacts.length) await files.write(path, new TextEncoder().encode('{}'), 0o600);
  print.result({ ...result, ...facts });
  if (result.error !== undefined) print.error(result.error);
  return exitOfWorkflow(result.state);
}

async function markAt(files: Files, path: string, contacts: number, fresh: () => string): Promise<ImportMark> {
  const bytes = await files.read(path);
  const { run, taken, jobs } = (bytes && parseJsonObject(bytes)) ?? {};
  const isUsable = typeof run === 'string' && Number.isInteger(taken) && Array.isArray(jobs);
  if (!isUsable || (taken as number) < 0 || (taken as number) > contacts) return { run: fresh(), taken: 0, jobs: [] };
  return { run, taken: taken as number, jobs: jobs.map(String) };
}

function batchOf(given: unknown): number {
  const batch = given === undefined ? BATCH_MAX : Number(given);
  if (Number.isInteger(batch) && batch >= 1 && batch <= BATCH_MAX) return batch;
  throw new AppError('invalid_argument', { argument: 'batch', problem: `a whole number from 1 to ${BATCH_MAX}` });
}

/** A row is what the action takes as a contact; asked of each alone, so that one does not spoil its part. */
async function contactCheck(context: CommandContext): Promise<(contact: ContactRow) => string | undefined> {
  const action = operationTable(await context.connectors()).find(({ name }) => name === CONTACTS_ACTION);
  if (action === undefined) throw new AppError('not_found', { what: 'action', id: CONTACTS_ACTION });
  return (contact) => {
    const input = { contacts: [contact] };
    const parsed = action.input.safeParse(input);
    if (parsed.success) return undefined;
    const { path, message } = describeIssue(parsed.error.issues, input);
    return `${path.replace(/^contacts\.0\.?/, '') || 'contact'}: ${message}`;
  };
}
