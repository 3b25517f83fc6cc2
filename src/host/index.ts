/**
 * The real clock, randomness, network, files, keys, threads: the only folder that touches the world.
 *
 * @module
 */
export { realClock } from './clock.js';
export { loadCompiled } from './compiled-module.js';
export { realDns } from './dns.js';
export { readEnvFile } from './env-file.js';
export { openFiles } from './files.js';
export { freePort } from './free-port.js';
export { guardedNet, type LateNet } from './guarded-net.js';
export { tuneHeaps } from './heaps.js';
export { listenHttp, type HttpListener, type ListenAt } from './http-server.js';
export type { TakeWhole } from './short-connections.js';
export { openKeys, sealKeys } from './key-archive.js';
export { openKeyFiles, openWrappedKeyFiles, type VaultKeys } from './key-files.js';
export { sendLocal } from './local-client.js';
export { createLog, type LogOptions } from './log.js';
export { machine } from './machine.js';
// Types alone: a value from net/ would put the guard and ipaddr.js on the start-up path. Who needs `checkUrl` or
// `classifyAddress` by themselves imports net/index.js where it is needed.
export type { GuardedNet, GuardedNetOptions, OwnListener } from './net/index.js';
export { realRandom } from './random.js';
export { realHost, type RealHost, type RealHostOptions } from './real-host.js';
export { replaceDatabase } from './replace-database.js';
export { placeSocket } from './socket-path.js';
export { temporaryFolder, type TemporaryFolder } from './temporary-folder.js';
export { startThread, type StartedThread } from './start-thread.js';
export { openTerminal, type Terminal } from './terminal.js';
export { logged } from './threads.js';
