/** `fairlead release notes`: the draft to stdout, and with `--post` a summary into a channel, once. @module */
import { terminalSafe } from '../../core/text.js';
import { readUserFile, type ParsedFlags } from './command-input.js';
import type { CommandContext } from './command-context.js';
import { workflowsOn } from '../../workflows/index.js';
import { exitOfWorkflow, workflowRun } from './workflow-run.js';

const TEXT_BYTES_MAX = 64 * 1024;

export async function releaseNotes(
  context: CommandContext,
  [repository]: readonly unknown[],
  flags: ParsedFlags,
): Promise<number> {
  const { since, head, post, textFile } = flags as Record<'since' | 'head' | 'post' | 'textFile', string | undefined>;
  const text =
    textFile === undefined
      ? undefined
      : new TextDecoder().decode(await readUserFile(context.world, textFile, TEXT_BYTES_MAX));
  const notes = await workflowsOn(await workflowRun(context)).releaseNotes({
    repository: String(repository),
    dryRun: context.globals.dryRun,
    ...(since !== undefined && { since }),
    ...(head !== undefined && { head }),
    ...(post !== undefined && { post }),
    ...(text !== undefined && { text }),
  });
  if (context.globals.json !== undefined) context.print.result(notes);
  else {
    context.print.text(terminalSafe(notes.draft));
    const { posted } = notes;
    if (posted?.preview?.body !== undefined) context.print.note(`Would be posted: ${posted.preview.body}`);
    else if (posted !== undefined) context.print.note(`Post: ${posted.state} (${posted.callId})`);
    if (posted?.error !== undefined) context.print.error(posted.error);
  }
  return exitOfWorkflow(notes.state);
}
