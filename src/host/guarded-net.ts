/**
 * The guarded network, loaded late: starting must be quick, and many a process never sends.
 *
 * @module
 */
import type { GuardedNet, GuardedNetOptions } from './net/index.js';

export interface LateNet extends GuardedNet {
  /**
   * Loads the guard now, and with it checks `allowedPrivateHosts`, which {@link guardedNet} cannot do without it.
   *
   * @throws AppError `config_invalid`
   */
  open(): Promise<void>;
  /** Loads all that a request needs, the guard and undici, so that none has to. */
  warm(): Promise<void>;
}

/** The network behind the egress guard of `net/`; guard and undici are loaded with the first request. */
export function guardedNet(options: GuardedNetOptions): LateNet {
  let opening: Promise<GuardedNet> | undefined;
  const opened = () => (opening ??= import('./net/index.js').then(({ openGuardedNet }) => openGuardedNet(options)));
  return {
    send: async (request) => (await opened()).send(request),
    open: async () => void (await opened()),
    warm: async () => void (await Promise.all([opened(), import('undici/lib/dispatcher/pool.js')])),
    close: async () => (await opening)?.close(),
  };
}
