/** The simulated providers that `fairlead dev` and `fairlead sandbox` start on this machine. @module */
import { AppError } from '../core/errors.js';
import type { Clock, Net } from '../core/ports.js';
import { CONTROL_PATH } from './control.js';
import type { SandboxProvider } from './kit/index.js';
import { SANDBOXES } from './providers.generated.js';
import { startSandbox, type SandboxServer } from './server.js';

export interface SandboxesOptions {
  clock: Clock;
  /** Carries the webhooks. */
  net?: Net;
  /** Default: all. */
  names?: readonly string[];
  /** Of the address that all share; each gets one of its own after it. 0 takes free ones. */
  port?: number;
}

export interface RunningSandbox {
  provider: string;
  /** Base URL of its API, below the address that all share. */
  url: string;
  /** The same on a port of its own, for clients that keep no path of a base URL. */
  ownUrl: string;
  /** What its connector reads from the environment. */
  variables: Readonly<Record<string, string>>;
  /** The page that shows what all of them received. */
  page: string;
  close(): Promise<void>;
}

/** @throws AppError `invalid_argument` for a name nobody has, `port_in_use` */
export async function startSandboxes({ clock, net, names, port = 0 }: SandboxesOptions): Promise<RunningSandbox[]> {
  const providers = (names?.length ? names : Object.keys(SANDBOXES)).map(made);
  const all = await startSandbox({ providers, clock, port, ...(net && { net }) });
  const running: RunningSandbox[] = [];
  try {
    for (const [index, provider] of providers.entries()) {
      const ownPort = port === 0 ? 0 : port + index + 1;
      const own = await startSandbox({
        providers: [provider],
        clock,
        port: ownPort,
        atRoot: true,
        ...(net && { net }),
      });
      running.push(described(provider, all, own));
    }
  } catch (error) {
    await Promise.all([all, ...running].map((one) => one.close()));
    throw error;
  }
  return running;
}

function made(name: string): SandboxProvider {
  const make = Object.hasOwn(SANDBOXES, name) ? SANDBOXES[name] : undefined;
  if (make !== undefined) return make();
  const problem = `there is no simulated provider of this name; there are ${Object.keys(SANDBOXES).join(', ')}`;
  throw new AppError('invalid_argument', { argument: 'provider', problem });
}

function described(provider: SandboxProvider, all: SandboxServer, own: SandboxServer): RunningSandbox {
  return {
    provider: provider.name,
    url: all.urlOf(provider) + provider.basePath,
    ownUrl: own.url + provider.basePath,
    variables: provider.variablesAt(all.urlOf(provider)),
    page: `${all.url}${CONTROL_PATH}/page`,
    // The shared address ends with the first of them; closing it again does nothing.
    close: async () => void (await Promise.all([own.close(), all.close()])),
  };
}
