/**
 * What arrives during a commit is the next group: no timer, one group under way at a time.
 *
 * @module
 */
import type { NewEvent } from '../../core/event.js';
import { AppError } from '../../core/errors.js';
import type { Outcome } from './committer.js';
import type { VerbCall } from './verb-lanes.js';

const GROUP_VERBS_MAX = 512;
const GROUP_BYTES_MAX = 8 * 1024 * 1024;
/** Promises that lie between an outcome and what its caller begins next, and some more; an empty turn costs 50 ns. */
const TURNS = 48;

interface Waiting {
  call: VerbCall;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

export class GroupQueue {
  #waiting: Waiting[] = [];
  #isBusy = false;
  #closed: unknown;

  /** @param commit answers with one outcome a call, or rejects when nothing is known about any of them. */
  constructor(readonly commit: (calls: VerbCall[]) => Promise<Outcome[]>) {}

  submit(call: VerbCall): Promise<unknown> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ call, resolve, reject });
      if (this.#isBusy) return;
      this.#isBusy = true;
      // What is submitted in the same breath goes together.
      queueMicrotask(() => void this.#work());
    });
  }

  /** Nobody waits behind the group that is under way. */
  get isIdle(): boolean {
    return this.#waiting.length === 0;
  }

  /** Takes nothing more; what waits is rejected, what is under way ends as it ends. */
  close(error: unknown): void {
    this.#closed ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#closed);
  }

  /** Forgets everybody who waits, as the end of a process does: their promises stay open for ever. */
  drop(): void {
    this.#closed ??= new AppError('store_unavailable', { problem: 'The process has ended.' });
    this.#waiting = [];
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, groupSize(this.#waiting));
      try {
        const outcomes = await this.commit(group.map(({ call }) => call));
        for (let at = 0; at < group.length; at++) {
          const outcome = outcomes[at]!;
          if (outcome.ok) group[at]!.resolve(outcome.value);
          else group[at]!.reject(outcome.error);
        }
        if (isMostlySettled(group)) for (let turn = 0; turn < TURNS; turn++) await undefined;
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.#isBusy = false;
  }
}

/**
 * Who hears that a call has ended begins the next one at once, as a rule: that goes with the next group then, and not
 * with the one after it. Calls in a row so take three commits each instead of four, in groups that are larger by a third.
 */
function isMostlySettled(group: readonly Waiting[]): boolean {
  let settled = 0;
  for (const { call } of group) if (call.name === 'calls.settle') settled += 1;
  return settled * 4 >= group.length;
}

/** How many of those who wait fit into one group: at least one. */
function groupSize(waiting: readonly Waiting[]): number {
  let bytes = 0;
  const max = Math.min(waiting.length, GROUP_VERBS_MAX);
  for (let count = 0; count < max; count++) {
    bytes += bytesOf(waiting[count]!.call);
    if (bytes > GROUP_BYTES_MAX && count > 0) return count;
  }
  return max;
}

function bytesOf({ name, args }: VerbCall): number {
  return name === 'events.accept' ? (args[1] as NewEvent).body.length : 0;
}
