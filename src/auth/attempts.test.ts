import { describe, expect, it } from 'vitest';
import { isAppError } from '../core/errors.js';
import type { LimitVerbs } from '../core/limit-verbs.js';
import { VirtualClock } from '../testing/index.js';
import { Attempts } from './attempts.js';

const START_MS = Date.UTC(2026, 0, 1);

async function outcome(run: Promise<void>): Promise<string | number> {
  try {
    await run;
    return 'counted';
  } catch (error) {
    return isAppError(error, 'too_many_attempts') ? error.data.retryAfterMs : String(error);
  }
}

describe('attempts', () => {
  it('five at once, then one in ten seconds, for each of them', async () => {
    const clock = new VirtualClock(START_MS);
    const attempts = new Attempts({ clock });
    const all = [];
    for (let at = 0; at < 6; at++) all.push(await outcome(attempts.count('passphrase', 'ada')));
    expect(all).toEqual(['counted', 'counted', 'counted', 'counted', 'counted', 10_000]);
    expect(await outcome(attempts.count('passphrase', 'grace'))).toBe('counted');
    await clock.advance(10_000);
    expect(await outcome(attempts.count('passphrase', 'ada'))).toBe('counted');
    expect(await outcome(attempts.count('passphrase', 'ada'))).toBe(10_000);
  });

  it('a flood of names does not free who is held', async () => {
    const attempts = new Attempts({ clock: new VirtualClock(START_MS) });
    for (let at = 0; at < 5; at++) await attempts.count('passphrase', 'ada');
    for (let at = 0; at < 30_000; at++) await attempts.count('passphrase', `name ${at}`);
    expect(await outcome(attempts.count('passphrase', 'ada'))).toBe(10_000);
  });

  it('what the store of all nodes says counts, and it is told no address', async () => {
    const asked: string[] = [];
    const limits: LimitVerbs = {
      async take(requests) {
        asked.push(JSON.stringify(requests));
        return [{ kind: 'later', inMs: 7_000, bucket: 'b' }];
      },
    };
    const attempts = new Attempts({ clock: new VirtualClock(START_MS), limits });
    expect(await outcome(attempts.count('page', '198.51.100.7'))).toBe(7_000);
    expect(asked.join()).toContain('attempts page');
    expect(asked.join()).not.toContain('198.51');
  });

  it('nothing is counted where nobody knows whose it is', async () => {
    const attempts = new Attempts({ clock: new VirtualClock(START_MS) });
    for (let at = 0; at < 100; at++) expect(await outcome(attempts.count('admin_code', ''))).toBe('counted');
  });
});
