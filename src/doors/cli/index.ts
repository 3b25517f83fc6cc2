/** The CLI door. @module */
import { serveAtOnce } from './serve.js';
import type { CliWorld } from './world.js';

export type { OwnerLock } from './await-ownership.js';
export { ensureLocalCredential, readLocalCredential } from './local-credential.js';
export { principalOfProcess } from './principal-of-process.js';
export { readServerFile, SERVER_FILE, writeServerFile, type OwnerKind, type ServerFile } from './server-file.js';
export type { Owned, OwnershipParts } from './own-or-attach.js';
export type { ConnectorVariable } from './variables.js';
export type { VerifyLibrary } from './verify-library.js';
export { commandName } from './command-name.js';
export type {
  CliConfig,
  CliWorld,
  DatabaseTools,
  ConfigFlags,
  KeyArchive,
  Machine,
  OutputStream,
  RunningServer,
  SimulatedProvider,
} from './world.js';

/**
 * Runs one command line and gives its exit code; see `fairlead help exit-codes`. `serve` alone is started without the
 * parser and the table of operations: the first webhook need not wait for them.
 */
export async function runCli(world: CliWorld): Promise<number> {
  const [only] = world.argv;
  if (world.argv.length === 1 && (only === '--version' || only === '-V')) {
    world.stdout.write(`${world.version}\n`);
    return 0;
  }
  if (world.argv.length === 1 && only === 'serve') {
    try {
      return await serveAtOnce(world);
    } catch (thrown) {
      return (await import('./program.js')).reportFailure(world, thrown);
    }
  }
  return await (await import('./program.js')).runProgram(world);
}
