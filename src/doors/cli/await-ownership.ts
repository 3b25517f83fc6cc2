/** Waiting for the ownership of a data directory, for programs that mean to stay. @module */
import type { Clock } from '../../core/ports.js';
import type { ServerFile } from './server-file.js';

/** The lock of the operating system; it goes with the process, however that ends. */
export interface OwnerLock {
  release(): void | Promise<void>;
}

const STANDBY_POLL_MS = 100;

/**
 * Waits until this process can own the data directory: at once when nobody does, else when the owner ends. `onWait` is
 * told once, with the owner if that one means to stay. `undefined` when `signal` aborted first.
 */
export async function awaitOwnership(
  parts: { acquireLock(): Promise<OwnerLock | undefined>; readServer(): Promise<ServerFile | undefined>; clock: Clock },
  signal: AbortSignal,
  onWait: (server: ServerFile) => void,
): Promise<OwnerLock | undefined> {
  let told = false;
  while (!signal.aborted) {
    const lock = await parts.acquireLock();
    if (lock !== undefined) return lock;
    const server = told ? undefined : await parts.readServer();
    if (server !== undefined && server.kind !== 'command') {
      told = true;
      onWait(server);
    }
    await parts.clock.sleep(STANDBY_POLL_MS, signal);
  }
  return undefined;
}
