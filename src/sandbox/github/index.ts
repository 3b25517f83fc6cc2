/** The simulated GitHub. @module */
export { GithubSandbox } from './github.js';
export { GithubSandbox as Sandbox } from './github.js';
