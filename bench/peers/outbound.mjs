/**
 * What people put together for calls out, each as its own documentation shows it: a client, retries, and where it has
 * them, limits. A peer that is not installed is left out.
 *
 * @module
 */
import { peerMissing } from './installed.mjs';

const JSON_TYPE = { 'content-type': 'application/json' };

/** @returns {Promise<{contestants: Record<string, {read: Function, write?: Function}>, skipped: {name: string, why: string}[]}>} */
export async function outboundPeers(base) {
  const contestants = {};
  const skipped = [];
  const add = async (name, packages, make) => {
    const why = peerMissing(...packages);
    if (why === undefined) contestants[name] = await make();
    else skipped.push({ name, why });
  };
  const fetched = async (signal) => {
    const answer = await fetch(`${base}/things/t1`, { signal });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    return await answer.json();
  };

  await add('undici.request', ['undici'], async () => {
    const { Agent, request } = await import('undici');
    const dispatcher = new Agent();
    return {
      read: async () => (await request(`${base}/things/t1`, { dispatcher })).body.json(),
      write: async (id) =>
        (
          await request(`${base}/things`, {
            dispatcher,
            method: 'POST',
            headers: JSON_TYPE,
            body: JSON.stringify({ id }),
          })
        ).body.json(),
    };
  });
  await add('fetch + p-retry', ['p-retry'], async () => {
    const { default: pRetry } = await import('p-retry');
    return { read: () => pRetry(() => fetched(), { retries: 4 }) };
  });
  await add('got', ['got'], async () => {
    const { default: got } = await import('got');
    return { read: () => got(`${base}/things/t1`, { retry: { limit: 4 } }).json() };
  });
  await add('octokit + retry', ['@octokit/core', '@octokit/plugin-retry'], async () => {
    const [{ Octokit }, { retry }] = await Promise.all([import('@octokit/core'), import('@octokit/plugin-retry')]);
    const octokit = new (Octokit.plugin(retry))({ baseUrl: base });
    return { read: () => octokit.request('GET /things/{id}', { id: 't1' }) };
  });
  await add('octokit + throttling', ['@octokit/core', '@octokit/plugin-throttling'], async () => {
    const [{ Octokit }, { throttling }] = await Promise.all([
      import('@octokit/core'),
      import('@octokit/plugin-throttling'),
    ]);
    const throttle = { onRateLimit: () => true, onSecondaryRateLimit: () => true };
    const octokit = new (Octokit.plugin(throttling))({ baseUrl: base, throttle });
    return { read: () => octokit.request('GET /things/{id}', { id: 't1' }) };
  });
  await add('fetch + p-retry + bottleneck', ['p-retry', 'bottleneck'], async () => {
    const [{ default: pRetry }, { default: Bottleneck }] = await Promise.all([import('p-retry'), import('bottleneck')]);
    const bottleneck = new Bottleneck({
      maxConcurrent: 64,
      reservoir: 1e9,
      reservoirRefreshAmount: 1e9,
      reservoirRefreshInterval: 1_000,
    });
    return {
      read: () => bottleneck.schedule(() => pRetry(() => fetched(), { retries: 4 })),
      close: () => bottleneck.disconnect(),
    };
  });
  return { contestants, skipped };
}

/** Limiters that are told the rate, because none of them learns it. Each gives a function that waits for its turn. */
export async function limiterPeers(rate) {
  const limiters = {};
  const skipped = [];
  const add = async (name, make) => {
    const why = peerMissing(name);
    if (why === undefined) limiters[name] = await make();
    else skipped.push({ name, why });
  };
  await add('bottleneck', async () => {
    const { default: Bottleneck } = await import('bottleneck');
    const own = new Bottleneck({ minTime: 1_000 / rate });
    return { turn: () => own.schedule(async () => {}), close: () => own.disconnect() };
  });
  await add('p-throttle', async () => {
    const { default: pThrottle } = await import('p-throttle');
    const turn = pThrottle({ limit: rate, interval: 1_000 })(async () => {});
    return { turn };
  });
  await add('limiter', async () => {
    const { RateLimiter } = await import('limiter');
    const own = new RateLimiter({ tokensPerInterval: rate, interval: 'second' });
    return { turn: () => own.removeTokens(1) };
  });
  return { limiters, skipped };
}
