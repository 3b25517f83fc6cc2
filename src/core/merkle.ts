/**
 * The Merkle tree of RFC 9162 (section 2.1, unchanged since RFC 6962) over SHA-256: hashes, roots, proofs and their
 * verification, all pure. Sizes and indices are ordinary numbers up to 2^53, so nothing here shifts bits.
 *
 * @module
 */
import { hash } from 'node:crypto';

export const HASH_BYTES = 32;

/** Leaves `from` (inclusive) to `to` (exclusive). */
export interface LeafRange {
  from: number;
  to: number;
}

/** SHA-256(0x00 || data), section 2.1.1. Text is hashed as UTF-8. */
export function leafHash(data: string | Uint8Array): Uint8Array {
  if (typeof data === 'string') return hash('sha256', `\0${data}`, 'buffer');
  const prefixed = new Uint8Array(data.length + 1);
  prefixed.set(data, 1);
  return hash('sha256', prefixed, 'buffer');
}

/** SHA-256(0x01 || left || right), section 2.1.1. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  NODE.set(left, 1);
  NODE.set(right, 1 + HASH_BYTES);
  return hash('sha256', NODE, 'buffer');
}

/** Scratch: hashing is synchronous, so one buffer serves every node. */
const NODE = new Uint8Array(1 + 2 * HASH_BYTES);
NODE[0] = 1;

/** The root of a tree without leaves: SHA-256 of nothing. */
export const EMPTY_ROOT: Uint8Array = hash('sha256', '', 'buffer');

/** The root over these leaf hashes (MTH of section 2.1.1). */
export function rootOf(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return EMPTY_ROOT;
  let level = [...leaves];
  while (level.length > 1) {
    const above: Uint8Array[] = [];
    for (let i = 0; i + 1 < level.length; i += 2) above.push(nodeHash(level[i]!, level[i + 1]!));
    // An odd one out rises unchanged: the split at the largest power of two puts it to the right of full subtrees.
    if (level.length % 2 === 1) above.push(level[level.length - 1]!);
    level = above;
  }
  return level[0]!;
}

/** Largest power of two smaller than `size`, for sizes of at least 2. */
function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

/**
 * The subtrees whose roots prove that leaf `index` is in the tree of `size` leaves, in the order of the proof: from
 * the sibling of the leaf up to the child of the root (section 2.1.3.1).
 */
export function inclusionRanges(index: number, size: number): LeafRange[] {
  const ranges: LeafRange[] = [];
  let from = 0;
  let to = size;
  while (to - from > 1) {
    const middle = from + splitOf(to - from);
    if (index < middle) {
      ranges.push({ from: middle, to });
      to = middle;
    } else {
      ranges.push({ from, to: middle });
      from = middle;
    }
  }
  return ranges.reverse();
}

/**
 * The subtrees whose roots prove that the tree of `size` leaves begins with the tree of `earlier` leaves
 * (section 2.1.4.1). Empty when either is empty or both are the same.
 */
export function consistencyRanges(earlier: number, size: number): LeafRange[] {
  if (earlier === 0 || earlier === size) return [];
  const ranges: LeafRange[] = [];
  let from = 0;
  let to = size;
  while (earlier !== to) {
    const middle = from + splitOf(to - from);
    if (earlier <= middle) {
      ranges.push({ from: middle, to });
      to = middle;
    } else {
      ranges.push({ from, to: middle });
      from = middle;
    }
  }
  // The earlier tree as a whole is known to the verifier; any other complete subtree has to be told.
  if (from > 0) ranges.push({ from, to });
  return ranges.reverse();
}

/** Whether `proof` shows that `leaf` stands at `index` in the tree of `size` leaves with this root (section 2.1.3.2). */
export function verifyInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (!isIndex(index) || !isIndex(size) || index >= size) return false;
  let at = index;
  let last = size - 1;
  let node = leaf;
  for (const sibling of proof) {
    if (last === 0 || sibling.length !== HASH_BYTES) return false;
    if (at % 2 === 1 || at === last) {
      node = nodeHash(sibling, node);
      while (at % 2 === 0 && at !== 0) {
        at /= 2;
        last = half(last);
      }
    } else {
      node = nodeHash(node, sibling);
    }
    at = half(at);
    last = half(last);
  }
  return last === 0 && sameHash(node, root);
}

/** Whether `proof` shows that the tree with the later root begins with the tree of the earlier (section 2.1.4.2). */
export function verifyConsistency(
  earlier: { size: number; root: Uint8Array },
  later: { size: number; root: Uint8Array },
  proof: readonly Uint8Array[],
): boolean {
  if (!isIndex(earlier.size) || !isIndex(later.size) || earlier.size > later.size) return false;
  if (earlier.size === later.size) return proof.length === 0 && sameHash(earlier.root, later.root);
  if (earlier.size === 0) return proof.length === 0 && sameHash(earlier.root, EMPTY_ROOT);
  const path = isPowerOfTwo(earlier.size) ? [earlier.root, ...proof] : proof;
  if (path.length === 0 || path.some((node) => node.length !== HASH_BYTES)) return false;
  let at = earlier.size - 1;
  let last = later.size - 1;
  while (at % 2 === 1) {
    at = half(at);
    last = half(last);
  }
  let before = path[0]!;
  let after = path[0]!;
  for (const node of path.slice(1)) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      before = nodeHash(node, before);
      after = nodeHash(node, after);
      while (at % 2 === 0 && at !== 0) {
        at /= 2;
        last = half(last);
      }
    } else {
      after = nodeHash(after, node);
    }
    at = half(at);
    last = half(last);
  }
  return last === 0 && sameHash(before, earlier.root) && sameHash(after, later.root);
}

/** Equality of two public hashes. Not constant-time: nothing here is secret. */
export function sameHash(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function half(n: number): number {
  return Math.floor(n / 2);
}

function isIndex(n: number): boolean {
  return Number.isSafeInteger(n) && n >= 0;
}

function isPowerOfTwo(n: number): boolean {
  let rest = n;
  while (rest > 1 && rest % 2 === 0) rest /= 2;
  return rest === 1;
}
