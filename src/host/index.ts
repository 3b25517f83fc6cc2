/**
 * The real clock, randomness, network, files, keys, threads: the only folder that touches the world.
 *
 * @module
 */
export { realClock } from './clock.js';
export { realDns } from './dns.js';
export { openFiles } from './files.js';
export { openKeyFiles } from './key-files.js';
export { createLog, type LogOptions } from './log.js';
export {
  checkUrl,
  classifyAddress,
  guardedNet,
  isGuarded,
  parseEgressRules,
  type AddressClass,
  type EgressRules,
  type GuardedNet,
  type GuardedNetOptions,
  type OwnListener,
  type Target,
  type UrlVerdict,
} from './net/index.js';
export { realRandom } from './random.js';
export { realHost, type RealHost, type RealHostOptions } from './real-host.js';
export { realSecretSources, type SecretSourceOptions } from './secret-sources.js';
export { realThreads, threadFile } from './threads.js';
