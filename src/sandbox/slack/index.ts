/** The simulated Slack. @module */
export type { Channel, Post } from './messages.js';
export { SlackSandbox, type SlackSandboxOptions } from './slack.js';
