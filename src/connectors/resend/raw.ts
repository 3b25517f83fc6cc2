/** What we know of Resend's API beyond our actions. @source resend-openapi (paths) @module */
import type { RawRules } from '../../core/connector.js';

const SENDS = /^\/(?:emails(?:\/batch)?|broadcasts\/[^/]+\/send)$/;
const NOT_PASSED_ON = /^\/api-keys(?:\/|$)/;

export const raw: RawRules = {
  effect({ method, path }) {
    if (method === 'GET') return 'read';
    if (method === 'DELETE') return 'delete';
    if (method === 'POST' && SENDS.test(path)) return 'send';
    return method === 'POST' ? 'create' : 'update';
  },
  refuses: ({ method, path }) =>
    method !== 'GET' && NOT_PASSED_ON.test(path) ? 'this address hands out credentials' : undefined,
  headers: ['x-batch-validation'],
};
