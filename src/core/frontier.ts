/**
 * The right edge of a growing Merkle tree: all that is needed to append a leaf and to know the root, in O(log n) space.
 *
 * @module
 */
import { AppError } from './errors.js';
import { EMPTY_ROOT, HASH_BYTES, nodeHash } from './merkle.js';

/** Told of every complete subtree at the moment it is complete: `index` counts the subtrees of this height. */
export type OnNode = (height: number, index: number, hash: Uint8Array) => void;

export class Frontier {
  #size = 0;
  /** Roots of the complete subtrees from the left, one for each bit of `size`, the largest first. */
  #peaks: Uint8Array[] = [];

  /** A frontier at a known place. @throws AppError `store_corrupt` when there is not one peak for each bit of `size`. */
  static at(size: number, peaks: readonly Uint8Array[]): Frontier {
    const frontier = new Frontier();
    frontier.#size = size;
    frontier.#peaks = [...peaks];
    if (!Number.isSafeInteger(size) || size < 0) {
      throw new AppError('store_corrupt', { problem: 'the right edge of the audit tree has no size' });
    }
    if (peaks.length !== peakHeights(size).length || peaks.some((peak) => peak.length !== HASH_BYTES)) {
      throw new AppError('store_corrupt', { problem: `the audit tree of ${size} entries has no sound right edge` });
    }
    return frontier;
  }

  /** Reads what {@link Frontier.serialise} wrote. */
  static parse(bytes: Uint8Array): Frontier {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const size = bytes.length >= 8 ? Number(view.getBigUint64(0)) : -1;
    const peaks: Uint8Array[] = [];
    for (let at = 8; at < bytes.length; at += HASH_BYTES) peaks.push(bytes.slice(at, at + HASH_BYTES));
    return Frontier.at(size, peaks);
  }

  get size(): number {
    return this.#size;
  }

  /** Appends a leaf hash. Amortised one node hash, at worst one per level. */
  append(leaf: Uint8Array, onNode?: OnNode): void {
    let node = leaf;
    let index = this.#size;
    let height = 0;
    onNode?.(height, index, node);
    while (index % 2 === 1) {
      node = nodeHash(this.#peaks.pop()!, node);
      index = (index - 1) / 2;
      height += 1;
      onNode?.(height, index, node);
    }
    this.#peaks.push(node);
    this.#size += 1;
  }

  root(): Uint8Array {
    let root: Uint8Array | undefined;
    for (let i = this.#peaks.length - 1; i >= 0; i--) {
      root = root === undefined ? this.#peaks[i]! : nodeHash(this.#peaks[i]!, root);
    }
    return root ?? EMPTY_ROOT;
  }

  copy(): Frontier {
    return Frontier.at(this.#size, this.#peaks);
  }

  /** Eight bytes of size, big-endian, and the peaks from the largest to the smallest. */
  serialise(): Uint8Array {
    const bytes = new Uint8Array(8 + this.#peaks.length * HASH_BYTES);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(this.#size));
    this.#peaks.forEach((peak, i) => bytes.set(peak, 8 + i * HASH_BYTES));
    return bytes;
  }
}

/** The heights of the complete subtrees that a tree of `size` leaves consists of, from the left, the highest first. */
export function peakHeights(size: number): number[] {
  const heights: number[] = [];
  for (let rest = size, height = 0; rest > 0; rest = Math.floor(rest / 2), height++) {
    if (rest % 2 === 1) heights.unshift(height);
  }
  return heights;
}
