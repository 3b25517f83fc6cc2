import { describe, expect, it } from 'vitest';
import { AppError } from '../core/errors.js';
import type { ClaimedJob } from '../core/job.js';
import { SeededRandom } from '../core/seeded-random.js';
import { settlementOf, type RunResult } from './outcome.js';

const job = (attempt: number, maxAttempts = 3): ClaimedJob =>
  ({ id: 'job_1', fence: 7, attempt, maxAttempts, queue: 'h', generation: 0 }) as ClaimedJob;
const rejected = new AppError('provider_rejected', { provider: 'P', problem: 'no', requestId: 'r' }).view();
const down = new AppError('provider_unavailable', { provider: 'P', problem: 'down' }).view();

const same = (text: string): string => text;
const NOW_MS = 1_800_000_000_000;
const HOUR_MS = 3_600_000;

const settling = (seed = 1, clean = same) => ({
  random: new SeededRandom(seed),
  clean,
  nowMs: NOW_MS,
  waitMaxMs: 24 * HOUR_MS,
});

const threw = (view?: typeof rejected): RunResult => ({
  kind: 'threw',
  name: 'Error',
  message: 'boom',
  ...(view === undefined ? {} : { view }),
});

describe('settlementOf', () => {
  it.each<[string, number, RunResult, string]>([
    ['completed', 1, { kind: 'completed' }, 'completed'],
    ['released', 3, { kind: 'released' }, 'released'],
    ['a throw with tries left', 1, threw(), 'retry'],
    ['a throw on the last try', 3, threw(), 'dead'],
    ['an action that can never succeed', 1, threw(rejected), 'dead'],
    ['an action that can succeed later', 1, threw(down), 'retry'],
    ['a deadline', 1, { kind: 'timed_out', limitMs: 50 }, 'retry'],
    ['a deadline on the last try', 3, { kind: 'timed_out', limitMs: 50 }, 'dead'],
    ['a dead thread', 2, { kind: 'crashed', reason: 'out of memory' }, 'retry'],
    ['parked', 3, { kind: 'stopped', outcome: { outcome: 'parked', parkedOn: 'call_1' } }, 'parked'],
    ['asked to come back', 1, { kind: 'stopped', outcome: { outcome: 'retry', delayMs: 9, error: 'slow' } }, 'retry'],
    [
      'asked to come back for ever',
      3,
      { kind: 'stopped', outcome: { outcome: 'retry', delayMs: 9, error: 'slow' } },
      'dead',
    ],
  ])('%s, try %i', (_, attempt, result, outcome) => {
    expect(settlementOf(job(attempt), result, settling())).toMatchObject({
      id: 'job_1',
      fence: 7,
      outcome,
    });
  });

  it('says in a dead letter what happened, in few words', () => {
    const result: RunResult = { kind: 'threw', name: 'TypeError', message: 'x'.repeat(5_000) };
    const settlement = settlementOf(job(3), result, settling());
    expect(settlement).toMatchObject({
      outcome: 'dead',
      error: expect.stringMatching(/^handler_failed: h: TypeError: x+$/),
    });
    expect('error' in settlement ? settlement.error.length : 0).toBeLessThanOrEqual(1_000);
  });

  it('takes secrets out of what was thrown, before it cuts it', () => {
    const secret = 's'.repeat(40);
    const result: RunResult = { kind: 'threw', name: 'Error', message: `${'x'.repeat(960)}${secret}` };
    const settlement = settlementOf(
      job(3),
      result,
      settling(1, (text) => text.replaceAll(secret, '…')),
    );
    expect('error' in settlement ? settlement.error : '').not.toContain('ss');
  });

  it('puts off what came too early, whatever attempt it is, until it has waited long enough', () => {
    const slow = new AppError('rate_limited', { provider: 'P', retryAfterMs: 9_000 }).view();
    const result: RunResult = { kind: 'threw', name: 'ActionError', message: 'slow', view: slow, waitMs: 9_000 };
    const reason = `rate_limited: ${slow.detail}`;
    const wait = { delayMs: 9_000, reason };
    const since = (waitingSinceMs: number) => ({ ...job(3), waitingSinceMs });
    expect(settlementOf(job(3), result, settling())).toEqual({ id: 'job_1', fence: 7, outcome: 'released', wait });
    const nearly = Array.from({ length: 100 }, (_, seed) => {
      const settlement = settlementOf(since(NOW_MS - 24 * HOUR_MS + 1), result, settling(seed));
      return settlement.outcome === 'released' ? settlement.wait!.delayMs : 0;
    });
    expect(Math.min(...nearly)).toBe(wait.delayMs);
    expect(Math.max(...nearly)).toBeGreaterThan(250_000);
    expect(Math.max(...nearly)).toBeLessThan(300_000);
    expect(settlementOf(since(NOW_MS - 24 * HOUR_MS), result, settling())).toEqual({
      id: 'job_1',
      fence: 7,
      outcome: 'dead',
      error: `${reason} It has been put off for 24 hours, since it fell due.`,
    });
    const stopped: RunResult = { kind: 'stopped', outcome: { outcome: 'wait', ...wait } };
    expect(settlementOf(job(3), stopped, settling())).toMatchObject({ outcome: 'released', wait });
  });

  it('waits between 1 ms and an hour', () => {
    for (let attempt = 1; attempt <= 60; attempt++) {
      const settlement = settlementOf(job(attempt, 100), threw(), settling(attempt));
      const delayMs = settlement.outcome === 'retry' ? settlement.delayMs : 0;
      expect(delayMs).toBeGreaterThanOrEqual(1);
      expect(delayMs).toBeLessThanOrEqual(3_600_000);
    }
  });
});
