/**
 * Tiles of a log (C2SP tlog-tiles): 256 consecutive hashes of one level, level L holding the roots of complete subtrees
 * of 256^L leaves. Full tiles never change, so they are written once and proofs read few of them.
 *
 * @module
 */
import type { Tile } from './audit.js';
import type { Frontier } from './frontier.js';
import { HASH_BYTES, rootOf } from './merkle.js';

/** Hashes in a full tile. */
export const TILE_WIDTH = 256;
const TILE_HEIGHT = 8;

/** How many leaves one hash of this level stands for. */
export function leavesPerHash(level: number): number {
  return TILE_WIDTH ** level;
}

/** The hashes of a tile, one by one. */
export function tileHashes(tile: Tile): Uint8Array[] {
  const hashes: Uint8Array[] = [];
  for (let at = 0; at < tile.hashes.length; at += HASH_BYTES) hashes.push(tile.hashes.subarray(at, at + HASH_BYTES));
  return hashes;
}

/** The hash one level up that a full tile comes to. */
export function tileRoot(tile: Tile): Uint8Array {
  return rootOf(tileHashes(tile));
}

/** Collects the hashes of a growing tree and gives out each tile when it is full. */
export class TileBuilder {
  /** By level, the hashes of the tile that is not full yet. */
  readonly #open: Uint8Array[][] = [];
  #full: Tile[] = [];

  /** @param open by level, what the unfinished tiles hold at the frontier this starts from. */
  constructor(open: readonly (readonly Uint8Array[])[] = []) {
    this.#open = open.map((hashes) => [...hashes]);
  }

  /** Appends a leaf to the frontier and its nodes to the tiles. */
  append(frontier: Frontier, leaf: Uint8Array): void {
    frontier.append(leaf, (height, index, node) => {
      if (height % TILE_HEIGHT === 0) this.#add(height / TILE_HEIGHT, index, node);
    });
  }

  /** A builder that goes on from here on its own. Full tiles that were not taken stay behind. */
  copy(): TileBuilder {
    return new TileBuilder(this.#open);
  }

  /** The tiles that became full since the last call. */
  take(): Tile[] {
    const full = this.#full;
    this.#full = [];
    return full;
  }

  #add(level: number, index: number, node: Uint8Array): void {
    const open = (this.#open[level] ??= []);
    open.push(node);
    if (open.length < TILE_WIDTH) return;
    const hashes = new Uint8Array(TILE_WIDTH * HASH_BYTES);
    open.forEach((one, i) => hashes.set(one, i * HASH_BYTES));
    this.#full.push({ level, index: (index + 1) / TILE_WIDTH - 1, hashes });
    this.#open[level] = [];
  }
}
