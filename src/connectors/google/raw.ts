/**
 * What we know of Google's APIs beyond our actions.
 *
 * @source discovery documents (addresses, methods that only read by POST); units of Gmail from memory
 * @module
 */
import type { LimitUse, RawRules } from '../../core/connector.js';

const MAIL = /^\/(?:upload\/|resumable\/upload\/)?gmail\//;
const SHEETS = /^\/v4\/spreadsheets(?:[/:]|$)/;
const READS_BY_POST = /^\/calendar\/v3\/freebusy$|:(?:batchgetbydatafilter|getbydatafilter)$/;
const SENDS = /^\/(?:upload\/)?gmail\/v1\/users\/[^/]+\/(?:messages|drafts)\/send$/;

/** Many requests in one cannot be judged one by one; the rest hands out tokens. */
const BATCH = /^\/batch(?:\/|$)/;
const NOT_PASSED_ON = /^\/(?:o\/oauth2|oauth2|token)(?:\/|$)/;

function bucketOf(path: string): LimitUse[] {
  if (MAIL.test(path)) return [{ bucket: 'mail', cost: SENDS.test(path) ? 100 : 5 }];
  if (SHEETS.test(path)) return [{ bucket: 'sheets' }];
  if (path.startsWith('/calendar/')) return [{ bucket: 'calendar' }];
  return /^\/(?:upload\/)?drive\//.test(path) ? [{ bucket: 'drive' }] : [];
}

export const raw: RawRules = {
  base(path) {
    if (MAIL.test(path)) return 'mail';
    return SHEETS.test(path) ? 'sheets' : undefined;
  },
  effect({ method, path }) {
    if (method === 'GET' || (method === 'POST' && READS_BY_POST.test(path))) return 'read';
    if (method === 'DELETE') return 'delete';
    if (SENDS.test(path)) return 'send';
    return method === 'POST' ? 'create' : 'update';
  },
  refuses({ path }) {
    if (BATCH.test(path)) return 'many requests in one cannot be judged; send them one by one';
    return NOT_PASSED_ON.test(path) ? 'this address hands out credentials' : undefined;
  },
  limits: ({ path }) => bucketOf(path),
  headers: [
    'x-goog-api-client',
    'x-goog-fieldmask',
    'x-upload-content-type',
    'x-upload-content-length',
    'content-range',
  ],
};
