/** The proxy for official SDKs: on the private listener, and on ports of their own for SDKs that keep no path. @module */
import type { Config } from '../config.js';
import { loadProxy, type FrontParts } from '../doors/http/index.js';
import type { Gateway } from '../operations/index.js';

/** @param provider the only one, behind a port of its own */
export function proxyDoor(
  gateway: Gateway,
  { environment }: Pick<Config, 'environment'>,
  identify: FrontParts['identify'],
  provider?: string,
): NonNullable<FrontParts['loadProxy']> {
  return () => loadProxy({ gateway, identify, environment, ...(provider !== undefined && { provider }) });
}
