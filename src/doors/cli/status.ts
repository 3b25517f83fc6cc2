/** `fairlead status`: what the running server says, or what the store says when none runs. @module */
import { operationNamed } from '../../operations/index.js';
import type { CommandContext } from './command-context.js';

const OPERATION = operationNamed('system.status');

export async function status(context: CommandContext): Promise<number> {
  const access = await context.access();
  const view = (await context.call(OPERATION, {})) as Record<string, unknown>;
  const { server } = access;
  const runs = server !== undefined && server.kind !== 'command';
  context.print.result({
    running: runs,
    ...(runs ? { kind: server.kind, pid: server.pid, url: server.url } : {}),
    ...view,
  });
  if (!runs) context.print.note('No server is running. Start one with: fairlead serve');
  return 0;
}
