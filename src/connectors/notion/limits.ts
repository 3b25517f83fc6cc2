/** How fast Notion may be called. @source developers.notion.com/reference/request-limits @module */
import type { LimitBucket } from '../../core/connector.js';

export const limits = {
  integration: {
    covers: 'all requests of an integration',
    ratePerSecond: 3,
    burst: 6,
    everyCall: 1,
    source:
      'developers.notion.com/reference/request-limits: three requests a second on average; newer plans have budgets of a minute, told with 429',
  },
} as const satisfies Record<string, LimitBucket>;
