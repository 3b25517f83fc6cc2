/** The simulated Resend. @module */
export { ResendSandbox } from './resend.js';
export { ResendSandbox as Sandbox } from './resend.js';
