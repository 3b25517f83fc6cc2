/** Waiting for the ownership of a data directory, for programs that mean to stay. @module */
import type { Clock } from '../../core/ports.js';
import type { ServerFile } from './server-file.js';

/** The lock of the operating system; it goes with the process, however that ends. */
export interface OwnerLock {
  release(): void | Promise<void>;
}

const STANDBY_POLL_MS = 50;
/** A command is mostly done in this time; nobody needs to know that it was waited for. */
const TELL_AFTER_MS = 2_000;

export interface StandbyParts {
  acquireLock(): Promise<OwnerLock | undefined>;
  /** A second lock, held by the one server that waits: commands leave the directory to it (see own-or-attach.ts). */
  acquireStandby(): Promise<OwnerLock | undefined>;
  readServer(): Promise<ServerFile | undefined>;
  clock: Clock;
}

/**
 * Waits until this process can own the data directory: at once when nobody does, else when the owner ends. `onWait` is
 * told once, at once of an owner that means to stay, otherwise when it takes long; what it throws ends the waiting.
 * `undefined` when `signal` aborted first.
 */
export async function awaitOwnership(
  parts: StandbyParts,
  signal: AbortSignal,
  onWait: (owner: ServerFile | undefined) => void,
): Promise<OwnerLock | undefined> {
  let standby: OwnerLock | undefined;
  let told = false;
  const tellAtMs = parts.clock.monotonicMs() + TELL_AFTER_MS;
  try {
    while (!signal.aborted) {
      const lock = await parts.acquireLock();
      if (lock !== undefined) return lock;
      standby ??= await parts.acquireStandby();
      const owner = told ? undefined : await parts.readServer();
      const stays = owner !== undefined && owner.kind !== 'command';
      if (!told && (stays || parts.clock.monotonicMs() >= tellAtMs)) {
        told = true;
        onWait(owner);
      }
      await parts.clock.sleep(STANDBY_POLL_MS, signal);
    }
    return undefined;
  } finally {
    await standby?.release();
  }
}
