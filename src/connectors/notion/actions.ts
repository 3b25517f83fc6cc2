/** What Notion can be asked to do. @module */
import { queryDatabase, search } from './listings.js';
import { appendBlocks, createPage, getPage, updatePage } from './pages.js';

export const actions = { queryDatabase, createPage, updatePage, getPage, search, appendBlocks } as const;
