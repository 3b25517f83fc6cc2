/**
 * Chance that repeats itself.
 *
 * @module
 */
import type { Random } from './ports.js';

/**
 * SFC32, Chris Doty-Humphrey's "small fast counting" generator with 32-bit words (PractRand): three words of state and
 * a counter, a period of at least 2^32 and 2^127 on average, good statistics. For tests and simulations; whoever sees
 * a few numbers of it knows the rest, so it must never make a key that protects anything.
 *
 * The same seed gives the same numbers on every machine and in every release.
 */
export class SeededRandom implements Random {
  readonly #seed: string;
  #a = 0;
  #b = 0;
  #c = 0;
  #counter = 1;

  constructor(seed: number | string) {
    this.#seed = String(seed);
    [this.#a, this.#b, this.#c] = seedWords(this.#seed);
    // Seeds that differ in one bit have mixed after this many rounds.
    for (let i = 0; i < 20; i++) this.#next();
  }

  bytes(length: number): Uint8Array {
    const drawn = new Uint8Array(length);
    for (let at = 0; at < length; at += 4) {
      const word = this.#next();
      for (let i = 0; i < 4 && at + i < length; i++) drawn[at + i] = word >>> (8 * i);
    }
    return drawn;
  }

  float(): number {
    const high = this.#next() >>> 11;
    return (high * 2 ** 32 + this.#next()) / 2 ** 53;
  }

  /** Uniform among 0, 1, ... `below` - 1. */
  int(below: number): number {
    return Math.floor(this.float() * below);
  }

  /** One of a list that is not empty. */
  pick<T>(list: readonly [T, ...T[]]): T {
    return list[this.int(list.length)]!;
  }

  /** A stream of its own by seed and label, so that drawing more here changes nothing there. */
  fork(label: string): SeededRandom {
    return new SeededRandom(`${this.#seed}/${label}`);
  }

  #next(): number {
    const word = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + word) | 0;
    return word >>> 0;
  }
}

/** Three words of FNV-1a over the text, each begun with another number. */
function seedWords(text: string): [number, number, number] {
  const word = (start: number): number => {
    let hash = (0x811c9dc5 ^ start) | 0;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    return hash | 0;
  };
  return [word(0), word(0x9e3779b9), word(0x243f6a88)];
}
