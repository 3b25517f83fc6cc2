/** What we know of Notion's API beyond our actions. @source Notion's API description (paths) @module */
import type { RawRules } from '../../core/connector.js';

const READS_BY_POST = /^\/(?:search|(?:data_sources|databases)\/[^/]+\/query)$/;
const NOT_PASSED_ON = /^\/oauth\//;

export const raw: RawRules = {
  effect({ method, path }) {
    if (method === 'GET' || (method === 'POST' && READS_BY_POST.test(path))) return 'read';
    if (method === 'DELETE') return 'delete';
    return method === 'POST' ? 'create' : 'update';
  },
  refuses: ({ path }) => (NOT_PASSED_ON.test(path) ? 'this address hands out credentials' : undefined),
  headers: ['notion-version'],
};
