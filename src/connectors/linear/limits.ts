/**
 * How fast Linear may be called: requests and points in an hour, as its headers tell.
 *
 * @source @linear/sdk (header names); Linear's GraphQL schema (searches: 30 a minute); units and points from memory
 * @module
 */
import type { LimitBucket } from '../../core/connector.js';

const left = (of: string): NonNullable<LimitBucket['learns']> => ({
  remaining: `x-ratelimit-${of}-remaining`,
  limit: `x-ratelimit-${of}-limit`,
  reset: { header: `x-ratelimit-${of}-reset`, as: 'epoch-milliseconds' },
});

export const limits = {
  requests: {
    covers: 'requests of a key in an hour',
    everyCall: 1,
    learns: left('requests'),
    source: '@linear/sdk: told in headers; 2,500 an hour for a key from memory',
  },
  complexity: {
    covers: 'points for what requests ask for, in an hour',
    everyCall: 10,
    learns: left('complexity'),
    source: '@linear/sdk: told in headers; a tenth of a point a field, one an object, from memory',
  },
  search: {
    covers: 'searches',
    ratePerSecond: 0.45,
    burst: 5,
    source: "Linear's GraphQL schema: searchIssues is limited to 30 requests a minute",
  },
} as const satisfies Record<string, LimitBucket>;
