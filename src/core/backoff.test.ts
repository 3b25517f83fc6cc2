import { describe, expect, it } from 'vitest';
import { CALL_BACKOFF, backoffCeilingMs, fullJitterMs } from './backoff.js';
import type { Random } from './ports.js';

const always = (value: number): Random => ({ bytes: (length) => new Uint8Array(length), float: () => value });
const ALMOST_ONE = 1 - Number.EPSILON / 2;

describe('backoff', () => {
  it.each([
    [1, 500],
    [2, 1_000],
    [3, 2_000],
    [4, 4_000],
    [6, 16_000],
    [7, 30_000],
    [8, 30_000],
    [1_000_000, 30_000],
    [0, 500],
    [-3, 500],
  ])('try %i waits at most %i ms', (attempt, ceiling) => {
    expect(backoffCeilingMs({ ...CALL_BACKOFF, attempt })).toBe(ceiling);
    expect(fullJitterMs({ ...CALL_BACKOFF, attempt }, always(ALMOST_ONE))).toBe(ceiling);
  });

  it('is never 0 and never above the ceiling', () => {
    for (let attempt = 0; attempt < 20; attempt++) {
      for (const value of [0, 0.25, 0.5, 0.999, ALMOST_ONE]) {
        const waitMs = fullJitterMs({ ...CALL_BACKOFF, attempt }, always(value));
        expect(waitMs).toBeGreaterThanOrEqual(1);
        expect(waitMs).toBeLessThanOrEqual(CALL_BACKOFF.capMs);
        expect(Number.isInteger(waitMs)).toBe(true);
      }
    }
  });

  it('spreads over the whole range', () => {
    const values = [0, 0.25, 0.5, 0.75].map((value) => fullJitterMs({ ...CALL_BACKOFF, attempt: 4 }, always(value)));
    expect(values).toEqual([1, 1_001, 2_001, 3_001]);
  });

  it('keeps its promise with settings that make no sense', () => {
    expect(fullJitterMs({ attempt: 1, baseMs: 0, capMs: 0 }, always(0))).toBe(1);
    expect(fullJitterMs({ attempt: 1, baseMs: 1e300, capMs: 30_000 }, always(0.5))).toBe(15_001);
  });
});
