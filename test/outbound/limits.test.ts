/** Calls held back so that the provider does not have to refuse them, against providers that count. */
import { describe, expect, it } from 'vitest';
import type { ConnectionSource } from '../../src/core/connection.js';
import type { LimitBucket } from '../../src/core/connector.js';
import type { Clock } from '../../src/core/ports.js';
import { Bucket } from '../../src/outbound/bucket.js';
import { Limiter } from '../../src/outbound/limiter.js';
import { VirtualClock } from '../../src/testing/index.js';
import { acme, API, outboundWorld, type World, type WorldOptions } from './world.js';
import { TokenBucket } from './token-bucket.js';

const WORKERS = 32;

/** A provider that takes `rate` a second, and workers who read from it for `forMs`, each as fast as it can. */
async function underLoad(
  options: { rate: number; capacity: number; forMs: number; says?: 'seconds' | 'nothing' } & WorldOptions,
): Promise<{ provider: TokenBucket; world: World; utilisation: number; refusals: number }> {
  const { rate, capacity, forMs, says = 'nothing' } = options;
  const world = await outboundWorld({ latencyMs: 10, ...options });
  const { clock } = world;
  const provider = new TokenBucket(clock, rate, capacity);
  world.net.on(`* ${API}`, () => {
    const waitSeconds = provider.take();
    if (waitSeconds === 0) return { status: 200, body: { id: 't1' } };
    const headers: Record<string, string> = says === 'nothing' ? {} : { 'retry-after': String(Math.ceil(waitSeconds)) };
    return { status: 429, headers };
  });
  const endMs = clock.monotonicMs() + forMs;
  const worker = async (): Promise<void> => {
    while (clock.monotonicMs() < endMs) {
      const { state, retryAfterMs } = await world.begin('acme.read', { name: 'x' });
      if (state !== 'done') await clock.sleep(retryAfterMs ?? 1_000);
    }
  };
  await clock.runUntil(Promise.all(Array.from({ length: WORKERS }, worker)));
  const accepted = provider.acceptedAtMs.filter((atMs) => atMs <= endMs).length;
  const possible = capacity + (forMs / 1000) * rate;
  return {
    provider,
    world,
    utilisation: accepted / possible,
    refusals: provider.refused / (provider.refused + accepted),
  };
}

const limited = (bucket: Partial<LimitBucket>): WorldOptions => ({
  connectors: [{ ...acme, limits: { all: { covers: 'everything', everyCall: 1, source: 'test', ...bucket } } }],
});

describe('a limit that is declared', () => {
  it('is used up, and never met', async () => {
    const { provider, utilisation } = await underLoad({
      rate: 5,
      capacity: 10,
      forMs: 60_000,
      ...limited({ ratePerSecond: 5, burst: 10 }),
    });
    expect(provider.refused).toBe(0);
    expect(utilisation).toBeGreaterThanOrEqual(0.95);
  });

  it('that is too high is learnt from what the provider says', async () => {
    const { refusals, utilisation } = await underLoad({
      rate: 20,
      capacity: 5,
      forMs: 60_000,
      says: 'seconds',
      ...limited({ ratePerSecond: 40, burst: 5 }),
    });
    expect(refusals).toBeLessThan(0.05);
    expect(utilisation).toBeGreaterThan(0.8);
  });
});

describe('a limit that nobody declared', () => {
  it.each([
    ['nothing', 0.97],
    // A pause of a whole second was asked for, and a second is long at this rate.
    ['seconds', 0.94],
  ] as const)('is learnt from refusals that say %s', async (says, floor) => {
    const { refusals, utilisation } = await underLoad({ rate: 50, capacity: 10, forMs: 60_000, says });
    expect(refusals).toBeLessThanOrEqual(0.01);
    expect(utilisation).toBeGreaterThanOrEqual(floor);
  });
});

