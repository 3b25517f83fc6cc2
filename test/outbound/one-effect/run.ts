/** What a seed decides about one run, and what may come of it; the same in virtual time and with real processes. */
import type { CallResult } from '../../../src/core/call.js';
import type { SeededRandom } from '../../../src/core/seeded-random.js';
import { FATES, type Fate } from './unreliable-net.js';

export const REPEATS = 5;
const LOST_ANSWERS = 3;
const DAY_MS = 86_400_000;

export interface Run {
  effects: number;
  state: CallResult['state'];
}

/** Three of the first five exchanges get no answer that says anything; the first one as a rule is among them. */
export function fatesOf(random: SeededRandom): Fate[] {
  const fates: Fate[] = Array.from({ length: 5 }, () => 'answered');
  for (let lost = 0; lost < LOST_ANSWERS;) {
    const at = lost === 0 && random.float() < 0.7 ? 0 : random.int(fates.length);
    if (fates[at] !== 'answered') continue;
    fates[at] = random.pick(FATES);
    lost++;
  }
  return fates;
}

/** What passes before the next repeat: nothing, seconds, what was asked for, most of a key's life, more than it. */
export function pauseMs(random: SeededRandom, askedMs: number | undefined): number {
  const chance = random.float();
  if (chance < 0.25) return 0;
  if (chance < 0.45) return random.float() * 60_000;
  if (chance < 0.85) return askedMs ?? 100_000;
  if (chance < 0.95) return (0.85 + random.float() * 0.1) * DAY_MS;
  return 2 * DAY_MS;
}

/** What is wrong with a run, or nothing. */
export function problemOf({ effects, state }: Run): string | undefined {
  if (effects > 1) return `${effects} effects`;
  if ((state === 'done' || state === 'replayed') && effects !== 1) return `${state} without effect`;
  if (state === 'failed' && effects !== 0) return 'failed with an effect';
  return state === 'running' ? 'it never ends' : undefined;
}
