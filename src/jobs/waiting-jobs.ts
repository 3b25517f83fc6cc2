/**
 * Claimed jobs that wait for a slot. Queues take turns, so that a short queue does not wait for a long one; within a
 * queue the order is that of the claims.
 *
 * @module
 */
import type { HeldJob } from './held-jobs.js';

export class WaitingJobs {
  /** The first queue of the map is next. No list is empty. */
  readonly #queues = new Map<string, HeldJob[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(held: HeldJob): void {
    const { scope, queue } = held.job;
    const key = `${scope.tenant} ${scope.environment} ${queue}`;
    const jobs = this.#queues.get(key);
    if (jobs === undefined) this.#queues.set(key, [held]);
    else jobs.push(held);
    this.#size += 1;
  }

  shift(): HeldJob | undefined {
    for (const [key, jobs] of this.#queues) {
      const held = jobs.shift();
      this.#size -= 1;
      if (jobs.length === 0) this.#queues.delete(key);
      else if (this.#queues.size > 1) {
        this.#queues.delete(key);
        this.#queues.set(key, jobs);
      }
      return held;
    }
    return undefined;
  }

  /** Takes out all that `isWanted` says. */
  takeOut(isWanted: (held: HeldJob) => boolean): HeldJob[] {
    const taken: HeldJob[] = [];
    for (const [key, jobs] of this.#queues) {
      const left = jobs.filter((held) => !isWanted(held) || !taken.push(held));
      if (left.length === 0) this.#queues.delete(key);
      else this.#queues.set(key, left);
    }
    this.#size -= taken.length;
    return taken;
  }
}
