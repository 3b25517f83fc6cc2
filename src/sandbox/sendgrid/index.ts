/** The simulated SendGrid. @module */
export { SendgridSandbox } from './sendgrid.js';
export { SendgridSandbox as Sandbox } from './sendgrid.js';
