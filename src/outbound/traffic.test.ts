import { expect, it } from 'vitest';
import type { Connection } from '../core/connection.js';
import type { ConnectorDefinition, LimitUse } from '../core/connector.js';
import { VirtualClock } from '../testing/index.js';
import { Traffic } from './traffic.js';

/** Buckets that are remembered at most. */
const BUCKETS = 50_000;
const SCOPE = { tenant: 't', environment: 'sandbox' } as const;

const connector = {
  provider: 'p',
  limits: {
    calls: { ratePerSecond: 10, burst: 10, everyCall: 1 },
    more: { ratePerSecond: 10, burst: 10, everyCall: 1 },
    keyed: { ratePerSecond: 10, burst: 10 },
  },
} as unknown as ConnectorDefinition;

it('counts against a bucket that is shown, whenever the rested ones were forgotten', () => {
  const clock = new VirtualClock();
  const traffic = new Traffic({ clock, concurrency: BUCKETS });
  const call = (id: string, uses: readonly LimitUse[] = []): void => {
    const connection = { provider: 'p', view: { id, environment: 'sandbox' } } as unknown as Connection;
    const departure = { connector, connection, tenant: 't', host: 'h', method: 'GET', uses, holdMs: 0 } as const;
    const clearance = traffic.depart(departure);
    if ('arrived' in clearance) clearance.arrived({ provider: 'good', refused: false });
  };
  const keys = Array.from({ length: BUCKETS - 3 }, (_, key): LimitUse => ({ bucket: 'keyed', key: String(key) }));
  call('con_1', keys);
  // Its first bucket is the last that there is room for: with its second one, all that rest are forgotten.
  call('con_2');
  call('con_2');
  const shown = traffic.limits(SCOPE).filter(({ connection }) => connection === 'con_2');
  expect(shown.map(({ bucket }) => bucket).sort()).toEqual(['*', 'calls', 'more']);
});
