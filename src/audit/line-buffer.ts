/**
 * Lines on their way to a file, as bytes in one place that stays: buffers of their own, put together at the end, would
 * be fresh memory for every write, which the system clears first.
 *
 * @module
 */

const BYTES_FIRST = 64 * 1024;
/** What is kept for the next lines; the place of a longer stretch goes back to the system. */
const BYTES_KEPT = 4 * 1024 * 1024;
/** A unit of UTF-16 is at most this many bytes of UTF-8. */
const BYTES_PER_UNIT = 3;

export class LineBuffer {
  #place = Buffer.alloc(0);
  #length = 0;

  add(line: string): void {
    const needed = this.#length + line.length * BYTES_PER_UNIT;
    if (needed > this.#place.length) this.#grow(needed);
    this.#length += this.#place.write(line, this.#length, 'utf8');
  }

  /** What was added since {@link clear}; a view, good until the next `add`. */
  get bytes(): Uint8Array {
    return this.#place.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
    if (this.#place.length > BYTES_KEPT) this.#place = Buffer.alloc(0);
  }

  #grow(needed: number): void {
    const place = Buffer.allocUnsafeSlow(Math.max(BYTES_FIRST, needed, this.#place.length * 2));
    this.#place.copy(place, 0, 0, this.#length);
    this.#place = place;
  }
}
