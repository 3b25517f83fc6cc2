/** The real pipeline over one simulated provider, in virtual time: what tests of a connector's actions begin with. */
import type { CallResult } from '../../src/core/call.js';
import type { ActionRequest, ConnectorDefinition } from '../../src/core/connector.js';
import type { HttpAnswer } from '../../src/core/ports.js';
import { renderRequest } from '../../src/outbound/index.js';
import { askProvider, type SandboxProvider } from '../../src/sandbox/index.js';
import { sandboxRoute } from '../../src/testing/sandbox-route.js';
import { outboundWorld, type World, type WorldOptions } from '../outbound/world.js';

export interface Connected extends World {
  /** How many requests of other methods than GET arrived. */
  writes(): number;
}

/** @param bases addresses of the provider, e.g. `https://api.github.com` */
export async function connected(
  provider: SandboxProvider,
  bases: readonly string[],
  options: WorldOptions = {},
): Promise<Connected> {
  const world = await outboundWorld(options);
  for (const base of bases) world.net.on(`* ${base}`, sandboxRoute(provider, base, world.clock));
  return {
    ...world,
    writes: () => provider.received.requests.filter(({ method }) => method !== 'GET').length,
  };
}

/** Every connection may touch these only. */
export const restrictedTo = (restrictions: Record<string, readonly string[]>): WorldOptions => ({
  connections: (own) => ({
    resolve: async (...asked) => {
      const resolution = await own.resolve(...asked);
      if (resolution.kind !== 'connection') return resolution;
      return { kind: 'connection', connection: { ...resolution.connection, restrictions } };
    },
    secret: async (connection) => await own.secret(connection),
    read: async (reference) => await own.read(reference),
  }),
});

/** Calls under one key, and again when the look-up may say something, until the outcome is known. */
export async function settled(world: Connected, action: string, input: unknown, key: string): Promise<CallResult> {
  let result = await world.call(action, input, { idempotencyKey: key });
  for (let tries = 0; result.state === 'unknown' && result.retryAfterMs !== undefined && tries < 5; tries++) {
    await world.clock.advance(result.retryAfterMs);
    result = await world.call(action, input, { idempotencyKey: key });
  }
  return result;
}

/** What the provider answers to a request that is no action: identity, health. */
export async function answerTo(
  world: World,
  connector: ConnectorDefinition,
  provider: SandboxProvider,
  { request, token }: { request: ActionRequest; token: string },
): Promise<HttpAnswer> {
  const { baseUrl } = connector;
  const view = { id: 'x', environment: 'sandbox', credential: 'bearer', baseUrl } as const;
  const { method, url, headers, body } = renderRequest(request, connector, view);
  const address = new URL(baseUrl).origin;
  const asked = { method, url: url!.href, headers: { ...headers, authorization: `Bearer ${token}` } };
  const limits = { timeoutMs: 1_000, maxAnswerBytes: 1_000_000 };
  const result = await askProvider(provider, address, { ...asked, ...(body && { body }), ...limits }, world.clock);
  if (!result.ok) throw new Error('the simulated provider gave no answer');
  return result.answer;
}
