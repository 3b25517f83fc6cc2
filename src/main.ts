#!/usr/bin/env node
/**
 * The program: hands the process to the CLI, and its exit code back.
 *
 * @module
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadCompiled, startThread } from './host/index.js';
import { WRITER_THREAD } from './storage/sqlite/index.js';

const argv = process.argv.slice(2);
const { entry, ...limits } = WRITER_THREAD;
// The server's writer loads its engine in the time in which we load the rest.
const early =
  argv.length === 1 && argv[0] === 'serve'
    ? startThread({ file: new URL(`./${entry}.cjs`, import.meta.url), name: entry, ...limits })
    : undefined;
const built = dirname(fileURLToPath(import.meta.url));
// The build puts all that a start needs into these two.
loadCompiled(join(built, 'core.cjs'));
const { openTerminal, readEnvFile, realWorld, runCli } = loadCompiled(
  join(built, 'server.cjs'),
) as typeof import('./compose/start.js');

/** Node's exit code for "Unsettled Top-Level Await". */
const UNSETTLED = 13;
const EXIT_SIGNAL = { SIGINT: 130, SIGTERM: 143 } as const;

// Whoever read our output has enough of it: that is no failure of ours.
const terminal = openTerminal(() => process.exit(0));
const stop = new AbortController();
let stopsInOrder = false;

const world = realWorld({
  argv,
  script: process.argv[1] ?? '',
  variables: { ...readEnvFile(join(process.cwd(), '.env')), ...process.env },
  cwd: process.cwd(),
  terminal,
  early,
  onStop() {
    stopsInOrder = true;
    return stop.signal;
  },
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // A server ends what is in flight; a second signal, or any signal to a plain command, ends at once.
    if (!stopsInOrder || stop.signal.aborted) process.exit(EXIT_SIGNAL[signal]);
    stop.abort();
  });
}

function crash(cause: unknown): never {
  world.log('error', 'an error nobody caught ends the process; what was acknowledged is kept', { cause });
  process.exit(1);
}
process.on('uncaughtException', crash);
process.on('unhandledRejection', crash);

// Without `await`: as CommonJS the program starts sooner, see scripts/build.mjs. A command that waits for what never
// comes ends as one that awaits it would, and not as one that is done.
process.exitCode = UNSETTLED;
void runCli(world)
  .then(async (exit) => {
    await terminal.flush();
    process.exit(exit);
  })
  .catch(crash);
