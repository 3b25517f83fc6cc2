/** What programs of other machines reach on the public listener: `/mcp` and REST, with tokens of their own alone. @module */
import type { Config } from '../config.js';
import { grantsOnly, isResourcePath, loadRest, type RemoteDoor } from '../doors/http/index.js';
import type { Gateway } from '../operations/index.js';
import { agentDoor } from './agents.js';

/**
 * `undefined` without a public address: tokens would be for an address that is reached from this machine alone. No key
 * and no token of this machine opens anything here.
 */
export function remoteDoor(gateway: Gateway, config: Config, accepting: () => boolean): RemoteDoor | undefined {
  const { publicUrl, environment } = config;
  if (publicUrl === undefined) return undefined;
  const names = new Set([new URL(publicUrl).hostname.toLowerCase()]);
  const ring = async () => (await gateway.login()).grants;
  return {
    has: isResourcePath,
    hostNames: () => names,
    accepting,
    loadAgents: agentDoor(gateway, config, grantsOnly(ring, 'mcp')).load,
    loadRest: () => loadRest({ gateway, identify: grantsOnly(ring, 'rest'), environment, via: 'rest' }),
  };
}
