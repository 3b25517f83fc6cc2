/** The simulated Figma. @module */
export { FigmaSandbox } from './figma.js';
export { FigmaSandbox as Sandbox } from './figma.js';
