/** Signed deliveries to a Fairlead in this process, and the end of what they set off. */
import { expect, vi } from 'vitest';
import type { Random } from '../../src/core/ports.js';
import type { FairleadLibrary } from '../../src/index.js';
import { sign } from '../../src/verify.js';

/** Posts each event in turn, as the provider would. */
export async function deliver(
  fairlead: FairleadLibrary,
  provider: string,
  secret: string,
  events: readonly object[],
): Promise<void> {
  for (const event of events) {
    const body = JSON.stringify(event);
    const bare = { 'content-type': 'application/json' };
    const signed = sign(provider, { body, secret, nowMs: Date.now(), headers: bare });
    const headers = { ...bare, ...(signed.ok && (signed.headers as Record<string, string>)) };
    const asked = new Request(`http://127.0.0.1/in/${provider}`, { method: 'POST', headers, body });
    expect((await fairlead.receive().fetch(asked)).status).toBeLessThan(300);
  }
}

interface Queue {
  ready: number;
  running: number;
  blocked: number;
}

/** Resolves when no job waits or runs. */
export async function drained(fairlead: FairleadLibrary): Promise<void> {
  await vi.waitFor(
    async () => {
      const { queues } = (await fairlead.run('queues.list')) as { queues: Queue[] };
      const left = queues.reduce((sum, { ready, running, blocked }) => sum + ready + running + blocked, 0);
      expect(left).toBe(0);
    },
    { timeout: 90_000, interval: 50 },
  );
}

export function shuffled<T>(list: readonly T[], random: Random): T[] {
  const left = [...list];
  return list.map(() => left.splice(Math.floor(random.float() * left.length), 1)[0]!);
}
