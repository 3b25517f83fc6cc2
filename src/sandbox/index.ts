/** Simulated providers, and the server that puts them on a port of this machine. @module */
export { Faults, parseFault, type Fault } from './faults.js';
export { startForFirstSteps, type SimulatedForFirstSteps } from './first-steps.js';
export { InternalToolSandbox, type Effect } from './internal-tool/index.js';
export type { SandboxProvider, SandboxRequest } from './provider.js';
export type { SandboxReply } from './reply.js';
export { startSandbox, type SandboxServer, type SandboxServerOptions } from './server.js';
export { SlackSandbox, type Post } from './slack/index.js';
