/**
 * Keys of 16 random bytes with the event that brought each, in flat memory: no object a key, nothing for the garbage
 * collector to walk.
 *
 * @module
 */

export const KEY_BYTES = 16;
const INITIAL_CAPACITY = 1_024;
/** Slots per key that fits: short runs, whatever is looked for. A power of two. */
const SLOTS_PER_KEY = 4;

/** More than there are keys in a table, and few enough that a number of 32 bits fits above. */
const PLACES = 2 ** 21;

/** One key of the table. */
export interface TableKey {
  space: number;
  key: Uint8Array;
  event: number;
}

/** Open addressing over the keys themselves, which are hashes already. */
export class KeyTable {
  #capacity = INITIAL_CAPACITY;
  #keys = new Uint8Array(INITIAL_CAPACITY * KEY_BYTES);
  #spaces = new Float64Array(INITIAL_CAPACITY);
  #events = new Float64Array(INITIAL_CAPACITY);
  /** Number of the key in a slot, plus one. */
  #slots = new Uint32Array(INITIAL_CAPACITY * SLOTS_PER_KEY);
  #size = 0;
  #lastEvent = 0;

  /** Forgets all keys and keeps their place. */
  clear(): void {
    this.#slots.fill(0);
    this.#size = 0;
    this.#lastEvent = 0;
  }

  /** How many keys came in, forgotten ones included. */
  get size(): number {
    return this.#size;
  }

  /** The highest event that brought a key. */
  get lastEvent(): number {
    return this.#lastEvent;
  }

  find(space: number, key: Uint8Array): number | undefined {
    const at = this.#at(space, key);
    return at < 0 || this.#events[at] === 0 ? undefined : this.#events[at];
  }

  /** Takes a key in that is not there. */
  add(space: number, key: Uint8Array, event: number): void {
    if (this.#size === this.#capacity) this.#grow();
    const at = this.#size++;
    this.#keys.set(key, at * KEY_BYTES);
    this.#spaces[at] = space;
    this.#events[at] = event;
    this.#lastEvent = Math.max(this.#lastEvent, event);
    this.#place(at);
  }

  /** @returns whether the event's key was there. */
  forget(space: number, key: Uint8Array, event: number): boolean {
    const at = this.#at(space, key);
    if (at < 0 || this.#events[at] !== event) return false;
    this.#events[at] = 0;
    return true;
  }

  /** The numbers of all keys in the order of their beginnings, whatever their space. */
  inOrder(): Uint32Array {
    const order = new Float64Array(this.#size);
    // Sorted as numbers, the beginning above the place: many times faster than with a function that compares.
    for (let at = 0; at < this.#size; at++) order[at] = beginningOf(this.#keys, at * KEY_BYTES) * PLACES + at;
    return Uint32Array.from(order.sort(), (place) => place % PLACES);
  }

  /** The key of a number, a view; `undefined` when it was forgotten. */
  get(at: number): TableKey | undefined {
    if (this.#events[at] === 0) return undefined;
    const key = this.#keys.subarray(at * KEY_BYTES, (at + 1) * KEY_BYTES);
    return { space: this.#spaces[at]!, key, event: this.#events[at]! };
  }

  #at(space: number, key: Uint8Array): number {
    const mask = this.#slots.length - 1;
    for (let slot = firstSlot(key, 0) & mask; ; slot = (slot + 1) & mask) {
      const at = this.#slots[slot]! - 1;
      if (at < 0) return -1;
      if (this.#spaces[at] === space && this.#isAt(at, key)) return at;
    }
  }

  #isAt(at: number, key: Uint8Array): boolean {
    const start = at * KEY_BYTES;
    for (let i = 0; i < KEY_BYTES; i++) if (this.#keys[start + i] !== key[i]) return false;
    return true;
  }

  #place(at: number): void {
    const mask = this.#slots.length - 1;
    let slot = firstSlot(this.#keys, at * KEY_BYTES) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = at + 1;
  }

  #grow(): void {
    this.#capacity *= 2;
    this.#keys = grown(this.#keys, new Uint8Array(this.#capacity * KEY_BYTES));
    this.#spaces = grown(this.#spaces, new Float64Array(this.#capacity));
    this.#events = grown(this.#events, new Float64Array(this.#capacity));
    this.#slots = new Uint32Array(this.#capacity * SLOTS_PER_KEY);
    for (let at = 0; at < this.#size; at++) this.#place(at);
  }
}

function grown<Bytes extends Uint8Array | Float64Array>(from: Bytes, to: Bytes): Bytes {
  to.set(from);
  return to;
}

/** The first four bytes as a number, in the order of bytes. */
function beginningOf(bytes: Uint8Array, start: number): number {
  return ((bytes[start]! << 24) | (bytes[start + 1]! << 16) | (bytes[start + 2]! << 8) | bytes[start + 3]!) >>> 0;
}

/** From bytes other than the first, by which keys are put into order. */
function firstSlot(bytes: Uint8Array, start: number): number {
  return bytes[start + 4]! | (bytes[start + 5]! << 8) | (bytes[start + 6]! << 16) | (bytes[start + 7]! << 24);
}
