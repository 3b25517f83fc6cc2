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
  let net: GuardedNet | undefined;
  const open = async () => (net = (await import('./net/index.js')).openGuardedNet(options));
  const opened = () => (opening ??= open());
  return {
    send: (request) => (net === undefined ? opened().then((guarded) => guarded.send(request)) : net.send(request)),
    open: async () => void (await opened()),
    warm: async () => {
      await opened();
      (await import('./net/index.js')).loadPool();
    },
    close: async () => (await opening)?.close(),
  };
}
