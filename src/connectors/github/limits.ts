/**
 * How fast GitHub may be called.
 *
 * @source docs.github.com rate-limits-for-the-rest-api, best-practices-for-using-the-rest-api
 * @module
 */
import type { LimitBucket } from '../../core/connector.js';

const left = (resource: string): LimitBucket['learns'] => ({
  remaining: 'x-ratelimit-remaining',
  limit: 'x-ratelimit-limit',
  reset: { header: 'x-ratelimit-reset', as: 'epoch-seconds' },
  when: { header: 'x-ratelimit-resource', is: resource },
});

const PAGE = 'docs.github.com/rest/using-the-rest-api';

export const limits = {
  search: {
    covers: 'searches',
    ratePerSecond: 0.4,
    burst: 6,
    learns: left('search')!,
    source: `${PAGE}/rate-limits-for-the-rest-api: searches have a limit of their own; 30 a minute from memory`,
  },
  writes: {
    covers: 'requests that change something',
    ratePerSecond: 1,
    everyCall: { POST: 1, PATCH: 1, PUT: 1, DELETE: 1 },
    source: `${PAGE}/best-practices-for-using-the-rest-api: at least a second between them; octokit does the same`,
  },
  points: {
    covers: 'points for requests, of which a read costs 1 and a write 5',
    ratePerSecond: 13,
    burst: 100,
    everyCall: { GET: 1, POST: 5, PATCH: 5, PUT: 5, DELETE: 5 },
    source: `${PAGE}/rate-limits-for-the-rest-api: 900 points a minute; the weights from memory`,
  },
  primary: {
    covers: 'all requests of a token in an hour, how many depends on the kind of token',
    concurrency: 100,
    everyCall: 1,
    learns: left('core')!,
    source: `${PAGE}/rate-limits-for-the-rest-api: told in headers; 100 requests at once`,
  },
} as const satisfies Record<string, LimitBucket>;
