/** The simulated Stripe. @module */
export { StripeSandbox } from './stripe.js';
export { StripeSandbox as Sandbox } from './stripe.js';
