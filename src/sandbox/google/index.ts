/** The simulated Google. @module */
export { GoogleSandbox } from './google.js';
export { GoogleSandbox as Sandbox } from './google.js';
