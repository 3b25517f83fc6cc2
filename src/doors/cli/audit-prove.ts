/** `fairlead audit prove`: the proof as the file that it is. @module */
import { operationNamed } from '../../operations/index.js';
import type { CommandContext } from './command-context.js';

const OPERATION = operationNamed('audit.prove');

export async function auditProve(context: CommandContext, [id]: readonly unknown[]): Promise<number> {
  const output = (await context.call(OPERATION, { id: String(id) })) as { proof: string; publicKey: string };
  if (context.globals.json !== undefined) context.print.result(output);
  else context.print.text(output.proof);
  context.print.note(`It is checked with this key:\n${output.publicKey}`);
  return 0;
}
