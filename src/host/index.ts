/**
 * The real clock, randomness, network, files, keys, threads: the only folder that touches the world.
 *
 * @module
 */
export { realClock } from './clock.js';
export { realDns } from './dns.js';
export { openFiles } from './files.js';
export { guardedNet, type LateNet } from './guarded-net.js';
export { openKeyFiles } from './key-files.js';
export { createLog, type LogOptions } from './log.js';
// Types alone: a value from net/ would put the guard and ipaddr.js on the start-up path. Who needs `checkUrl` or
// `classifyAddress` by themselves imports net/index.js where it is needed.
export type { GuardedNet, GuardedNetOptions, OwnListener } from './net/index.js';
export { realRandom } from './random.js';
export { realHost, type RealHost, type RealHostOptions } from './real-host.js';
export { realSecretSources, type SecretSourceOptions } from './secret-sources.js';
export { realThreads, threadFile } from './threads.js';
