/** `fairlead serve`: owns the data directory and works, or stands by until it can. @module */
import { awaitOwnership } from './await-ownership.js';
import type { CommandContext } from './command-context.js';
import type { ServerFile } from './server-file.js';
import type { CliConfig, CliWorld, RunningServer, SimulatedProvider } from './world.js';

export interface ServeOptions {
  kind: 'serve' | 'dev';
  /** A line for people. */
  note: (text: string) => void;
  simulated?: readonly SimulatedProvider[];
  /** Called when it listens. */
  onReady: (running: RunningServer) => Promise<void>;
}

/** Without the parser, see {@link runCli}. */
export async function serveAtOnce(world: CliWorld): Promise<number> {
  const config = await world.loadConfig({});
  const note = (text: string): void => world.stderr.write(`${text}\n`);
  return await runServer(world, config, {
    kind: 'serve',
    note,
    onReady: async ({ server }) => note(readyLine(server)),
  });
}

export async function serve(context: CommandContext): Promise<number> {
  const { world, print, globals } = context;
  return await runServer(world, await context.config(), {
    kind: 'serve',
    note: (text) => print.note(text),
    onReady: async ({ server }) => {
      if (globals.json !== undefined) print.result({ url: server.url, pid: server.pid, socket: server.socket });
      else print.note(readyLine(server));
    },
  });
}

/** Ends with 0 when it was told to stop. Throws what made going on impossible. */
export async function runServer(world: CliWorld, config: CliConfig, options: ServeOptions): Promise<number> {
  const stop = world.onStop();
  const lock = await awaitOwnership(world.ownership(config), stop, (server) => options.note(standbyLine(server)));
  if (lock === undefined) return 0;
  const { kind, simulated = [] } = options;
  const running = await world.openServer(config, lock, { kind, simulated });
  try {
    await options.onReady(running);
    await Promise.race([aborted(stop), running.failed.then(rethrow)]);
    options.note('Stopping: what is in flight ends first. Press Ctrl-C again to stop at once.');
  } finally {
    await running.drain();
  }
  return 0;
}

function readyLine({ url, pid }: ServerFile): string {
  return `Fairlead listens on ${url ?? 'its socket'} (process ${pid}). Ctrl-C stops it.`;
}

function standbyLine({ url, pid, kind }: ServerFile): string {
  const where = url === undefined ? '' : ` on ${url}`;
  return `Fairlead runs already${where} (${kind}, process ${pid}). Standing by: this one takes over if that one ends.`;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

function rethrow(reason: unknown): never {
  throw reason;
}
