/**
 * How fast Stripe may be called.
 *
 * @source docs.stripe.com/rate-limits
 * @module
 */
import type { LimitBucket } from '../../core/connector.js';

const PAGE = 'docs.stripe.com/rate-limits';

export const limits = {
  all: {
    covers: 'all requests of an account',
    per: 'account',
    ratePerSecond: { live: 100, sandbox: 25 },
    burst: 10,
    everyCall: 1,
    source: `${PAGE}: 100 a second live, 25 in a sandbox; that some may go at once from memory (token buckets)`,
  },
  endpoint: {
    covers: 'one endpoint of an account',
    per: 'account',
    ratePerSecond: 25,
    burst: 10,
    source: `${PAGE}: 25 a second for each endpoint`,
  },
  newInvoices: {
    covers: 'new invoices of one subscription',
    per: 'account',
    // With what may go at once this stays below ten in any minute.
    ratePerSecond: 0.1,
    burst: 4,
    source: `${PAGE}: 10 a minute and 20 a day for each subscription`,
  },
} as const satisfies Record<string, LimitBucket>;
