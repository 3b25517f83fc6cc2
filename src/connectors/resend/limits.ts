/**
 * How fast Resend may be called.
 *
 * @source https://resend.com/docs/api-reference/rate-limit (read): 2 requests a second by default, told in headers
 * @module
 */
import type { LimitBucket } from '../../core/connector.js';

export const limits = {
  requests: {
    covers: 'all requests of one team',
    per: 'account',
    ratePerSecond: 2,
    burst: 2,
    everyCall: 1,
    learns: {
      remaining: 'ratelimit-remaining',
      limit: 'ratelimit-limit',
      reset: { header: 'ratelimit-reset', as: 'seconds' },
    },
    source: 'https://resend.com/docs/api-reference/rate-limit: 2 a second by default, more on request',
  },
} as const satisfies Record<string, LimitBucket>;
