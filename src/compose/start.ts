/** What the program starts with: all that stands between a spawn and the first answer of `serve`. @module */
export { runCli } from '../doors/cli/index.js';
export { openTerminal, readEnvFile } from '../host/index.js';
export { realWorld } from './world.js';
