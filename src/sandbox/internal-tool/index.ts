/** The simulated internal tool. @module */
export { InternalToolSandbox, type Effect, type InternalToolOptions } from './internal-tool.js';
