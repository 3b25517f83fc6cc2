/** A simulated internal tool of the user's own. @module */
export { InternalToolSandbox, type Effect, type InternalToolOptions } from './internal-tool.js';
export { InternalToolSandbox as Sandbox } from './internal-tool.js';
