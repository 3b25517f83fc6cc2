/** `fairlead sandbox`: simulated providers on this machine, for programs and people to try things against. @module */
import { AppError } from '../../core/errors.js';
import type { CommandContext } from './command-context.js';
import type { ParsedFlags } from './command-input.js';
import type { SimulatedProvider } from './world.js';

const PORT_MAX = 65_000;

export async function sandbox(
  { world, print, globals }: CommandContext,
  words: readonly unknown[],
  flags: ParsedFlags,
): Promise<number> {
  const stop = world.onStop();
  const simulated = await world.simulatedProviders({ names: words.flat().map(String), port: portOf(flags['port']) });
  try {
    if (globals.json !== undefined) print.result(simulated.map(({ close: _close, ...shown }) => shown));
    else print.text(descriptionOf(simulated));
    print.note('Ctrl-C stops them. What they know is gone then.');
    await new Promise<void>((resolve) => {
      if (stop.aborted) resolve();
      else stop.addEventListener('abort', () => resolve(), { once: true });
    });
  } finally {
    for (const provider of simulated) await provider.close();
  }
  return 0;
}

function portOf(given: unknown): number {
  if (given === undefined) return 0;
  if (/^\d{1,5}$/.test(String(given)) && Number(given) <= PORT_MAX) return Number(given);
  throw new AppError('invalid_argument', { argument: 'port', problem: `it is a whole number up to ${PORT_MAX}` });
}

function descriptionOf(simulated: readonly SimulatedProvider[]): string {
  const blocks = simulated.map(({ provider, url, ownUrl, variables }) =>
    [
      provider,
      `  base URL  ${url}`,
      `  own port  ${ownUrl}`,
      ...Object.entries(variables).map(([name, value]) => `  set       ${name}=${value}`),
    ].join('\n'),
  );
  return [...blocks, `What they received: ${simulated[0]?.page ?? 'nothing, there is none'}`, ''].join('\n\n');
}
