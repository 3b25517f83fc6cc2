/**
 * What Google's answers mean. Calendar and Drive list reasons, Sheets has a status and details, Gmail all of them.
 *
 * @source discovery documents (410 of a sync token, 409 of an id); the error form, its reasons and details from memory;
 * the wait in Gmail's words: NangoHQ/nango packages/providers/providers.yaml
 * @module
 */
import { classifier, type FailureRule } from '../../core/failure-table.js';

/** How long to leave alone what is used up for a day, or for as long as Google thinks right. */
const USED_UP_WAIT_MS = 3_600_000;

const TOO_FAST = ['rateLimitExceeded', 'userRateLimitExceeded', 'RATE_LIMIT_EXCEEDED', 'RESOURCE_EXHAUSTED'];
const USED_UP = ['quotaExceeded', 'dailyLimitExceeded', 'dailyLimitExceededUnreg', 'calendarUsageLimitsExceeded'];
const NO_SCOPE = [
  'insufficientPermissions',
  'insufficientScopes',
  'ACCESS_TOKEN_SCOPE_INSUFFICIENT',
  'insufficient_scope',
];
const NOT_ENABLED = ['accessNotConfigured', 'SERVICE_DISABLED'];

/** Where the words of a refusal can stand. */
const WORDS = ['error.errors.0.reason', 'error.details.0.reason', 'error.status', 'error'];

/** One rule for each place, since all conditions of one must hold. */
function whenSaid(status: readonly number[], words: readonly string[], rule: Omit<FailureRule, 'when'>): FailureRule[] {
  return WORDS.map((place) => ({ when: { status, body: { [place]: words } }, ...rule }));
}

export const classify = classifier({
  providerCode: WORDS,
  says: ['error.message', 'error_description'],
  prefix: 'Google says: ',
  rules: [
    ...whenSaid([403, 429], USED_UP, {
      code: 'rate_limited',
      problem: 'what this account or project may do in a day is used up',
      unsaidWaitMs: USED_UP_WAIT_MS,
    }),
    ...whenSaid([403, 429], TOO_FAST, { code: 'rate_limited', problem: 'too many requests in a short time' }),
    ...whenSaid([401, 403], NO_SCOPE, {
      code: 'provider_auth',
      problem: 'the token lacks a permission that this needs; connect again and grant it',
    }),
    ...whenSaid([403], NOT_ENABLED, {
      code: 'provider_rejected',
      problem: 'this API is not enabled in the Google Cloud project of the application; enable it there',
    }),
    ...whenSaid([410], ['fullSyncRequired', 'updatedMinTooLongAgo'], {
      code: 'provider_rejected',
      problem: 'the syncToken is too old: list everything once without it (a full sync) and keep the new one',
    }),
  ],
  codes: {
    authError: { code: 'provider_auth', problem: 'the access token has ended or was revoked; connect again' },
    UNAUTHENTICATED: { code: 'provider_auth', problem: 'the access token has ended or was revoked; connect again' },
    invalid_token: { code: 'provider_auth', problem: 'the access token has ended or was revoked; connect again' },
    insufficientFilePermissions: 'the account may not do this with the file; its owner has to share it',
    requiredAccessLevel: 'the account may only read this calendar; its owner has to let it write',
    domainPolicy: 'the administrator of the Workspace domain does not allow this application',
    duplicate: 'there is one with this id already',
    deleted: 'it was deleted',
    fileNotDownloadable: 'it is a Google document, which has no bytes of its own; say as what to export it',
    exportSizeLimitExceeded: 'the document is larger than what Google exports',
    cannotDownloadAbusiveFile: 'Google took the file for malware or spam and does not hand it out',
  },
  waits: [
    { from: { header: 'retry-after' }, as: 'retry-after' },
    { from: { body: 'error.message' }, as: 'iso-8601', pattern: /Retry after (\d{4}-\d\d-\d\dT[\d:.]+Z)/i },
    { from: { body: 'error.details.0.retryDelay' }, as: 'seconds', pattern: /^([\d.]+)s$/ },
    { from: { body: 'error.details.1.retryDelay' }, as: 'seconds', pattern: /^([\d.]+)s$/ },
    { from: { body: 'error.details.2.retryDelay' }, as: 'seconds', pattern: /^([\d.]+)s$/ },
  ],
});
