import { describe, expect, it } from 'vitest';
import { Frontier, peakHeights } from './frontier.js';
import { leafHash, rootOf } from './merkle.js';

const leaves = Array.from({ length: 1026 }, (_, i) => leafHash(String(i)));

describe('Frontier', () => {
  it('knows the root at every size, in O(log n) space', () => {
    const frontier = new Frontier();
    for (let size = 0; size < leaves.length; size++) {
      if (size < 70 || size % 13 === 0) expect(frontier.root()).toEqual(rootOf(leaves.slice(0, size)));
      expect(frontier.serialise().length).toBe(8 + 32 * peakHeights(size).length);
      frontier.append(leaves[size]!);
    }
    expect(frontier.size).toBe(leaves.length);
  });

  it('goes on from its serialised form', () => {
    for (const size of [0, 1, 2, 3, 255, 256, 1000]) {
      const frontier = new Frontier();
      for (const leaf of leaves.slice(0, size)) frontier.append(leaf);
      const read = Frontier.parse(frontier.serialise());
      for (const leaf of leaves.slice(size)) read.append(leaf);
      expect(read.root()).toEqual(rootOf(leaves));
    }
  });

  it('copies without sharing', () => {
    const frontier = new Frontier();
    for (const leaf of leaves.slice(0, 5)) frontier.append(leaf);
    const copy = frontier.copy();
    frontier.append(leaves[5]!);
    expect(copy.root()).toEqual(rootOf(leaves.slice(0, 5)));
    copy.append(leaves[5]!);
    expect(copy.root()).toEqual(frontier.root());
  });

  it('tells of every complete subtree, once', () => {
    const seen: string[] = [];
    const frontier = new Frontier();
    for (const leaf of leaves.slice(0, 6)) frontier.append(leaf, (height, index) => seen.push(`${height}/${index}`));
    expect(seen).toEqual(['0/0', '0/1', '1/0', '0/2', '0/3', '1/1', '2/0', '0/4', '0/5', '1/2']);
  });

  it('refuses what is no frontier', () => {
    const bytes = new Frontier().serialise();
    const three = Uint8Array.from(bytes);
    three[7] = 3;
    const huge = new Uint8Array(8).fill(255);
    for (const bad of [new Uint8Array(), bytes.subarray(1), three, huge]) {
      expect(() => Frontier.parse(bad)).toThrow(expect.objectContaining({ code: 'store_corrupt' }) as Error);
    }
    expect(() => Frontier.at(1, [new Uint8Array(31)])).toThrow();
  });
});
