/** `fairlead version`. @module */
import type { CommandContext } from './command-context.js';

export async function version({ world, print }: CommandContext): Promise<number> {
  print.result({
    fairlead: world.version,
    node: world.machine.nodeVersion,
    sqlite: await world.machine.engineVersion(),
  });
  return 0;
}
