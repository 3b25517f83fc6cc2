/** The simulated Slack. @module */
export type { Post } from './messages.js';
export { SlackSandbox } from './slack.js';
export { SlackSandbox as Sandbox } from './slack.js';
