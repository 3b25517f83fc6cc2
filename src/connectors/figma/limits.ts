/**
 * How fast Figma may be called: by the tier of what is asked, the seat of the account and the plan of the file, so that
 * no number holds for all. The spacing here is what the smallest paid seat has.
 *
 * @source developers.figma.com/docs/rest-api/rate-limits; which request is of which tier, and the numbers, from memory
 * @module
 */
import type { LimitBucket } from '../../core/connector.js';

const PAGE = 'developers.figma.com/docs/rest-api/rate-limits';

export const limits = {
  tier2: {
    covers: 'requests of tier 2: comments, projects',
    per: 'account',
    ratePerSecond: 0.4,
    burst: 5,
    source: `${PAGE}: by tier, seat and plan; 25 a minute from memory`,
  },
  tier3: {
    covers: 'requests of tier 3: metadata of files',
    per: 'account',
    ratePerSecond: 0.8,
    burst: 10,
    source: `${PAGE}: by tier, seat and plan; 50 a minute from memory`,
  },
} as const satisfies Record<string, LimitBucket>;
