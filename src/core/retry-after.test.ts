import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  RETRY_AFTER_CAP_MS,
  httpDateMs,
  retryAfterMs,
  untilEpochMillisecondsMs,
  untilEpochSecondsMs,
} from './retry-after.js';

const NOW = Date.UTC(1994, 10, 6, 8, 49, 7);
const DAY = RETRY_AFTER_CAP_MS;

describe('Retry-After', () => {
  it.each<[string | undefined, number | undefined]>([
    ['30', 30_000],
    [' 30 ', 30_000],
    ['1.5', 1_500],
    ['0.0001', 1],
    ['86400', DAY],
    ['86401', DAY],
    ['999999999999999', DAY],
    ['99999999999999999999', undefined],
    ['0', undefined],
    ['0.0', undefined],
    ['-5', undefined],
    ['+5', undefined],
    ['5s', undefined],
    ['0x10', undefined],
    ['1e3', undefined],
    ['Infinity', undefined],
    ['NaN', undefined],
    ['', undefined],
    [' ', undefined],
    [undefined, undefined],
    ['soon', undefined],
    ['3, 4', undefined],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 30_000],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 30_000],
    ['Sunday, 06-Nov-93 08:49:37 GMT', undefined],
    ['Sunday, 06-Nov-95 08:49:37 GMT', DAY],
    ['Sun Nov  6 08:49:37 1994', 30_000],
    ['Sun, 06 Nov 1994 08:49:07 GMT', undefined],
    ['Sun, 06 Nov 1994 08:49:00 GMT', undefined],
    ['Sun, 06 Nov 9999 08:49:37 GMT', DAY],
    ['Sun, 31 Feb 2094 08:49:37 GMT', undefined],
    ['Sun, 06 Nov 2094 25:49:37 GMT', undefined],
    ['Sun, 06 Nov 2094 08:49:61 GMT', undefined],
    ['1994-11-06T08:49:37Z', undefined],
    ['Sun, 06 Nov 1994 08:49:37 +0100', undefined],
  ])('%j is %j ms', (value, expected) => {
    expect(retryAfterMs(value, NOW)).toBe(expected);
  });

  it('reads the three forms of a date as one instant', () => {
    const dates = ['Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994'];
    for (const date of dates) expect(httpDateMs(date, NOW)).toBe(Date.UTC(1994, 10, 6, 8, 49, 37));
  });

  it('puts a two-digit year at most 50 years ahead', () => {
    const in2026 = Date.UTC(2026, 0, 1);
    expect(httpDateMs('Sunday, 06-Nov-94 08:49:37 GMT', in2026)).toBe(Date.UTC(1994, 10, 6, 8, 49, 37));
    expect(httpDateMs('Sunday, 06-Nov-27 08:49:37 GMT', in2026)).toBe(Date.UTC(2027, 10, 6, 8, 49, 37));
  });

  it('reads epoch seconds and milliseconds', () => {
    expect(untilEpochSecondsMs(String(NOW / 1000 + 60), NOW)).toBe(60_000);
    expect(untilEpochSecondsMs(`${NOW / 1000 + 1}.25`, NOW)).toBe(1_250);
    expect(untilEpochSecondsMs(String(NOW / 1000), NOW)).toBeUndefined();
    expect(untilEpochSecondsMs(String(NOW), NOW)).toBe(DAY);
    expect(untilEpochMillisecondsMs(String(NOW + 60_000), NOW)).toBe(60_000);
    expect(untilEpochMillisecondsMs(String(NOW - 1), NOW)).toBeUndefined();
    expect(untilEpochMillisecondsMs('-1', NOW)).toBeUndefined();
    expect(untilEpochMillisecondsMs(undefined, NOW)).toBeUndefined();
  });

  it('never answers 0, a negative number, a fraction or more than the cap, whatever it is given', () => {
    const anything = fc.oneof(fc.string(), fc.double().map(String), fc.integer().map(String), fc.date().map(String));
    fc.assert(
      fc.property(anything, (value) => {
        for (const read of [retryAfterMs, untilEpochSecondsMs, untilEpochMillisecondsMs]) {
          const ms = read(value, NOW);
          if (ms === undefined) continue;
          expect(ms).toBeGreaterThan(0);
          expect(ms).toBeLessThanOrEqual(DAY);
          expect(Number.isInteger(ms)).toBe(true);
        }
      }),
    );
  });
});
