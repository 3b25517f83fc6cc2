/** `fairlead serve`: owns the data directory and works, or stands by until it can. @module */
import { awaitOwnership } from './await-ownership.js';
import { AppError } from '../../core/errors.js';
import type { CommandContext } from './command-context.js';
import type { ParsedFlags } from './command-input.js';
import type { ServerFile } from './server-file.js';
import type { CliConfig, CliWorld, RunningServer, SimulatedProvider } from './world.js';

export interface ServeOptions {
  kind: 'serve' | 'dev';
  /** False: where another process has the data, fail with `store_locked` instead of standing by. */
  wait: boolean;
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
    wait: true,
    note,
    onReady: async ({ server }) => note(readyLine(server)),
  });
}

export async function serve(context: CommandContext, _words: readonly unknown[], flags: ParsedFlags): Promise<number> {
  const { world, print, globals } = context;
  return await runServer(world, await context.config(), {
    kind: 'serve',
    wait: flags['wait'] !== false,
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
  const onWait = (owner: ServerFile | undefined): void => {
    const { dataDir: path } = config;
    if (!options.wait) throw new AppError('store_locked', { path, ...(owner === undefined ? {} : { pid: owner.pid }) });
    options.note(standbyText(path, owner));
  };
  const lock = await awaitOwnership(world.ownership(config), stop, onWait);
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

function standbyText(dataDir: string, owner: ServerFile | undefined): string {
  const who =
    owner === undefined
      ? 'another process'
      : `process ${owner.pid} (${owner.kind}${owner.url ? ` on ${owner.url}` : ''})`;
  return `The data in ${dataDir} belongs to ${who}, which runs already.
This one waits and takes over when that one ends. Ctrl-C ends this one; --no-wait does not wait at all.`;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

function rethrow(reason: unknown): never {
  throw reason;
}
