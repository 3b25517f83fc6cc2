import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../testing/index.js';
import { callerOf, Pace } from './pace.js';

const LIMITS = { toolCallsPerMinute: 5, sameToolCallsPerMinute: 2 };
const many = (times: number, take: (number: number) => unknown): unknown[] =>
  Array.from({ length: times }, (_, at) => take(at));
const isFree = (answer: unknown): boolean => answer === undefined;

describe('statement 32: the pace of a caller', () => {
  it('stops a loop, says that it is one, and lets go on when time has passed', async () => {
    const clock = new VirtualClock(0);
    const pacing = new Pace(clock, LIMITS).of('one');
    const same = (): ReturnType<typeof pacing> => pacing('calls_get', { id: 'call_1' });
    const [first, second, third] = [same(), same(), same()];
    expect([first, second]).toEqual([undefined, undefined]);
    expect(third).toMatchObject({ code: 'too_many_attempts', data: { retryAfterMs: 30_000 } });
    expect(third!.message).toBe(
      'calls_get with the same arguments, a loop after 2 calls a minute, is possible again in 30 s.',
    );
    expect(isFree(pacing('calls_get', { id: 'call_2' }))).toBe(true);
    expect(isFree(pacing('events_get', { id: 'call_1' }))).toBe(true);
    await clock.advance(30_000);
    expect(isFree(same())).toBe(true);
  });

  it('counts one tool with whatever arguments, and each caller and session for itself', () => {
    const pace = new Pace(new VirtualClock(0), LIMITS);
    const answers = many(7, (number) => pace.of('one')('events_list', { number }));
    expect(answers.map(isFree)).toEqual([true, true, true, true, true, false, false]);
    expect((answers[5] as Error).message).toContain('events_list, 5 times a minute at most, is possible again in 12 s');
    expect(isFree(pace.of('two')('events_list', { number: 1 }))).toBe(true);
    const agent = { type: 'agent', id: 'key_1', scopes: ['read'], via: 'mcp' } as const;
    const callers = [agent, { ...agent, agent: { session: 's' } }, { ...agent, id: 'key_2' }].map((one) =>
      callerOf(one, 'default'),
    );
    expect(new Set([...callers, callerOf(agent, 'other')]).size).toBe(4);
  });

  it('remembers a bounded number of callers', () => {
    const pace = new Pace(new VirtualClock(0), LIMITS);
    for (let number = 0; number < 20_100; number++) pace.of(`caller ${number}`)('events_list', {});
    expect(isFree(pace.of('caller 20099')('events_list', {}))).toBe(true);
    expect(isFree(pace.of('caller 20099')('events_list', {}))).toBe(false);
  });
});
