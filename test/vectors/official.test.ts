/**
 * The providers' own verifiers accept what we sign, and give our verdict on mutations, but for the table of deliberate
 * differences.
 */
import { afterAll, describe, expect, it, vi } from 'vitest';
import { SeededRandom } from '../../src/core/seeded-random.js';
import { verify } from '../../src/verify.js';
import { DIFFERENCES } from './differences.js';
import { mutate, type Mutant } from './mutation.js';
import { OFFICIAL, officialAccepts } from './official.js';
import { genuine, subjectOf, type Genuine } from './subject.js';

const MUTATIONS = Number(process.env.FAIRLEAD_MUTATIONS ?? 2000);
const BATCH = 25;

/** The SDKs read the clock of the process, so that is what `verdicts` sets; no timer is touched. */
afterAll(() => void vi.useRealTimers());

const names = Object.keys(OFFICIAL);
const subjectNamed = (name: string) => subjectOf(...(name.split(' ') as [string, string]));

async function verdicts(name: string, input: Genuine): Promise<{ ours: boolean; theirs: boolean }> {
  vi.setSystemTime(input.nowMs);
  return { ours: verify(name.split(' ')[0]!, input).ok, theirs: await officialAccepts(name, input) };
}

/** Whether an SDK could be asked: strings, bytes, one secret, our default tolerance. */
function isPlain({ name, input }: Mutant): boolean {
  if (name.startsWith('nonsense')) return false;
  const { secrets, url, method, scheme } = input as Genuine;
  const single = Array.isArray(secrets) && secrets.length === 1 && typeof secrets[0] === 'string';
  const texts = typeof url === 'string' && typeof method === 'string' && typeof scheme === 'string';
  return (
    single && texts && Number.isFinite(input.nowMs) && input.toleranceSeconds === undefined && scheme !== '__proto__'
  );
}

describe('what we sign', () => {
  it.each(names)('is accepted by the official verifier: %s', async (name) => {
    for (let i = 0; i < 40; i++) {
      const from = genuine(subjectNamed(name), new SeededRandom(`${name}-${i}`));
      expect(await verdicts(name, from)).toEqual({ ours: true, theirs: true });
    }
  });
});

describe(`${MUTATIONS} mutations get one verdict`, () => {
  it.each(names)(
    'from us and %s',
    async (name) => {
      const subject = subjectNamed(name);
      let asked = 0;
      for (let batch = 0; asked < MUTATIONS; batch++) {
        const seed = `${name}-${batch}`;
        const random = new SeededRandom(seed);
        const from = genuine(subject, random);
        for (let i = 0; i < BATCH; i++) {
          const mutant = mutate(subject, from, random);
          if (!isPlain(mutant)) continue;
          asked += 1;
          const input = mutant.input as Genuine;
          const { ours, theirs } = await verdicts(name, input);
          if (ours === theirs) continue;
          const side = ours ? 'accepts' : 'refuses';
          const known = DIFFERENCES.some((one) => one.ours === side && one.names.includes(name) && one.explains(input));
          if (!known)
            expect.fail(`${seed} #${i}: we ${side === 'accepts' ? 'accept' : 'refuse'}, they do not: ${mutant.name}`);
        }
      }
    },
    600_000,
  );
});

describe('deliberate differences', () => {
  it.each(
    DIFFERENCES.flatMap((difference) => difference.names.map((name) => [difference.what, name, difference] as const)),
  )('%s: %s', async (_what, name, difference) => {
    const from = genuine(subjectNamed(name), new SeededRandom(difference.what));
    const ours = difference.ours === 'accepts';
    expect(await verdicts(name, difference.example(from, name))).toEqual({ ours, theirs: !ours });
  });
});
