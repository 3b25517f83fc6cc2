import { describe, expect, it } from 'vitest';
import { exists } from './markdown.js';
import { ROOT, treeFiles } from './tree.js';

interface Proof {
  slug: string;
  claim: string;
  ci: { size: string };
  full: { size: string };
  /** One of them, or both. */
  run: { vitest?: string[]; node?: string };
}

const { PROOFS } = (await import(`${ROOT}test/proofs/index.mjs`)) as { PROOFS: Proof[] };

describe('the list of proofs', () => {
  it('names each one once', () => {
    const slugs = PROOFS.map(({ slug }) => slug);
    expect(slugs).toEqual([...new Set(slugs)]);
    expect(slugs.filter((slug) => !/^[a-z]+(-[a-z]+)*$/.test(slug))).toEqual([]);
  });

  it.each(PROOFS.map((proof) => [proof.slug, proof] as const))(
    'says of %s what it claims, at which size, and where',
    (_slug, proof) => {
      expect(proof.claim).toMatch(/^[A-Z0-9].{40,}\.$/);
      expect([proof.ci.size, proof.full.size].every((size) => size.length > 5)).toBe(true);
      const { vitest = [], node } = proof.run;
      const paths = node === undefined ? vitest : [...vitest, node];
      expect(paths).not.toEqual([]);
      expect(paths.filter((path) => !exists(path, treeFiles()))).toEqual([]);
    },
  );
});
