/** `fairlead audit tail`: the end of the log, and with `-f` what comes after it, over restarts of the server. @module */
import { isAppError } from '../../core/errors.js';
import { isObject, valueAt } from '../../core/json.js';
import { terminalSafe } from '../../core/text.js';
import { operationNamed } from '../../operations/index.js';
import type { CommandContext } from './command-context.js';
import type { ParsedFlags } from './command-input.js';

const OPERATION = operationNamed('audit.tail');
const COLUMNS = ['ts', 'status', 'action', 'actor.id', 'target.id', 'callId'] as const;
/** So many of the last entries are asked for again after a gap; what was shown before is left out. */
const OVERLAP_ROWS = 1_000;

export async function auditTail(
  context: CommandContext,
  [query]: readonly unknown[],
  flags: ParsedFlags,
): Promise<number> {
  const follows = flags['follow'] === true;
  const base = typeof query === 'string' ? { query } : {};
  const shown = { seq: -1 };
  const access = await context.access();
  const last = flags['last'] === undefined ? 20 : Number(flags['last']);
  const onText = (text: string): Promise<void> => show(context, text, shown);
  await context.call(OPERATION, { ...base, last }, { onText });
  if (!follows) return 0;
  // Who follows for hours must not own the data meanwhile: a server could not start.
  if (access.owns) {
    await access.close();
    context.print.note('No server is running; waiting for one.');
  }
  for (;;) {
    try {
      const again = { ...base, last: shown.seq < 0 ? last : OVERLAP_ROWS, follow: true };
      await context.call(OPERATION, again, { onText, attachOnly: true });
    } catch (error) {
      if (!isAppError(error, 'owner_lost')) throw error;
      context.print.note('The server ended; waiting for the next one.');
    }
  }
}

async function show(context: CommandContext, text: string, shown: { seq: number }): Promise<void> {
  const { json } = context.globals;
  let fresh = '';
  for (const line of text.split('\n')) {
    const entry = parse(line);
    const seq = Number(entry?.['seq'] ?? Infinity);
    if (entry === undefined || seq <= shown.seq) continue;
    if (seq !== Infinity) shown.seq = seq;
    fresh += json === undefined ? human(entry) : `${line}\n`;
  }
  if (fresh !== '') await context.print.stream(fresh, json !== undefined);
}

function parse(line: string): Record<string, unknown> | undefined {
  if (line === '') return undefined;
  const value: unknown = JSON.parse(line);
  return isObject(value) ? value : undefined;
}

function human(entry: Record<string, unknown>): string {
  const cells = COLUMNS.map((column) => terminalSafe(String(valueAt(entry, column) ?? '-')).replace(/[\n\t]/g, ' '));
  return `${cells.join('  ')}\n`;
}
