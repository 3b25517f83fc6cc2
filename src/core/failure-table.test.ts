import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classifier, type FailureTable } from './failure-table.js';
import { waitAskedMs, waitOfText, type WaitSignal, type WaitUnit } from './wait-signal.js';

const NOW_MS = Date.UTC(2000, 0, 1);

const answerOf = (status: number, body: unknown = '', headers: Record<string, string> = {}) => ({
  status,
  headers,
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  truncated: false,
});

const TABLE: FailureTable = {
  failsInside2xx: { body: { ok: 'false' } },
  requestId: ['x-acme-id'],
  providerCode: ['error.code', 'code'],
  says: ['error.message'],
  prefix: 'Acme says: ',
  rules: [
    { when: { status: [403, 429], headers: { 'x-left': '0' } }, code: 'rate_limited', unsaidWaitMs: 60_000 },
    { when: { status: 403, text: /secondary rate/i }, code: 'rate_limited' },
    { when: { status: 529 }, code: 'rate_limited', waits: [{ from: { body: 'wait' }, as: 'seconds' }] },
  ],
  codes: {
    gone: 'it is gone',
    no_scope: { code: 'provider_auth', problem: 'the permission is missing' },
    busy: { code: 'provider_unavailable', safeToRetry: true, advice: 'retry' },
  },
  advice: { header: 'x-again', retry: 'true', stop: 'false' },
};
const classify = classifier(TABLE);

describe('a table of failures', () => {
  it('takes a 2xx for a success unless the body says otherwise', () => {
    expect(classify(answerOf(200, { ok: true }), NOW_MS)).toBeUndefined();
    expect(classify(answerOf(204), NOW_MS)).toBeUndefined();
    expect(classify(answerOf(200, { ok: false, code: 'gone' }), NOW_MS)).toMatchObject({
      code: 'provider_rejected',
      providerCode: 'gone',
      problem: 'it is gone',
    });
    expect(classify(answerOf(200, { ok: false }), NOW_MS)).toMatchObject({ providerCode: 'unknown_error' });
  });

  it.each<[string, ReturnType<typeof answerOf>, object]>([
    [
      'a code with words',
      answerOf(404, { error: { code: 'gone' } }),
      { code: 'provider_rejected', problem: 'it is gone' },
    ],
    ['a code with another meaning', answerOf(400, { code: 'no_scope' }), { code: 'provider_auth', safeToRetry: false }],
    ['words of the provider', answerOf(422, { error: { message: 'no' } }), { problem: 'Acme says: no' }],
    [
      'a rule over a header',
      answerOf(403, '', { 'x-left': '0' }),
      { code: 'rate_limited', retryAfterMs: 60_000, safeToRetry: true },
    ],
    ['a rule that does not fit', answerOf(403, '', { 'x-left': '9' }), { code: 'provider_rejected' }],
    ['a rule over the text', answerOf(403, 'Secondary rate limit'), { code: 'rate_limited' }],
    ['a wait in the body', answerOf(529, { wait: 4 }), { code: 'rate_limited', retryAfterMs: 4_000 }],
    [
      'an id',
      answerOf(500, '', { 'x-acme-id': 'q1' }),
      { code: 'provider_unavailable', requestId: 'q1', safeToRetry: false },
    ],
    ['advice of a code', answerOf(409, { code: 'busy' }), { advice: 'retry', safeToRetry: true }],
    ['advice of a header', answerOf(500, '', { 'x-again': 'false' }), { advice: 'stop' }],
    [
      'a code that every object has',
      answerOf(400, { code: 'constructor' }),
      { code: 'provider_rejected', providerCode: 'constructor' },
    ],
  ])('reads %s', (_, answer, means) => expect(classify(answer, NOW_MS)).toMatchObject(means));

  it('never throws, and never asks for no wait at all', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 999 }),
        fc.oneof(fc.json(), fc.string()),
        fc.string(),
        (status, body, said) => {
          const failure = classify(
            answerOf(status, body, { 'retry-after': said, 'x-left': said, 'x-again': said }),
            NOW_MS,
          );
          if (failure === undefined) return;
          expect(failure.problem.trim()).not.toBe('');
          expect(failure.retryAfterMs ?? 1).toBeGreaterThan(0);
        },
      ),
    );
  });
});

describe('a wait that is asked for', () => {
  it.each<[WaitUnit, string, number | undefined]>([
    ['retry-after', '7', 7_000],
    ['retry-after', 'Sat, 01 Jan 2000 00:01:00 GMT', 60_000],
    ['seconds', '0.25', 250],
    ['seconds', 'Sat, 01 Jan 2000 00:01:00 GMT', undefined],
    ['milliseconds', '1500', 1_500],
    ['milliseconds', '0', undefined],
    ['epoch-seconds', String(NOW_MS / 1000 + 30), 30_000],
    ['epoch-milliseconds', String(NOW_MS + 30), 30],
    ['epoch-milliseconds', String(NOW_MS - 30), undefined],
    ['iso-8601', '2000-01-01T00:00:05Z', 5_000],
    ['iso-8601', '2000-01-01T01:00:05.500+01:00', 5_500],
    ['iso-8601', '2000-13-01T00:00:05Z', undefined],
    ['iso-8601', '2000-01-01', undefined],
    ['seconds', '999999999', 86_400_000],
    ['seconds', 'NaN', undefined],
    ['milliseconds', '-5', undefined],
  ])('in %s as %s', (unit, text, waitMs) => expect(waitOfText(text, unit, NOW_MS)).toBe(waitMs));

  it('is the first that is usable, in headers, bodies and sentences', () => {
    const signals: WaitSignal[] = [
      { from: { header: 'x-reset' }, as: 'epoch-seconds', when: { header: 'x-left', is: '0' } },
      { from: { body: 'error.message' }, pattern: /Retry after (\S+Z)/, as: 'iso-8601' },
      { from: { body: 'retry_after' }, as: 'seconds' },
    ];
    const reset = { 'x-reset': String(NOW_MS / 1000 + 9) };
    expect(waitAskedMs(answerOf(429, '', { ...reset, 'x-left': '0' }), NOW_MS, signals)).toBe(9_000);
    expect(waitAskedMs(answerOf(429, '', { ...reset, 'x-left': '5' }), NOW_MS, signals)).toBeUndefined();
    const words = { error: { message: 'Slow down. Retry after 2000-01-01T00:00:03Z' } };
    expect(waitAskedMs(answerOf(429, words), NOW_MS, signals)).toBe(3_000);
    expect(waitAskedMs(answerOf(429, { retry_after: 0.5 }), NOW_MS, signals)).toBe(500);
  });
});
