/** How fast Slack may be called. @source docs.slack.dev/apis/web-api/rate-limits @module */
import type { LimitBucket } from '../../core/connector.js';

export const limits = {
  message: {
    covers: 'one channel',
    per: 'account',
    ratePerSecond: 1,
    burst: 1,
    concurrency: 1,
    source: 'docs.slack.dev/apis/web-api/rate-limits: about one message a second per channel, short bursts tolerated',
  },
} as const satisfies Record<string, LimitBucket>;
