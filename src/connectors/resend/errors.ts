/**
 * What Resend's answers mean.
 *
 * @source https://resend.com/docs/api-reference/errors, /rate-limit (read); resend-node (ErrorResponse)
 * @module
 */
import { classifier } from '../../core/failure-table.js';
import { USUAL_WAITS, type WaitSignal } from '../../core/wait-signal.js';

const HOUR_MS = 3_600_000;

const waits: readonly WaitSignal[] = [...USUAL_WAITS, { from: { header: 'ratelimit-reset' }, as: 'seconds' }];
/** A quota is not the limit of a second: the header of that limit says nothing about it. */
const quota = { code: 'rate_limited', waits: USUAL_WAITS, unsaidWaitMs: HOUR_MS } as const;

export const classify = classifier({
  providerCode: ['name'],
  says: ['message'],
  prefix: 'Resend says: ',
  rules: [
    {
      when: { body: { name: 'daily_quota_exceeded' } },
      ...quota,
      problem: 'the e-mails that this account may send in a day are used up',
    },
    {
      when: { body: { name: 'monthly_quota_exceeded' } },
      ...quota,
      problem: 'the e-mails that this account may send in a month are used up',
    },
    { when: { status: 429 }, waits, problem: 'too many requests in a second' },
  ],
  codes: {
    missing_api_key: { code: 'provider_auth', problem: 'no API key arrived' },
    invalid_api_key: { code: 'provider_auth', problem: 'the API key is not valid' },
    restricted_api_key: { code: 'provider_auth', problem: 'this API key may only send e-mail' },
    suspended_api_key: { code: 'provider_auth', problem: 'the API key was suspended' },
    invalid_idempotent_request: 'the idempotency key was used for another e-mail before',
    // The first request under the key is still being worked on; this one did nothing.
    concurrent_idempotent_requests: {
      code: 'provider_unavailable',
      problem: 'it is still working on the first request with this idempotency key',
      safeToRetry: true,
    },
    security_error: 'Resend refuses this request for reasons of security',
  },
});
