/**
 * Timers in the order in which they fall due: a binary heap by instant, then by the order of setting.
 *
 * @module
 */

export interface VirtualTimer {
  atMs: number;
  sequence: number;
  /** `undefined` once it was called off. */
  run: (() => void) | undefined;
}

export class TimerHeap {
  readonly #heap: VirtualTimer[] = [];
  #sequence = 0;
  #live = 0;

  get size(): number {
    return this.#live;
  }

  /** The returned function calls the timer off; calling it late or twice does nothing. */
  add(atMs: number, run: () => void): () => void {
    const timer: VirtualTimer = { atMs, sequence: this.#sequence++, run };
    this.#live += 1;
    this.#heap.push(timer);
    this.#rise(this.#heap.length - 1);
    return () => {
      if (timer.run) this.#live -= 1;
      timer.run = undefined;
    };
  }

  /** Takes out the next timer that is due at `untilMs`, if there is one. */
  takeDue(untilMs: number): { atMs: number; run: () => void } | undefined {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      const { atMs, run } = top;
      if (run && atMs > untilMs) return undefined;
      this.#removeTop();
      if (!run) continue;
      this.#live -= 1;
      top.run = undefined;
      return { atMs, run };
    }
    return undefined;
  }

  #removeTop(): void {
    const last = this.#heap.pop()!;
    if (this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink();
  }

  #rise(from: number): void {
    for (let at = from; at > 0;) {
      const parent = (at - 1) >> 1;
      if (!isBefore(this.#heap[at]!, this.#heap[parent]!)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #sink(): void {
    for (let at = 0; ;) {
      const left = 2 * at + 1;
      const right = left + 1;
      let first = at;
      if (left < this.#heap.length && isBefore(this.#heap[left]!, this.#heap[first]!)) first = left;
      if (right < this.#heap.length && isBefore(this.#heap[right]!, this.#heap[first]!)) first = right;
      if (first === at) return;
      this.#swap(at, first);
      at = first;
    }
  }

  #swap(a: number, b: number): void {
    [this.#heap[a], this.#heap[b]] = [this.#heap[b]!, this.#heap[a]!];
  }
}

function isBefore(a: VirtualTimer, b: VirtualTimer): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence);
}
