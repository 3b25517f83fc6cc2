/**
 * How fast Google may be called. Its quotas count by project and by user; a project's share cannot be known here, so
 * these are the users'.
 *
 * @source memory throughout: the quota pages of Calendar, Drive, Gmail and Sheets
 * @module
 */
import type { LimitBucket } from '../../core/connector.js';

export const limits = {
  calendar: {
    covers: 'requests to Calendar of one account',
    per: 'account',
    ratePerSecond: 9,
    burst: 60,
    source: 'memory: 600 requests a minute and user',
  },
  drive: {
    covers: 'requests to Drive of one account',
    per: 'account',
    ratePerSecond: 190,
    burst: 600,
    source: 'memory: 12,000 requests a minute and user',
  },
  sheets: {
    covers: 'reads of spreadsheets of one account',
    per: 'account',
    ratePerSecond: 0.9,
    burst: 6,
    source: 'memory: 60 reads a minute and user',
  },
  mail: {
    covers: 'quota units of one mailbox, of which a message sent costs 100',
    per: 'account',
    ratePerSecond: 240,
    burst: 500,
    source: 'memory: 15,000 units a minute and user; how many messages a day depends on the kind of account',
  },
} as const satisfies Record<string, LimitBucket>;
