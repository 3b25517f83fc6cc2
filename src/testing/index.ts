/**
 * `fairlead/testing`: virtual time, chance, network and files, and the suites that connectors must pass. Free of any
 * test framework.
 *
 * @module
 */
export { captureLog, type CapturedLine, type CaptureLog } from './capture-log.js';
export { connectorProblems, EXAMPLE_MARK, EXAMPLE_NOW_MS } from './connector-suite.js';
export { memoryFiles, type MemoryFiles } from './memory-files.js';
export { memoryKeys, type MemoryKeys } from './memory-keys.js';
export * from '../sandbox/index.js';
export { sandboxRoute } from './sandbox-route.js';
export { simulate, type Simulated } from './simulated.js';
export { SeededRandom } from '../core/seeded-random.js';
export { VirtualClock } from './virtual-clock.js';
export { VirtualDns, type VirtualName } from './virtual-dns.js';
export { virtualHost, type VirtualHost, type VirtualHostOptions } from './virtual-host.js';
export { VirtualNet, type NetFault, type Route, type VirtualAnswer, type VirtualNetOptions } from './virtual-net.js';
export { virtualThreads, type ThreadProgram, type VirtualThread } from './virtual-threads.js';
