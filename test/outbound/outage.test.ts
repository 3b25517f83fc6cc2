/** An outage of a minute, in virtual time: how many requests it costs, and how soon everybody works again. */
import { describe, expect, it } from 'vitest';
import { API, outboundWorld } from './world.js';

const CALLERS = 200;
const OUTAGE_MS = 60_000;
const THINKING_MS = 5_000;
const BROKEN = [500, 502, 503, 504];

/** Callers that work on, each on one thing after the other; what fails is tried again when the result says so. */
async function outage(action: string) {
  const world = await outboundWorld({ latencyMs: 20 });
  const { clock, random } = world;
  const startMs = clock.monotonicMs();
  const now = (): number => clock.monotonicMs() - startMs;
  const requestsAtMs: number[] = [];
  let calls = 0;
  world.net.on(`* ${API}`, () => {
    requestsAtMs.push(now());
    const isDown = now() < OUTAGE_MS;
    return isDown ? { status: BROKEN[requestsAtMs.length % 4]! } : { status: 200, body: { id: 't1' } };
  });
  const recoveredAtMs: number[] = [];
  const caller = async (index: number): Promise<void> => {
    await clock.sleep(random.float() * THINKING_MS);
    for (let thing = 0; ; thing++) {
      calls++;
      const idempotencyKey = `k-${index}-${thing}`;
      const result = await world.begin(action, { name: 'x' }, { idempotencyKey });
      if (result.state === 'done') {
        recoveredAtMs.push(now());
        return;
      }
      await clock.sleep(Math.max(result.retryAfterMs ?? 0, THINKING_MS * random.float()));
    }
  };
  await clock.runUntil(Promise.all(Array.from({ length: CALLERS }, (_, index) => caller(index))));
  return { requestsAtMs, recoveredAtMs, calls };
}

describe.each(['acme.read', 'acme.makeKeyed'])('an outage of a minute, met by %s', (action) => {
  it('is not answered with more requests than calls, stops being asked within 5 s, and is over for 95 % in a minute', async () => {
    const { requestsAtMs, recoveredAtMs, calls } = await outage(action);
    const during = requestsAtMs.filter((atMs) => atMs < OUTAGE_MS);
    expect(requestsAtMs.length / calls).toBeLessThanOrEqual(1.1);
    // After 5 s only single requests look whether it works again.
    expect(during.filter((atMs) => atMs > 5_000).length).toBeLessThan(20);
    const recovered = recoveredAtMs.filter((atMs) => atMs <= OUTAGE_MS + 60_000);
    expect(recovered.length / CALLERS).toBeGreaterThanOrEqual(0.95);
    expect(recoveredAtMs).toHaveLength(CALLERS);
  });

  it('does not end in a wave', async () => {
    const { recoveredAtMs } = await outage(action);
    const first = Math.min(...recoveredAtMs);
    const last = Math.max(...recoveredAtMs);
    const seconds = new Map<number, number>();
    for (const atMs of recoveredAtMs) {
      const second = Math.floor((atMs - first) / 1000);
      seconds.set(second, (seconds.get(second) ?? 0) + 1);
    }
    const mean = CALLERS / Math.max(1, (last - first) / 1000);
    expect(Math.max(...seconds.values())).toBeLessThanOrEqual(3 * mean);
  });
});
