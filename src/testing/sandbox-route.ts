/**
 * A simulated provider as a route of the virtual network: the same provider as on a port, without the port.
 *
 * @module
 */
import type { Clock } from '../core/ports.js';
import { askProvider, type SandboxProvider } from '../sandbox/index.js';
import type { Route } from './virtual-net.js';

/**
 * @param base the address that stands for the provider, e.g. `https://slack.test`; the rest of a URL is its path.
 * @example
 *   net.on('* https://slack.test', sandboxRoute(new SlackSandbox(), 'https://slack.test', clock));
 */
export function sandboxRoute(provider: SandboxProvider, base: string, clock: Clock): Route {
  return (request) => askProvider(provider, base, request, clock);
}
