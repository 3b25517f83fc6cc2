/** Ours for bench/token.mjs: connections by OAuth over a store in memory, at a simulated provider, in virtual time. */
import { RenewalClock } from '../../src/compose/renewals.js';
import { sandboxRoute } from '../../src/testing/index.js';
import { createSandboxSetting } from '../../test/oauth/sandbox-setting.js';
import { SANDBOX } from '../../test/oauth/setting.js';

const ADDRESS = 'http://127.0.0.1:9/linear';
const ANSWER_MS = 100;
const STEP_MS = 100;
const DAY_MS = 86_400_000;

export async function openTokens(count: number) {
  const setting = await createSandboxSetting({ names: ['linear'] });
  const { gateway, clock, net, store } = setting;
  const provider = setting.provider('linear');
  const { flow, connections } = await gateway.connecting();
  const connector = flow.connector('linear');
  const ids: string[] = [];
  for (let made = 0; made < count; made += 1) {
    const nowMs = clock.nowMs();
    const code = provider.oauth.agree({ redirectUri: '', scopes: ['read'], isOffline: true }, nowMs);
    const found = provider.oauth.look(code, nowMs);
    if (typeof found === 'string') continue;
    const { access_token, refresh_token } = provider.oauth.redeem(found, nowMs);
    const token = { access_token, ...(refresh_token !== undefined && { refresh_token }) };
    const grant = { type: 'authorization_code' } as const;
    const credential = {
      v: 1,
      grant,
      ...token,
      obtainedAtMs: nowMs,
      expiresAtMs: nowMs + DAY_MS,
      wanted: ['read'],
    } as const;
    ids.push((await connections.add(SANDBOX, { connector, credential, createdBy: 'bench' })).id);
  }
  const { stored } = await gateway.connections();
  const row = await stored.row(SANDBOX, ids[0]!, undefined);
  const connection = stored.connectionOf(SANDBOX, row)!;

  let [inFlight, atOnceMax, requests] = [0, 0, 0];
  const perSecond = new Map<number, number>();
  const route = sandboxRoute(provider, ADDRESS, clock);
  net.on(`* ${ADDRESS}`, async (request) => {
    const second = Math.floor(clock.nowMs() / 1000);
    perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
    requests += 1;
    atOnceMax = Math.max(atOnceMax, (inFlight += 1));
    await clock.sleep(ANSWER_MS);
    inFlight -= 1;
    return await route(request);
  });

  return {
    read: () => stored.secret(connection),
    /** All become due together. */
    async storm() {
      const renewing = new RenewalClock({ store, clock, log: () => undefined }, gateway.connections);
      await clock.advance(0.8 * DAY_MS);
      const beganAtMs = clock.nowMs();
      renewing.start();
      while (requests < count && clock.nowMs() - beganAtMs < DAY_MS / 8) await clock.advance(STEP_MS);
      renewing.stop();
      await clock.advance(10_000);
      const { rows } = await store.connections.list(SANDBOX, {}, { limit: 1 });
      return {
        requests,
        atOnceMax,
        perSecondMax: Math.max(...perSecond.values()),
        minutes: (clock.nowMs() - beganAtMs) / 60_000,
        isConnected: rows[0]?.state === 'connected' && provider.oauth.grants === count,
      };
    },
    close: () => setting.close(),
  };
}
