/** `fairlead connection connect`: the address to open, and with `--paste` the way without a browser on this machine. @module */
import { AppError } from '../../core/errors.js';
import { operationNamed } from '../../operations/index.js';
import type { CommandContext } from './command-context.js';
import type { ParsedFlags } from './command-input.js';
import { permitLive } from './operation-command.js';

const LINK_MINUTES = 10;

export async function connect(
  context: CommandContext,
  [provider]: readonly unknown[],
  flags: ParsedFlags,
): Promise<number> {
  const named = ['scope', 'action', 'user', 'label', 'reconnect'].filter((name) => flags[name] !== undefined);
  const input = { provider, ...Object.fromEntries(named.map((name) => [name, flags[name]])) };
  if (flags['paste'] === true) return await byPaste(context, input);
  const link = operationNamed('connections.connect');
  await permitLive(context, link, input);
  const made = (await context.call(link, { ...input, minutes: LINK_MINUTES })) as { url: string };
  context.print.note('Open this address in a browser; the server has to be running (fairlead serve):');
  context.print.result(made, undefined);
  return 0;
}

/** The provider sends the browser to an address that may lead nowhere: what counts is what stands in it. */
async function byPaste(context: CommandContext, input: { provider: unknown }): Promise<number> {
  const authorize = operationNamed('connections.authorize');
  await permitLive(context, authorize, input);
  const flow = (await context.call(authorize, input)) as { authorizationUrl: string; binding: string };
  context.print.note(`Open this address in any browser:\n${flow.authorizationUrl}\n`);
  const question = 'Paste the whole address that the browser ends at (it need not show a page): ';
  const pasted = await context.world.ask(question, { hidden: true });
  const answer = pasted?.trim() ?? '';
  if (answer === '') throw new AppError('invalid_argument', { argument: 'answer', problem: 'nothing was pasted' });
  const { binding } = flow;
  const complete = operationNamed('connections.complete');
  context.print.result(await context.call(complete, { provider: input.provider, answer, binding }), undefined);
  return 0;
}
