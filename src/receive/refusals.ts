/**
 * Counts refused deliveries and writes one audit entry per source and reason and period, not one per request: a flood
 * of forgeries must leave a trace without filling the disk.
 *
 * @module
 */
import type { Clock } from '../core/ports.js';
import type { ReadySource } from './source-table.js';

export interface Refusal {
  source: ReadySource;
  reason: string;
  count: number;
}

const PERIOD_MS = 10_000;
/** More distinct (source, reason) pairs than this in one period are counted under the pair seen first. */
const PAIRS_MAX = 1_000;

export class Refusals {
  #pending = new Map<string, Refusal>();
  #cancel: (() => void) | undefined;
  #total = 0;

  constructor(
    private readonly clock: Clock,
    private readonly write: (refusals: Refusal[]) => Promise<void>,
  ) {}

  get total(): number {
    return this.#total;
  }

  count(source: ReadySource, reason: string): void {
    this.#total += 1;
    const key = `${source.row.id} ${reason}`;
    const known = this.#pending.get(key);
    if (known !== undefined) known.count += 1;
    else if (this.#pending.size < PAIRS_MAX) this.#pending.set(key, { source, reason, count: 1 });
    // A store that takes nothing now must not end the process over a count.
    this.#cancel ??= this.clock.after(PERIOD_MS, () => void this.flush().catch(() => {}));
  }

  /** Writes what has been counted so far. A failure to write loses the count, never a delivery. */
  async flush(): Promise<void> {
    this.#cancel?.();
    this.#cancel = undefined;
    const refusals = [...this.#pending.values()];
    this.#pending = new Map();
    if (refusals.length > 0) await this.write(refusals);
  }
}
