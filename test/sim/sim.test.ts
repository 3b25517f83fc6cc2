/** The simulation over many seeds, and the proof that a seed is a whole world: the same again, byte for byte. */
import { describe, expect, it } from 'vitest';
import { runSeed } from './run-seed.js';

const SEEDS = Number(process.env['FAIRLEAD_SEEDS'] ?? 40);
const FIRST = Number(process.env['FAIRLEAD_FIRST_SEED'] ?? 1);

describe('simulation of intake, queue and handlers', () => {
  it(`keeps the promises over ${SEEDS} seeds`, async () => {
    const broken: string[] = [];
    let crashes = 0;
    let sent = 0;
    for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
      const result = await runSeed(seed);
      crashes += result.crashes;
      sent += result.sent;
      if (result.violations.length > 0) broken.push(`seed ${seed}: ${result.violations.join('; ')}`);
    }
    console.log(`${SEEDS} seeds, ${crashes} crashes, ${sent} requests out`);
    expect(broken).toEqual([]);
    expect(crashes).toBeGreaterThan(0);
  }, 1_800_000);

  it('reproduces a seed byte for byte', async () => {
    const [first, second, other] = [await runSeed(7), await runSeed(7), await runSeed(8)];
    expect(second.transcript).toEqual(first.transcript);
    expect(second.hash).toBe(first.hash);
    expect(other.hash).not.toBe(first.hash);
  }, 60_000);
});
