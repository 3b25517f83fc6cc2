import { describe, expect, it } from 'vitest';
import { Breaker } from './breaker.js';
import { RetryBudget } from './retry-budget.js';

describe('the circuit breaker', () => {
  const failing = (breaker: Breaker, times: number, nowMs: number): void => {
    for (let i = 0; i < times; i++) if (breaker.enter(nowMs) === 0) breaker.ended('bad', nowMs);
  };

  it('opens after ten failures, lets one try after two seconds, and closes when that works', () => {
    const breaker = new Breaker();
    failing(breaker, 9, 0);
    expect(breaker.state(0)).toBe('closed');
    failing(breaker, 1, 0);
    expect([breaker.state(0), breaker.enter(500)]).toEqual(['open', 1_500]);
    expect([breaker.state(2_000), breaker.enter(2_000), breaker.enter(2_000) > 0]).toEqual(['half_open', 0, true]);
    breaker.ended('good', 2_100);
    expect([breaker.state(2_100), breaker.enter(2_100), breaker.enter(2_100)]).toEqual(['closed', 0, 0]);
  });

  it('stays away twice as long each time, up to a bound', () => {
    const breaker = new Breaker();
    failing(breaker, 10, 0);
    const waits: number[] = [];
    for (let nowMs = 2_000; waits.length < 6;) {
      expect(breaker.enter(nowMs)).toBe(0);
      breaker.ended('bad', nowMs);
      waits.push(breaker.enter(nowMs));
      nowMs += waits.at(-1)!;
    }
    expect(waits).toEqual([4_000, 8_000, 16_000, 16_000, 16_000, 16_000]);
  });

  it('does not open while half of the calls work, nor over failures of long ago', () => {
    const breaker = new Breaker();
    for (let i = 0; i < 100; i++) breaker.ended(i % 3 === 0 ? 'bad' : 'good', i);
    expect(breaker.state(100)).toBe('closed');
    const rare = new Breaker();
    for (let i = 0; i < 100; i++) rare.ended('bad', i * 2_000);
    expect(rare.state(200_000)).toBe('closed');
  });

  it('ignores calls that say nothing, and those that began before it opened', () => {
    const breaker = new Breaker();
    failing(breaker, 10, 0);
    breaker.ended('good', 100);
    expect(breaker.state(100)).toBe('open');
    expect(breaker.enter(2_000)).toBe(0);
    breaker.ended('neither', 2_010);
    // The one that tried was cancelled: the next one may try.
    expect(breaker.enter(2_020)).toBe(0);
  });
});

describe('the retry budget', () => {
  it('is a tenth of the first attempts of a minute, and always a few', () => {
    const quiet = new RetryBudget();
    quiet.first(0);
    expect(Array.from({ length: 20 }, () => quiet.mayRetry(0)).filter(Boolean)).toHaveLength(10);
    const busy = new RetryBudget();
    for (let i = 0; i < 1_000; i++) busy.first(i);
    expect(Array.from({ length: 200 }, () => busy.mayRetry(1_000)).filter(Boolean)).toHaveLength(100);
  });

  it('comes back as the window moves on', () => {
    const budget = new RetryBudget();
    for (let i = 0; i < 10; i++) budget.mayRetry(0);
    expect([budget.mayRetry(50_000), budget.mayRetry(60_000)]).toEqual([false, true]);
  });
});
