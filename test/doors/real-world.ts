/** The whole command line on real files, in a folder of its own. */
import { realWorld } from '../../src/compose/world.js';
import { runCli, type CliWorld } from '../../src/doors/cli/index.js';

export interface RealRun {
  exit: number;
  stdout: string;
  stderr: string;
}

export interface RealOptions {
  variables?: Record<string, string>;
  stdin?: string;
  /** Tells a server to stop; without it nothing does. */
  stop?: AbortSignal;
}

/** The world of one command line, and what it printed so far. */
export function worldIn(
  cwd: string,
  line: string,
  { variables = {}, stdin = '', stop = new AbortController().signal }: RealOptions = {},
): { world: CliWorld; printed: () => Omit<RealRun, 'exit'> } {
  const out: string[] = [];
  const err: string[] = [];
  const stream = (to: string[]) => ({
    isTty: false,
    columns: 80,
    write: (text: string) => void to.push(text),
    drained: async () => {},
  });
  const terminal = {
    stdin: { isTty: false, read: async () => new TextEncoder().encode(stdin) },
    stdout: stream(out),
    stderr: stream(err),
    ask: async () => undefined,
    flush: async () => {},
  };
  const argv = line.split(' ');
  const world = realWorld({ argv, variables, cwd, script: '/usr/local/bin/fairlead', terminal, onStop: () => stop });
  return { world, printed: () => ({ stdout: out.join(''), stderr: err.join('') }) };
}

/** Runs one line, split at spaces. */
export async function runIn(cwd: string, line: string, options?: RealOptions): Promise<RealRun> {
  const { world, printed } = worldIn(cwd, line, options);
  const exit = await runCli(world);
  return { exit, ...printed() };
}
