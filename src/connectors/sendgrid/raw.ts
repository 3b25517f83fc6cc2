/** What we know of SendGrid's API beyond our actions. @source sendgrid-oai (paths) @module */
import type { RawRules } from '../../core/connector.js';

const SENDS = /^\/v3\/mail\/send$/;
const READS_BY_POST = /^\/v3\/marketing\/contacts\/(?:search(?:\/emails)?|batch)$/;
const NOT_PASSED_ON = /^\/v3\/(?:api_keys|scopes\/requests|teammates|sso)(?:\/|$)/;

export const raw: RawRules = {
  effect({ method, path }) {
    if (method === 'GET' || (method === 'POST' && READS_BY_POST.test(path))) return 'read';
    if (method === 'DELETE') return 'delete';
    if (SENDS.test(path)) return 'send';
    return method === 'POST' ? 'create' : 'update';
  },
  refuses: ({ method, path }) =>
    method !== 'GET' && NOT_PASSED_ON.test(path) ? 'this address hands out or changes credentials' : undefined,
  limits({ path }) {
    if (SENDS.test(path)) return [];
    if (path === '/v3/marketing/contacts') return [{ bucket: 'contacts' }];
    return [{ bucket: 'api', key: path.split('/').slice(2, 4).join('/') }];
  },
  headers: ['on-behalf-of', 'accept-language'],
};
