/** `fairlead connector check`: what a connector of the user does not keep to. @module */
import { ERRORS } from '../../core/errors.js';
import type { CommandContext } from './command-context.js';

export async function connectorCheck(context: CommandContext, words: readonly unknown[]): Promise<number> {
  const { provider, actions, problems } = await context.world.connectorProblems(String(words[0]));
  const ok = problems.length === 0;
  context.print.result({ ok, provider, actions, problems });
  return ok ? 0 : ERRORS.verification_failed.exit;
}
