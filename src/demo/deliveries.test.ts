import { expect, it } from 'vitest';
import { webhooks } from '../connectors/github/webhooks.js';
import { SeededRandom } from '../core/seeded-random.js';
import { verify } from '../verify.js';
import { forged, genuineDeliveries, type DeliveryPackages, type DemoDelivery } from './deliveries.js';

const SECRETS = { github: 'a secret of this test', stripe: 'whsec_of_this_test' };
const NOW_MS = Date.UTC(2026, 0, 5);

async function deliveries(packages?: DeliveryPackages): Promise<DemoDelivery[]> {
  return (await genuineDeliveries(SECRETS, new SeededRandom(1), NOW_MS, packages)).deliveries;
}

const isGenuine = ({ provider, headers, body }: DemoDelivery): boolean =>
  verify(provider, { headers, body, secrets: [SECRETS[provider]], nowMs: NOW_MS }).ok;

it.each([
  ['beside an installed package', {}],
  ['in a clone', undefined],
])('%s, no delivery repeats another one, so that every answer can be counted', async (_, packages) => {
  const all = await deliveries(packages);
  const github = all.filter(({ provider }) => provider === 'github');
  expect(github.length).toBeGreaterThan(20);
  expect(new Set(all.map(({ body }) => body)).size).toBe(all.length);
  expect(new Set(all.map(({ key }) => key)).size).toBe(all.length);
});

it.each([
  ['beside an installed package', {}],
  ['in a clone', undefined],
])('%s, no delivery is a handshake, which is answered each time as if it were the first', async (_, packages) => {
  for (const { provider, headers, body } of await deliveries(packages)) {
    if (provider !== 'github') continue;
    const bytes = Buffer.from(body);
    const asked = { headers, body: bytes, secrets: [SECRETS.github], nowMs: NOW_MS, pairing: false, verified: true };
    expect(webhooks.handshake?.(asked), headers['x-github-event']).toBeUndefined();
  }
});

it('every delivery is genuine, and its forgery is not', async () => {
  const random = new SeededRandom(2);
  for (const delivery of await deliveries({})) {
    expect(isGenuine(delivery)).toBe(true);
    expect(isGenuine(forged(delivery, random, NOW_MS))).toBe(false);
  }
});
