/**
 * How many retries a connection may make: a tenth of its first attempts, so that an outage is not answered with a
 * multiple of the usual load. A few are always allowed, or a quiet connection could not retry at all.
 *
 * @module
 */

/** Slots of the sliding window. */
const SLOTS = 10;
const SLOT_MS = 6_000;
const SHARE = 0.1;
const ALWAYS = 10;

interface Slot {
  number: number;
  firsts: number;
  retries: number;
}

export class RetryBudget {
  readonly #slots: Slot[] = [];

  first(nowMs: number): void {
    this.#slot(nowMs).firsts++;
  }

  /** Takes one retry if there is one. */
  mayRetry(nowMs: number): boolean {
    const slot = this.#slot(nowMs);
    const firsts = this.#slots.reduce((sum, one) => sum + one.firsts, 0);
    const retries = this.#slots.reduce((sum, one) => sum + one.retries, 0);
    if (retries >= Math.max(ALWAYS, Math.floor(firsts * SHARE))) return false;
    slot.retries++;
    return true;
  }

  #slot(nowMs: number): Slot {
    const number = Math.floor(nowMs / SLOT_MS);
    while (this.#slots.length > 0 && this.#slots[0]!.number <= number - SLOTS) this.#slots.shift();
    const last = this.#slots.at(-1);
    if (last?.number === number) return last;
    const slot = { number, firsts: 0, retries: 0 };
    this.#slots.push(slot);
    return slot;
  }
}
