import { describe, expect, it } from 'vitest';
import {
  consistencyRanges,
  EMPTY_ROOT,
  inclusionRanges,
  leafHash,
  nodeHash,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from './merkle.js';

/** The eight entries and the roots that the Certificate Transparency projects test with. */
const KNOWN_ENTRIES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const KNOWN_ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

/** Every pair of sizes and indices up to here; FAIRLEAD_MERKLE_ALL=1 takes all of them, else about 20,000 are sampled. */
const LARGEST = 1025;
const ALL = process.env['FAIRLEAD_MERKLE_ALL'] === '1';

const leaves = Array.from({ length: LARGEST }, (_, i) => leafHash(Uint8Array.of(i >> 8, i & 255)));

describe('the tree', () => {
  it('has the known roots', () => {
    const known = KNOWN_ENTRIES.map((text) => leafHash(Buffer.from(text, 'hex')));
    for (let size = 0; size <= known.length; size++) expect(hex(rootOf(known.slice(0, size)))).toBe(KNOWN_ROOTS[size]);
    expect(hex(EMPTY_ROOT)).toBe(KNOWN_ROOTS[0]);
  });

  it('hashes text as its UTF-8 bytes', () => {
    expect(leafHash('é\u2028😀')).toEqual(leafHash(Buffer.from('é\u2028😀')));
  });

  it('agrees with the recursive definition at every size', () => {
    for (let size = 0; size <= LARGEST; size += ALL ? 1 : 7)
      expect(rootOf(leaves.slice(0, size))).toEqual(mth(0, size));
  });
});

describe('proofs', () => {
  it('of inclusion hold for every leaf and size, and for no other leaf, index or size', () => {
    for (const [size, index] of pairs(1)) {
      if (index >= size) continue;
      const proof = inclusionRanges(index, size).map(({ from, to }) => mth(from, to));
      const root = mth(0, size);
      expect(verifyInclusion(leaves[index]!, index, size, proof, root)).toBe(true);
      expect(proof.length).toBeLessThanOrEqual(Math.ceil(Math.log2(size)) || 0);
      const other = (index + 1) % size;
      if (other !== index) {
        expect(verifyInclusion(leaves[other]!, index, size, proof, root)).toBe(false);
        expect(verifyInclusion(leaves[index]!, other, size, proof, root)).toBe(false);
      }
      expect(verifyInclusion(leaves[index]!, index, size, [...proof, root], root)).toBe(false);
      if (proof.length > 0) expect(verifyInclusion(leaves[index]!, index, size, proof.slice(1), root)).toBe(false);
    }
  }, 300_000);

  it('of consistency hold for every two sizes, and for no other root', () => {
    for (const [size, earlier] of pairs(0)) {
      const proof = consistencyRanges(earlier, size).map(({ from, to }) => mth(from, to));
      const [then, now] = [
        { size: earlier, root: mth(0, earlier) },
        { size, root: mth(0, size) },
      ];
      expect(verifyConsistency(then, now, proof)).toBe(true);
      expect(verifyConsistency({ ...then, root: flipped(then.root) }, now, proof)).toBe(false);
      if (earlier > 0) expect(verifyConsistency(then, { ...now, root: flipped(now.root) }, proof)).toBe(false);
      if (proof.length > 0) expect(verifyConsistency(then, now, proof.slice(1))).toBe(false);
      expect(verifyConsistency(then, now, [...proof, now.root])).toBe(false);
      if (earlier < size) expect(verifyConsistency(now, then, proof)).toBe(false);
    }
  }, 300_000);

  it('work beyond 32 bits', () => {
    const size = 2 ** 40 + 3;
    // A tree of equal leaves has equal subtrees, so its hashes are cheap at any size.
    const level = [leafHash('x')];
    for (let i = 0; i < 41; i++) level.push(nodeHash(level[i]!, level[i]!));
    const rootAt = (from: number, to: number): Uint8Array => {
      const width = to - from;
      if (Number.isInteger(Math.log2(width))) return level[Math.log2(width)]!;
      const split = 2 ** Math.floor(Math.log2(width));
      return nodeHash(rootAt(from, from + split), rootAt(from + split, to));
    };
    const root = rootAt(0, size);
    for (const index of [0, 2 ** 33 + 5, 2 ** 40 - 1, 2 ** 40, size - 1]) {
      const proof = inclusionRanges(index, size).map(({ from, to }) => rootAt(from, to));
      expect(verifyInclusion(level[0]!, index, size, proof, root)).toBe(true);
    }
    const earlier = 2 ** 35 + 1;
    const proof = consistencyRanges(earlier, size).map(({ from, to }) => rootAt(from, to));
    expect(verifyConsistency({ size: earlier, root: rootAt(0, earlier) }, { size, root }, proof)).toBe(true);
  });

  it('refuse nonsense without throwing', () => {
    const [leaf] = leaves as [Uint8Array];
    for (const [index, size] of [
      [-1, 4],
      [4, 4],
      [0, 0],
      [0.5, 4],
      [NaN, 4],
      [0, Infinity],
    ] as const) {
      expect(verifyInclusion(leaf, index, size, [], leaf)).toBe(false);
    }
    expect(verifyInclusion(leaf, 0, 2, [new Uint8Array(31)], leaf)).toBe(false);
    expect(verifyConsistency({ size: 1, root: leaf }, { size: 2, root: leaf }, [new Uint8Array(1)])).toBe(false);
    expect(verifyConsistency({ size: NaN, root: leaf }, { size: 2, root: leaf }, [])).toBe(false);
  });
});

/** (size, other) with `from` <= size <= LARGEST and other <= size. */
function* pairs(from: number): Generator<[number, number]> {
  const stride = ALL ? 1 : 53;
  let at = 0;
  for (let size = from; size <= LARGEST; size++) {
    for (let other = 0; other <= size; other++) if (size < 18 || at++ % stride === 0) yield [size, other];
  }
}

const remembered = new Map<number, Uint8Array>();

/** MTH of section 2.1.1, word by word, over leaves `from` to `to`. */
function mth(from: number, to: number): Uint8Array {
  const size = to - from;
  if (size === 0) return EMPTY_ROOT;
  if (size === 1) return leaves[from]!;
  const key = from * 2048 + to;
  const known = remembered.get(key);
  if (known !== undefined) return known;
  let split = 1;
  while (split * 2 < size) split *= 2;
  const root = nodeHash(mth(from, from + split), mth(from + split, to));
  remembered.set(key, root);
  return root;
}

function flipped(hash: Uint8Array): Uint8Array {
  return hash.map((byte, i) => (i === 5 ? byte ^ 1 : byte));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
