/**
 * The jobs this process has claimed, and until when they are its own.
 *
 * @module
 */
import type { ClaimedJob } from '../core/job.js';
import type { Clock } from '../core/ports.js';

/**
 * Until when a claim holds, by both clocks: a wall clock may be set, a monotonic one may stand still while the machine
 * sleeps. Both are read before the store is asked, so a lease ends here before it ends there.
 */
export interface Lease {
  untilMs: number;
  untilMonotonicMs: number;
  /** What {@link Standing} was then. */
  standing: number | undefined;
}

/**
 * Tells apart the times in which other processes take this one for alive: claims of an earlier time may be somebody
 * else's by now. `undefined`: they may take it for dead.
 */
export type Standing = () => number | undefined;

export interface HeldJob {
  readonly job: ClaimedJob;
  lease: Lease;
}

export class HeldJobs {
  readonly #byId = new Map<string, HeldJob>();
  #bytes = 0;

  constructor(
    private readonly clock: Clock,
    private readonly standing: Standing = () => 0,
  ) {}

  /** Whether what is claimed now would be ours. */
  get mayClaim(): boolean {
    return this.standing() !== undefined;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** Bytes of bodies held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A lease of so long from now. */
  lease(leaseMs: number): Lease {
    const { clock } = this;
    return {
      untilMs: clock.nowMs() + leaseMs,
      untilMonotonicMs: clock.monotonicMs() + leaseMs,
      standing: this.standing(),
    };
  }

  isOver({ untilMs, untilMonotonicMs, standing }: Lease): boolean {
    if (standing === undefined || standing !== this.standing()) return true;
    return this.clock.nowMs() >= untilMs || this.clock.monotonicMs() >= untilMonotonicMs;
  }

  /** A job that was held under an older claim is held under the newer one from now on. */
  add(job: ClaimedJob, lease: Lease): HeldJob {
    this.#drop(job.id);
    const held = { job, lease };
    this.#byId.set(job.id, held);
    this.#bytes += bodyBytesOf(job);
    return held;
  }

  /** Lets go of a job, unless a newer claim holds it. */
  remove({ id, fence }: ClaimedJob): void {
    if (this.#byId.get(id)?.job.fence === fence) this.#drop(id);
  }

  /** What has a lease that is over in `ms` from now, or is over. */
  endingWithin(ms: number): HeldJob[] {
    const { untilMs, untilMonotonicMs } = this.lease(ms);
    const ending: HeldJob[] = [];
    for (const held of this.#byId.values()) {
      const { lease } = held;
      if (lease.untilMs <= untilMs || lease.untilMonotonicMs <= untilMonotonicMs) ending.push(held);
    }
    return ending;
  }

  #drop(id: string): void {
    const held = this.#byId.get(id);
    if (held === undefined) return;
    this.#byId.delete(id);
    this.#bytes -= bodyBytesOf(held.job);
  }
}

export function bodyBytesOf({ event }: ClaimedJob): number {
  return event.body?.byteLength ?? 0;
}
