import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ProviderFailure } from '../core/connector.js';
import type { NetFailure, Random } from '../core/ports.js';
import type { FailedOutcome } from './failure-error.js';
import { mayHaveTakenEffect, nextStep, type Situation } from './next-step.js';
import { AppError } from '../core/errors.js';

const half: Random = { bytes: (length) => new Uint8Array(length), float: () => 0.5 };

const WRITE: Situation = {
  write: true,
  attempts: 1,
  attemptsMax: 5,
  keyed: false,
  earlierMaybe: false,
  holdMs: 5_000,
};

const refused = (status: number, failure: Partial<ProviderFailure> = {}): FailedOutcome => ({
  kind: 'refused',
  status,
  failure: { code: 'provider_unavailable', providerCode: 'x', problem: 'x', safeToRetry: false, ...failure },
});
const silent = (kind: NetFailure['kind'], sent: NetFailure['sent']): FailedOutcome => ({
  kind: 'no_answer',
  failure: { kind, sent, detail: '' },
});

describe('after an attempt', () => {
  it.each<[string, FailedOutcome, Partial<Situation>, object]>([
    ['503, a read', refused(503), { write: false }, { kind: 'retry', delayMs: 251 }],
    ['503, a write', refused(503), {}, { kind: 'unknown' }],
    ['503, a write under a key', refused(503), { keyed: true }, { kind: 'retry', delayMs: 251 }],
    ['503, the last try', refused(503), { keyed: true, attempts: 5 }, { kind: 'unknown', retryAfterMs: 4_001 }],
    ['429', refused(429, { code: 'rate_limited', safeToRetry: true }), {}, { kind: 'retry', delayMs: 251 }],
    [
      '429 with a time',
      refused(429, { code: 'rate_limited', safeToRetry: true, retryAfterMs: 3_000 }),
      {},
      { kind: 'retry', delayMs: 3_251 },
    ],
    [
      '429 with a long time',
      refused(429, { code: 'rate_limited', safeToRetry: true, retryAfterMs: 5_001 }),
      {},
      { kind: 'failed', retryAfterMs: 5_252 },
    ],
    [
      'a failure that passes, inside a success',
      refused(200, { code: 'rate_limited', safeToRetry: true }),
      {},
      { kind: 'retry', delayMs: 251 },
    ],
    ['an internal failure inside a success', refused(200), {}, { kind: 'unknown' }],
    [
      'a status of failure that is not in the list',
      refused(599),
      { keyed: true },
      { kind: 'unknown', retryAfterMs: 251 },
    ],
    ['a verdict', refused(400, { code: 'provider_rejected' }), {}, { kind: 'failed' }],
    ['a verdict with a status of failure', refused(500, { code: 'provider_rejected' }), {}, { kind: 'failed' }],
    [
      'a verdict under the key, after a lost answer',
      refused(422, { code: 'provider_rejected' }),
      { keyed: true, earlierMaybe: true },
      { kind: 'failed' },
    ],
    [
      'a verdict without a key, after a lost answer',
      refused(422, { code: 'provider_rejected' }),
      { earlierMaybe: true },
      { kind: 'unknown' },
    ],
    [
      'a refused credential, after a lost answer',
      refused(401, { code: 'provider_auth' }),
      { keyed: true, earlierMaybe: true },
      { kind: 'unknown', retryAfterMs: 251 },
    ],
    [
      '409 under the key, after a lost answer',
      refused(409, { code: 'provider_rejected' }),
      { keyed: true, earlierMaybe: true },
      { kind: 'retry', delayMs: 251 },
    ],
    ['409 under the key, at first', refused(409, { code: 'provider_rejected' }), { keyed: true }, { kind: 'failed' }],
    ['nothing left', silent('dns', 'no'), {}, { kind: 'retry', delayMs: 251 }],
    ['a lost answer', silent('reset', 'maybe'), {}, { kind: 'unknown' }],
    ['a lost answer under a key', silent('reset', 'maybe'), { keyed: true }, { kind: 'retry', delayMs: 251 }],
    ['a lost answer to a read', silent('timeout', 'maybe'), { write: false }, { kind: 'retry', delayMs: 251 }],
    ['denied on our side', silent('denied', 'no'), {}, { kind: 'failed' }],
    ['stopped by the caller', silent('aborted', 'maybe'), {}, { kind: 'unknown' }],
    ['no secret', { kind: 'not_sent', error: new AppError('cancelled', { operation: 'x' }) }, {}, { kind: 'failed' }],
  ])('%s', (_, outcome, situation, expected) => {
    expect(nextStep(outcome, { ...WRITE, ...situation }, half)).toEqual(expected);
  });
});

describe('whatever happens', () => {
  const failure: fc.Arbitrary<ProviderFailure> = fc.record(
    {
      code: fc.constantFrom('rate_limited', 'provider_unavailable', 'provider_rejected', 'provider_auth'),
      providerCode: fc.constant('x'),
      problem: fc.constant('x'),
      safeToRetry: fc.boolean(),
      retryAfterMs: fc.integer({ min: 1, max: 86_400_000 }),
    },
    { requiredKeys: ['code', 'providerCode', 'problem', 'safeToRetry'] },
  );
  const outcome: fc.Arbitrary<FailedOutcome> = fc.oneof(
    fc.record({ kind: fc.constant('refused' as const), status: fc.integer({ min: 100, max: 599 }), failure }),
    fc.record({
      kind: fc.constant('no_answer' as const),
      failure: fc.record({
        kind: fc.constantFrom('refused', 'denied', 'dns', 'timeout', 'reset', 'tls', 'aborted', 'malformed'),
        sent: fc.constantFrom('no', 'maybe'),
        detail: fc.constant(''),
      }),
    }),
  );
  const situation: fc.Arbitrary<Situation> = fc.record({
    write: fc.boolean(),
    attempts: fc.integer({ min: 1, max: 5 }),
    attemptsMax: fc.constant(5),
    keyed: fc.boolean(),
    earlierMaybe: fc.boolean(),
    holdMs: fc.constant(5_000),
  });
  const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

  it('keeps the promises', () => {
    fc.assert(
      fc.property(outcome, situation, chance, (given, at, value) => {
        const step = nextStep(given, at, { ...half, float: () => value });
        const maybe = at.write && (at.earlierMaybe || mayHaveTakenEffect(given));
        const askedMs = given.kind === 'refused' ? (given.failure.retryAfterMs ?? 0) : 0;
        if (step.kind === 'retry') {
          // Never sent again what may have happened, unless the target tells repeats.
          expect(maybe && !at.keyed).toBe(false);
          expect(at.attempts).toBeLessThan(at.attemptsMax);
          expect(step.delayMs).toBeGreaterThan(askedMs);
          expect(step.delayMs).toBeLessThanOrEqual(Math.max(askedMs + 500, 4_000));
        }
        // Unknown is said only of what may have happened, and failed never of a lost write without a key.
        if (step.kind === 'unknown') expect(maybe).toBe(true);
        if (step.kind === 'failed') expect(maybe && !at.keyed).toBe(false);
        if ('retryAfterMs' in step) expect(step.retryAfterMs).toBeGreaterThan(askedMs);
      }),
      { numRuns: 5_000 },
    );
  });
});
