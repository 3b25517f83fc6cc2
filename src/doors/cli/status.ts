/** `fairlead status`: what the running server says, or what the store says when none runs. @module */
import { operationNamed } from '../../operations/index.js';
import type { CommandContext } from './command-context.js';
import { humanTimes } from './human-times.js';
import type { ServerFile } from './server-file.js';

const OPERATION = operationNamed('system.status');

export async function status(context: CommandContext): Promise<number> {
  const access = await context.access();
  const { address, startedAtMs, ...view } = (await context.call(OPERATION, {})) as Record<string, unknown>;
  const { server } = access;
  const runs = server !== undefined && server.kind !== 'command';
  const shown = { running: runs, ...(runs ? { ...whereabouts(server, address), startedAtMs } : {}), ...view };
  const { world, globals, print } = context;
  print.result(globals.json === undefined ? humanTimes(shown, world.clock.nowMs()) : shown);
  if (!runs) print.note(`No server is running. Start one with: ${world.command} serve`);
  return 0;
}

/** The address of the private listener is named apart only where the outside knows us by another one. */
function whereabouts({ kind, pid, url }: ServerFile, address: unknown): Record<string, unknown> {
  return { kind, pid, address, ...(url === undefined || url === address ? {} : { privateAddress: url }) };
}
