/** Every signature vector gives the stated verdict: the providers' own, and ours for Google, PayPal and Postmark. */
import { describe, expect, it } from 'vitest';
import { providers, verify } from '../../src/verify.js';
import { requirePart } from '../requirements.js';
import { inputOf, ownVectors, providerVectors, type Vector } from './vector.js';

const specs = requirePart('specs');

function check(vector: Vector): void {
  const input = inputOf(vector);
  const verdict = verify(vector.provider, input);
  expect(verdict.ok ? 'accept' : 'reject', `${vector.why ?? ''} ${JSON.stringify(verdict)}`).toBe(vector.expect);
  if (!vector.scheme.startsWith('hubspot-v1') && !vector.scheme.startsWith('hubspot-v2')) {
    const unnamed = verify(vector.provider, { ...input, scheme: undefined });
    expect(unnamed.ok, 'without a scheme named').toBe(verdict.ok);
  }
}

describe.skipIf(!specs.available)('vectors of the providers', () => {
  const vectors = specs.available ? providerVectors(specs.path) : [];

  it('are there', () => expect(vectors.length).toBeGreaterThanOrEqual(298));

  it.each(vectors.map((vector) => [vector.provider, vector.id, vector] as const))('%s: %s', (_provider, _id, vector) =>
    check(vector),
  );

  it('cover, with ours, every provider and scheme but those nobody publishes', () => {
    const covered = new Set([...vectors, ...ownVectors()].map(({ provider, scheme }) => `${provider} ${scheme}`));
    const all = providers().flatMap(({ provider, schemes }) => schemes.map((scheme) => `${provider} ${scheme}`));
    // Svix's second scheme is the standard one, whose vectors stand under its own name.
    expect(all.filter((name) => !covered.has(name))).toEqual(['svix standard-webhooks-v1']);
  });
});

describe('vectors of our own', () => {
  it.each(ownVectors().map((vector) => [vector.provider, vector.id, vector] as const))(
    '%s: %s',
    (_provider, _id, vector) => check(vector),
  );
});
