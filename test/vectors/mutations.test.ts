/** Mutations of genuine deliveries: nothing is accepted that was not signed, and nothing makes the verifier throw. */
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../src/core/seeded-random.js';
import { diagnose, providers, REFUSALS, verify, type VerifyInput } from '../../src/verify.js';
import { mutate } from './mutation.js';
import { genuine, SUBJECTS, subjectOf, type Genuine } from './subject.js';

/** Mutations a provider. A failure names the seed: `FAIRLEAD_SEED=<it>` runs that one delivery again. */
const MUTATIONS = Number(process.env.FAIRLEAD_MUTATIONS ?? 2000);
const SEED = process.env.FAIRLEAD_SEED;
/** Mutants of one genuine delivery, because signing some of them costs more than a hundred checks. */
const BATCH = 25;
const DIAGNOSED = 20;

function runBatch(provider: string, seed: string): void {
  const random = new SeededRandom(seed);
  const subjects = SUBJECTS.filter((one) => one.provider === provider);
  const subject = subjects[random.int(subjects.length)]!;
  const from = genuine(subject, random);
  const control = verify(provider, from);
  if (!control.ok) expect.fail(`${seed}: a genuine delivery was refused: ${control.reason}`);
  for (let i = 0; i < BATCH; i++) {
    const { name, input, forged } = mutate(subject, from, random);
    const verdict = verify(provider, input);
    if (verdict.ok && forged) expect.fail(`${seed} #${i}: accepted under ${subject.scheme}: ${name}`);
    if (!verdict.ok && !(verdict.reason in REFUSALS)) expect.fail(`${seed} #${i}: unknown reason ${verdict.reason}`);
    if (i % DIAGNOSED === 0) {
      const found = diagnose(provider, input);
      if ((found.length === 0) !== verdict.ok) expect.fail(`${seed} #${i}: ${found.length} diagnoses for ${name}`);
    }
  }
}

describe(`${MUTATIONS} mutations`, () => {
  it.each(providers().map(({ provider }) => [provider]))(
    'of %s',
    (provider) => {
      if (SEED !== undefined) return runBatch(provider, SEED);
      for (let batch = 0; batch < MUTATIONS / BATCH; batch++) runBatch(provider, `${provider}-${batch}`);
    },
    600_000,
  );
});

describe('the mutations', () => {
  type Sabotage = (input: VerifyInput, from: Genuine) => VerifyInput;
  const sabotages: [string, string, Sabotage][] = [
    ['the body', 'github', (input, from) => ({ ...input, body: from.body })],
    ['the signature', 'shopify', (input, from) => ({ ...input, headers: from.headers })],
    ['the clock', 'slack', (input, from) => ({ ...input, nowMs: from.nowMs })],
    ['the URL', 'square', (input, from) => ({ ...input, url: from.url })],
    ['the method', 'hubspot', (input, from) => ({ ...input, method: from.method })],
    ['the secret', 'stripe', (input, from) => ({ ...input, secrets: from.secrets })],
    ['a tolerance that turns it off', 'zoom', (input) => ({ ...input, toleranceSeconds: 300 })],
  ];

  it.each(sabotages)('find out a verifier that overlooks %s', (_what, provider, overlook) => {
    const subject = subjectOf(provider);
    let caught = 0;
    for (let batch = 0; batch < 40; batch++) {
      const random = new SeededRandom(`${provider}-${batch}`);
      const from = genuine(subject, random);
      for (let i = 0; i < BATCH; i++) {
        const { name, input, forged } = mutate(subject, from, random);
        if (!forged || name.startsWith('nonsense')) continue;
        if (verify(provider, overlook(input, from)).ok) caught += 1;
      }
    }
    expect(caught).toBeGreaterThan(0);
  });
});
