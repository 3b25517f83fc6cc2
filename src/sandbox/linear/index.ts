/** The simulated Linear. @module */
export { LinearSandbox } from './linear.js';
export { LinearSandbox as Sandbox } from './linear.js';
