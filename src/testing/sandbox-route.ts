/**
 * A simulated provider as a route of the virtual network: the same provider as on a port, without the port.
 *
 * @module
 */
import type { Clock } from '../core/ports.js';
import type { SandboxProvider } from '../sandbox/index.js';
import type { Route } from './virtual-net.js';

/**
 * @param base the address that stands for the provider, e.g. `https://slack.test`; the rest of a URL is its path.
 * @example
 *   net.on('* https://slack.test', sandboxRoute(new SlackSandbox(), 'https://slack.test', clock));
 */
export function sandboxRoute(provider: SandboxProvider, base: string, clock: Clock): Route {
  return async ({ method, url, headers, body = new Uint8Array() }) => {
    const { pathname, searchParams } = new URL(url);
    const path = pathname.slice(new URL(base).pathname.replace(/\/$/, '').length) || '/';
    const reply = provider.handle({ method, path, query: searchParams, headers, body, nowMs: clock.nowMs() });
    if (reply.delayMs !== undefined) await clock.sleep(reply.delayMs);
    if (reply.lost !== true) return { status: reply.status, headers: reply.headers, body: reply.body };
    return { ok: false, failure: { kind: 'reset', sent: 'maybe', detail: 'the sandbox provider lost the answer' } };
  };
}
