import { expect, it } from 'vitest';
import type { AppError } from '../core/errors.js';
import { VirtualClock } from '../testing/index.js';
import { warmUp } from './warm-up.js';

it('loads one piece after the other, with pauses', async () => {
  const clock = new VirtualClock(0);
  const startMs = clock.monotonicMs();
  const loaded: string[] = [];
  const piece = (name: string) => async () => void loaded.push(`${name} ${clock.monotonicMs() - startMs}`);
  const own = { first: [piece('first')], rest: [piece('rest')] };
  const onFailure = (error: AppError): void => expect.fail(error.code);
  warmUp(clock, () => {}, own, onFailure, [piece('second')]);
  await clock.advance(5_000);
  expect(loaded).toEqual(['first 1000', 'second 1030', 'rest 1060']);
});

it('tells once what could not be loaded, and ends there', async () => {
  const clock = new VirtualClock(0);
  const told: AppError[] = [];
  const broken = async () => {
    throw new Error('EMFILE');
  };
  const own = { first: [broken], rest: [() => expect.fail('goes on')] };
  warmUp(
    clock,
    () => {},
    own,
    (error) => void told.push(error),
    [],
  );
  await clock.advance(5_000);
  expect(told.map(({ code }) => code)).toEqual(['io_failure']);
});