/** A machine that is busy: timers fire late, and now and then nothing happens at all for a while. */
function lateClock(clock: VirtualClock): Clock {
  let count = 0;
  const lateMs = (): number => (count++ % 37 === 0 ? 70 : (count * 7) % 13);
  return {
    nowMs: () => clock.nowMs(),
    monotonicMs: () => clock.monotonicMs(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
    after: (ms, run) => clock.after(ms + lateMs(), run),
  };
}

describe('a limit that nobody declared, on a machine whose timers are late', () => {
  it('is used up all the same', async () => {
    const clock = new VirtualClock();
    const late = lateClock(clock);
    const limiter = new Limiter(late);
    const bucket = new Bucket({ slowStart: true, concurrency: 64 });
    const provider = new TokenBucket(clock, 50, 10);
    const endMs = 60_000;
    const worker = async (): Promise<void> => {
      while (clock.monotonicMs() < endMs) {
        const entry = { group: 'g', party: 'p', holdMs: 5_000, takes: [{ bucket, cost: 1 }] };
        if ((await limiter.admit(entry)).kind !== 'admitted') return;
        await clock.sleep(5);
        const refused = provider.take() > 0;
        bucket.release();
        bucket.learn(1, { atMs: clock.monotonicMs(), refused });
        limiter.released('g');
        if (refused) await clock.sleep(500);
      }
    };
    await clock.runUntil(Promise.all(Array.from({ length: 32 }, worker)));
    const taken = provider.acceptedAtMs.filter((atMs) => atMs <= endMs).length;
    expect(taken / (10 + (endMs / 1000) * 50)).toBeGreaterThanOrEqual(0.97);
    expect(provider.refused / (provider.refused + taken)).toBeLessThanOrEqual(0.01);
  });
});

/** One credential under several connections, as two teams have it that installed the same app. */
const several = (own: ConnectionSource): ConnectionSource => ({
  resolve: async (scope, provider, accepts, connectionId) => {
    const found = await own.resolve(scope, provider, accepts);
    if (found.kind !== 'connection' || connectionId === undefined) return found;
    const { connection } = found;
    return { kind: 'connection', connection: { ...connection, view: { ...connection.view, id: connectionId } } };
  },
  secret: async () => 'xoxb-of-nobody',
  read: (reference) => own.read(reference),
});

describe('two connections on one channel', () => {
  it('stay at one message a second together, and share it evenly', async () => {
    const world = await outboundWorld({
      connections: several,
      env: { SLACK_BOT_TOKEN: 'xoxb-of-nobody' },
      outbound: { holdMs: 120_000 },
    });
    const { clock } = world;
    const sent: { by: string; atMs: number }[] = [];
    world.net.on('POST https://slack.com/api/chat.postMessage', ({ body }) => {
      const { text } = JSON.parse(Buffer.from(body ?? '').toString('utf8')) as { text: string };
      sent.push({ by: text, atMs: clock.monotonicMs() });
      return { body: { ok: true, channel: 'C1H9RESGL', ts: `1503435956.${String(sent.length).padStart(6, '0')}` } };
    });
    const post = async (by: string, messages: number): Promise<void> => {
      for (let left = messages; left > 0;) {
        const given = { channel: 'C1H9RESGL', text: by };
        const { state, retryAfterMs } = await world.begin('slack.sendMessage', given, { connectionId: by });
        if (state === 'done') left--;
        else await clock.sleep(retryAfterMs ?? 1_000);
      }
    };
    // One of them has ten times as many at once.
    const posting = [...Array.from({ length: 20 }, () => post('con_a', 3)), post('con_b', 20), post('con_b', 10)];
    await clock.runUntil(Promise.all(posting));
    expect(sent).toHaveLength(90);
    for (let i = 1; i < sent.length; i++) expect(sent[i]!.atMs - sent[i - 1]!.atMs).toBeGreaterThanOrEqual(999);
    const together = sent.slice(0, 40).filter(({ by }) => by === 'con_b').length;
    expect(together).toBeGreaterThanOrEqual(19);
    expect(together).toBeLessThanOrEqual(21);
  });
});
