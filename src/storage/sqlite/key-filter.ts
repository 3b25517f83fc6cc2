/**
 * Says of nearly every new key that it is not in the tree, without looking there: a Bloom filter over 16-byte keys,
 * whose own bytes serve as its hashes.
 *
 * @module
 */

/** 4 MiB: of 3.3 million keys 1.2 in a hundred new ones are looked up in the tree, of 7 million 10 in a hundred. */
const BITS = 2 ** 25;

export class KeyFilter {
  readonly #words = new Uint32Array(BITS / 32);

  add(key: Uint8Array): void {
    for (let i = 0; i < 4; i++) {
      const bit = bitOf(key, i);
      this.#words[bit >>> 5]! |= 1 << (bit & 31);
    }
  }

  /** False only for a key that was never added. */
  mayHold(key: Uint8Array): boolean {
    for (let i = 0; i < 4; i++) {
      const bit = bitOf(key, i);
      if ((this.#words[bit >>> 5]! & (1 << (bit & 31))) === 0) return false;
    }
    return true;
  }
}

/** Of 16 random bytes, four times 25 bits. */
function bitOf(key: Uint8Array, which: number): number {
  const start = which * 4;
  return (key[start]! | (key[start + 1]! << 8) | (key[start + 2]! << 16) | ((key[start + 3]! & 1) << 24)) >>> 0;
}
