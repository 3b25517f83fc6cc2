/**
 * How fast Slack may be called: each method of the Web API has its tier.
 *
 * @source docs.slack.dev/apis/web-api/rate-limits (tiers of 20, 50 and 100 a minute per method and workspace; messages)
 * @module
 */
import type { LimitBucket } from '../../core/connector.js';

const PAGE = 'docs.slack.dev/apis/web-api/rate-limits';

/** A little below what Slack counts in a minute, with room for a short burst. */
const tier = (covers: string, ratePerSecond: number, burst: number) =>
  ({ covers, per: 'account', ratePerSecond, burst, source: PAGE }) as const;

export const limits = {
  message: {
    covers: 'one channel',
    per: 'account',
    ratePerSecond: 1,
    burst: 1,
    concurrency: 1,
    source: `${PAGE}: about one message a second per channel, short bursts tolerated`,
  },
  tier2: tier('one method of tier 2, 20 requests a minute', 0.28, 3),
  tier3: tier('one method of tier 3, 50 requests a minute', 0.75, 5),
  tier4: tier('one method of tier 4, 100 requests a minute', 1.5, 10),
} as const satisfies Record<string, LimitBucket>;
