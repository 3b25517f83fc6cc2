/** The simulated Notion. @module */
export { NotionSandbox } from './notion.js';
export { NotionSandbox as Sandbox } from './notion.js';
