/** `fairlead demo`: the whole product against real deliveries, with a kill in the middle. @module */
import { AppError } from '../../core/errors.js';
import type { CommandContext } from './command-context.js';
import type { ParsedFlags } from './command-input.js';

const SEED_MAX = 1_000_000;
const EXIT_BROKEN = 11;

export async function demo(
  { world, print }: CommandContext,
  [story]: readonly unknown[],
  flags: ParsedFlags,
): Promise<number> {
  const given = flags['seed'];
  if (given !== undefined && !/^\d{1,9}$/.test(String(given))) {
    throw new AppError('invalid_argument', { argument: 'seed', problem: 'it is a whole number' });
  }
  const seed = given === undefined ? Math.floor(world.random.float() * SEED_MAX) : Number(given);
  const holds = await world.demo({
    ...(story !== undefined && { story: String(story) }),
    keep: flags['keep'] === true,
    seed,
    note: (line) => print.note(line),
    print: (text) => world.stdout.write(`${text}\n`),
  });
  return holds ? 0 : EXIT_BROKEN;
}
