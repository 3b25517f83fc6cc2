/** Simulated providers, and the server that puts them on a port of this machine. @module */
export * from './kit/index.js';
export { FigmaSandbox } from './figma/index.js';
export { GithubSandbox } from './github/index.js';
export { GoogleSandbox } from './google/index.js';
export { InternalToolSandbox, type Effect } from './internal-tool/index.js';
export { LinearSandbox } from './linear/index.js';
export { NotionSandbox } from './notion/index.js';
export { ResendSandbox } from './resend/index.js';
export { startSandboxes, type RunningSandbox, type SandboxesOptions } from './running-sandboxes.js';
export { SANDBOXES } from './providers.generated.js';
export { SendgridSandbox } from './sendgrid/index.js';
export { startSandbox, type SandboxServer, type SandboxServerOptions } from './server.js';
export { SlackSandbox, type Post } from './slack/index.js';
export { StripeSandbox } from './stripe/index.js';
