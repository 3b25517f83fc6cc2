/**
 * The egress guard and the network behind it.
 *
 * @module
 */
export { classifyAddress, type AddressClass } from './address.js';
export { type OwnListener } from './check-addresses.js';
export { checkUrl, type Target, type UrlVerdict } from './check-url.js';
export { parseEgressRules, PUBLIC_ONLY, type EgressRules } from './egress-rules.js';
export { openGuardedNet, type GuardedNet, type GuardedNetOptions } from './guarded-net.js';
export { loadPool } from './load-pool.js';
export { isGuarded } from './pinned-connector.js';
