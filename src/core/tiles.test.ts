import { describe, expect, it } from 'vitest';
import { Frontier } from './frontier.js';
import { leafHash, rootOf } from './merkle.js';
import { leavesPerHash, TileBuilder, tileHashes, tileRoot } from './tiles.js';

describe('TileBuilder', () => {
  it('gives out a tile the moment it is full', () => {
    const frontier = new Frontier();
    const tiles = new TileBuilder();
    const leaves = Array.from({ length: 515 }, (_, i) => leafHash(String(i)));
    const given = leaves.flatMap((leaf, i) => {
      tiles.append(frontier, leaf);
      return tiles.take().map((tile) => ({ ...tile, after: i + 1 }));
    });
    expect(given.map(({ level, index, after }) => [level, index, after])).toEqual([
      [0, 0, 256],
      [0, 1, 512],
    ]);
    expect(tileHashes(given[1]!)[3]).toEqual(Uint8Array.from(leaves[259]!));
    expect(tileRoot(given[1]!)).toEqual(rootOf(leaves.slice(256, 512)));
    expect(tiles.take()).toEqual([]);
  });

  it('counts leaves per hash by level', () => {
    expect([0, 1, 2, 3].map(leavesPerHash)).toEqual([1, 256, 65_536, 16_777_216]);
  });
});
