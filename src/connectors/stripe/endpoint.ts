/** What an action calls, and the bucket that this takes from. @module */
import type { LimitUse } from '../../core/connector.js';

export interface AtEndpoint {
  endpoint: string;
  limits: () => readonly LimitUse[];
}

/** @param endpoint as Stripe's reference writes it, e.g. `POST /v1/customers` */
export function at(endpoint: string): AtEndpoint {
  return { endpoint, limits: () => [{ bucket: 'endpoint', key: endpoint }] };
}
