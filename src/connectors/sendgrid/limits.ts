/**
 * How fast SendGrid may be called. Sending mail has no limit that one would meet.
 *
 * @source https://twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/rate-limits (read: each endpoint
 * has its own, told in headers); the numbers from memory
 * @module
 */
import type { LimitBucket } from '../../core/connector.js';

const learns = {
  remaining: 'x-ratelimit-remaining',
  limit: 'x-ratelimit-limit',
  reset: { header: 'x-ratelimit-reset', as: 'epoch-seconds' },
} as const;

export const limits = {
  contacts: {
    covers: 'jobs over contacts that begin',
    per: 'account',
    // A hair below 5, so that no second, wherever it begins, sees a sixth.
    // Nothing is learnt of it: in a window of a second there is always little left.
    ratePerSecond: 4.97,
    source: 'memory: about 5 a second; the older contacts API said 3 in 2 seconds',
  },
  api: {
    covers: 'requests to one endpoint beside mail and contacts',
    per: 'account',
    ratePerSecond: 10,
    burst: 10,
    learns,
    source: 'memory: 600 a minute for many endpoints, told in headers',
  },
} as const satisfies Record<string, LimitBucket>;
