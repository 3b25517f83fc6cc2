/**
 * Reads the sequenced tree of one environment from the store: subtree roots, proofs, and the right edge to go on from.
 *
 * @module
 */
import { Frontier } from '../core/frontier.js';
import { consistencyRanges, inclusionRanges, nodeHash, EMPTY_ROOT, type LeafRange } from '../core/merkle.js';
import type { Environment } from '../core/scope.js';
import type { SystemVerbs } from '../core/store.js';
import { leavesPerHash, TileBuilder, tileHashes, tileRoot, TILE_WIDTH } from '../core/tiles.js';

export type TreeVerbs = Pick<SystemVerbs, 'auditLeaves' | 'auditTiles'>;

const TILE_HEIGHT = 8;
/** Tiles kept at hand, 16 KiB each. */
const CACHED_TILES = 64;

/** The tree at one size. Tiles over that size must be stored, so it is the size of a checkpoint. */
export class TreeReader {
  readonly #store: TreeVerbs;
  readonly #environment: Environment;
  readonly size: number;
  readonly #cache = new Map<string, Promise<TileNodes>>();

  constructor(store: TreeVerbs, environment: Environment, size: number) {
    this.#store = store;
    this.#environment = environment;
    this.size = size;
  }

  /** Sibling hashes from the leaf up (RFC 9162, section 2.1.3). `index` is below the size. */
  inclusionProof(index: number): Promise<Uint8Array[]> {
    return this.#roots(inclusionRanges(index, this.size));
  }

  /** That this tree begins with the one of `earlier` leaves (RFC 9162, section 2.1.4). */
  consistencyProof(earlier: number): Promise<Uint8Array[]> {
    return this.#roots(consistencyRanges(earlier, this.size));
  }

  /** The root over leaves `from` to `to`, a subtree as proofs name them (or the whole tree). */
  async rangeRoot({ from, to }: LeafRange): Promise<Uint8Array> {
    const peaks = await this.#peaks({ from, to });
    return peaks.length === 0 ? EMPTY_ROOT : peaks.reduceRight((right, left) => nodeHash(left, right));
  }

  /** The edge from which the tree grows on, and the tiles that are not full there. */
  async edge(): Promise<{ frontier: Frontier; tiles: TileBuilder }> {
    const peaks = await this.#peaks({ from: 0, to: this.size });
    const open: Uint8Array[][] = [];
    for (let level = 0; this.size >= leavesPerHash(level); level++) {
      const count = Math.floor(this.size / leavesPerHash(level));
      const tile = Math.floor(count / TILE_WIDTH);
      open.push(count % TILE_WIDTH === 0 ? [] : [...(await this.#tile(level, tile))[0]!]);
    }
    return { frontier: Frontier.at(this.size, peaks), tiles: new TileBuilder(open) };
  }

  async #roots(ranges: readonly LeafRange[]): Promise<Uint8Array[]> {
    const roots: Uint8Array[] = [];
    for (const range of ranges) roots.push(await this.rangeRoot(range));
    return roots;
  }

  /** Roots of the complete subtrees that the range consists of, from the left, each as large as can be. */
  async #peaks({ from, to }: LeafRange): Promise<Uint8Array[]> {
    const peaks: Uint8Array[] = [];
    for (let at = from; at < to;) {
      let height = 0;
      while (at % 2 ** (height + 1) === 0 && at + 2 ** (height + 1) <= to) height += 1;
      peaks.push(await this.#subtree(height, at / 2 ** height));
      at += 2 ** height;
    }
    return peaks;
  }

  /** The root of the complete subtree of this height, counted among its like. */
  async #subtree(height: number, index: number): Promise<Uint8Array> {
    const above = height % TILE_HEIGHT;
    const perTile = 2 ** (TILE_HEIGHT - above);
    const tile = await this.#tile((height - above) / TILE_HEIGHT, Math.floor(index / perTile));
    return tile[above]![index % perTile]!;
  }

  /** The nodes over the hashes of a tile, fewer of them at the right edge. */
  #tile(level: number, index: number): Promise<TileNodes> {
    const key = `${level}/${index}`;
    const nodes = this.#cache.get(key) ?? this.#read(level, index).then(nodesOver);
    // Last used, last to go: the unfinished tiles of the upper levels are dear, and every proof needs them.
    this.#cache.delete(key);
    this.#cache.set(key, nodes);
    if (this.#cache.size > CACHED_TILES) this.#cache.delete(this.#cache.keys().next().value!);
    return nodes;
  }

  async #read(level: number, index: number): Promise<Uint8Array[]> {
    const from = index * TILE_WIDTH;
    const to = Math.min(from + TILE_WIDTH, Math.floor(this.size / leavesPerHash(level)));
    if (level === 0) return await this.#store.auditLeaves(this.#environment, from, to);
    if (to === from + TILE_WIDTH) {
      const [tile] = await this.#store.auditTiles(this.#environment, level, index, index + 1);
      if (tile !== undefined) return tileHashes(tile);
    }
    // Only full tiles are stored. A hash of a tile at the edge is the root of the full tile below it.
    return (await this.#store.auditTiles(this.#environment, level - 1, from, to)).map(tileRoot);
  }
}

/** Complete subtrees within a tile: by height above its hashes, from the left. */
type TileNodes = readonly (readonly Uint8Array[])[];

function nodesOver(hashes: readonly Uint8Array[]): TileNodes {
  const nodes = [hashes];
  for (let below = hashes; below.length > 1; below = nodes.at(-1)!) {
    const pairs = Math.floor(below.length / 2);
    nodes.push(Array.from({ length: pairs }, (_, i) => nodeHash(below[2 * i]!, below[2 * i + 1]!)));
  }
  return nodes;
}
