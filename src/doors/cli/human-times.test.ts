import { describe, expect, it } from 'vitest';
import { humanTimes } from './human-times.js';

const NOW = Date.UTC(2026, 0, 31, 12);
const AGO = (ms: number) => humanTimes({ startedAtMs: NOW - ms }, NOW);

describe('humanTimes', () => {
  it.each([
    [0, 'now'],
    [12_000, '12 s ago'],
    [3 * 60_000 + 5_000, '3 min ago'],
    [5 * 3_600_000, '5 h ago'],
    [49 * 3_600_000, '2 d ago'],
    [-90_000, 'in 1 min'],
  ])('%d ms before now: %s', (ms, says) => {
    expect(AGO(ms)).toEqual({ startedAt: `${new Date(NOW - ms).toISOString()} (${says})` });
  });

  it('finds instants at any depth, and leaves the rest', () => {
    const value = { list: [{ dueAtMs: NOW }], waitMs: 5, text: 'AtMs', none: null, atMs: 'no number' };
    expect(humanTimes(value, NOW)).toEqual({
      list: [{ dueAt: '2026-01-31T12:00:00.000Z (now)' }],
      waitMs: 5,
      text: 'AtMs',
      none: null,
      atMs: 'no number',
    });
  });
});
