/**
 * Claims jobs in batches, runs them under a concurrency limit, settles what has ended together with the next claim.
 *
 * At any moment at most one turn is in flight: what ends meanwhile is the next turn's settlements. Memory is bounded
 * by `claimMax`: a backlog waits in the store, not here.
 *
 * @module
 */
import type { ClaimedJob, JobSettlement } from '../core/job.js';
import { isAppError } from '../core/errors.js';
import type { Clock, Log, Random } from '../core/ports.js';
import type { Store } from '../core/store.js';
import { settlementOf, type RunResult } from './outcome.js';

/** Runs one job to its end. Must not throw. */
export type RunJob = (job: ClaimedJob) => Promise<RunResult>;

export interface RunnerOptions {
  concurrency: number;
  leaseMs: number;
  /** Longest time between looks at the store when nothing wakes us. */
  pollMs: number;
  /** Names this process in leases. */
  owner: string;
}

const PREFETCH_MIN = 64;
const FAILED_TURN_DELAY_MS = 200;

export interface RunnerParts {
  store: Store;
  clock: Clock;
  random: Random;
  log: Log;
  run: RunJob;
  /** Takes secrets out of what a failed job says. */
  clean: (text: string) => string;
  /** Told of every job that died, after the store has it. */
  onDead?: (job: ClaimedJob, error: string) => void;
}

export class JobRunner {
  readonly #waiting: ClaimedJob[] = [];
  readonly #held = new Map<string, ClaimedJob>();
  #running = 0;
  #settlements: { job: ClaimedJob; settlement: JobSettlement }[] = [];
  #turning = false;
  #woken = false;
  #stopping = false;
  #cancelPoll: (() => void) | undefined;
  #cancelExtend: (() => void) | undefined;
  #idle: (() => void)[] = [];
  readonly #claimMax: number;

  constructor(
    private readonly parts: RunnerParts,
    private readonly options: RunnerOptions,
  ) {
    this.#claimMax = Math.max(PREFETCH_MIN, options.concurrency * 4);
  }

  start(): void {
    this.#scheduleExtend();
    this.wake();
  }

  /** Something may be due: look now instead of at the next poll. */
  wake(): void {
    this.#woken = true;
    void this.#turn();
  }

  /** Jobs held by this process, running or waiting for a slot. */
  get held(): number {
    return this.#held.size;
  }

  /** Claims nothing more; gives back what has not started; resolves when all that runs has ended and is settled. */
  async drain(): Promise<void> {
    this.#stopping = true;
    this.#cancelPoll?.();
    this.#cancelExtend?.();
    for (const job of this.#waiting.splice(0)) this.#settle(job, { kind: 'released' });
    void this.#turn();
    if (!this.#isIdle()) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #isIdle(): boolean {
    return this.#running === 0 && this.#settlements.length === 0 && !this.#turning;
  }

  async #turn(): Promise<void> {
    if (this.#turning) return;
    this.#turning = true;
    try {
      while (this.#wantsTurn()) await this.#turnOnce();
    } finally {
      this.#turning = false;
    }
    if (this.#isIdle()) for (const resolve of this.#idle.splice(0)) resolve();
    else if (this.#wantsTurn()) void this.#turn();
  }

  #room(): number {
    return this.#stopping ? 0 : this.#claimMax - this.#held.size;
  }

  #wantsTurn(): boolean {
    return this.#settlements.length > 0 || (this.#woken && this.#room() > 0);
  }

  async #turnOnce(): Promise<void> {
    const settlements = this.#settlements;
    this.#settlements = [];
    const room = this.#room() + settlements.length;
    const limit = this.#stopping ? 0 : Math.min(room, this.#claimMax);
    this.#woken = false;
    try {
      const { claimed, refused } = await this.parts.store.system.turn({
        settled: settlements.map(({ settlement }) => settlement),
        ...(limit > 0 ? { claim: { limit, leaseMs: this.options.leaseMs, owner: this.options.owner } } : {}),
      });
      for (const { job } of settlements) this.#release(job);
      this.#report(settlements, refused);
      for (const job of claimed) this.#take(job);
      if (claimed.length > 0) this.#woken = true;
      else this.#schedulePoll();
      this.#startWaiting();
    } catch (error) {
      this.#turnFailed(settlements, error);
      await this.parts.clock.sleep(FAILED_TURN_DELAY_MS);
    }
  }

  /** A lease may have ended while we worked; the claim that replaced ours settles the job then. */
  #report(settlements: readonly { job: ClaimedJob; settlement: JobSettlement }[], refused: readonly string[]): void {
    const late = new Set(refused);
    for (const { job, settlement } of settlements) {
      if (late.has(job.id))
        this.parts.log('warn', 'a job was settled too late and belongs to another claim', { job: job.id });
      else if (settlement.outcome === 'dead') this.parts.onDead?.(job, settlement.error);
    }
  }

  /** The store refused the turn: what has ended is told again, for it did happen. */
  #turnFailed(settlements: { job: ClaimedJob; settlement: JobSettlement }[], error: unknown): void {
    if (isAppError(error, 'store_unavailable') || this.#stopping) {
      this.parts.log('error', 'the queue could not reach the store', { problem: String(error) });
    } else {
      this.parts.log('error', 'a turn of the queue failed', { problem: String(error) });
    }
    if (this.#stopping) for (const { job } of settlements) this.#release(job);
    else this.#settlements.unshift(...settlements);
    this.#woken = true;
  }

  #take(job: ClaimedJob): void {
    this.#held.set(job.id, job);
    if (this.#stopping) this.#settle(job, { kind: 'released' });
    else this.#waiting.push(job);
  }

  #release(job: ClaimedJob): void {
    if (this.#held.get(job.id)?.fence === job.fence) this.#held.delete(job.id);
  }

  #startWaiting(): void {
    while (this.#running < this.options.concurrency && this.#waiting.length > 0) {
      const job = this.#waiting.shift()!;
      this.#running += 1;
      void this.parts.run(job).then((result) => {
        this.#running -= 1;
        this.#settle(job, result);
        this.#startWaiting();
        void this.#turn();
      });
    }
  }

  #settle(job: ClaimedJob, result: RunResult): void {
    this.#settlements.push({ job, settlement: settlementOf(job, result, this.parts.random, this.parts.clean) });
  }

  #schedulePoll(): void {
    this.#cancelPoll?.();
    if (this.#stopping) return;
    const later = (ms: number): void => {
      this.#cancelPoll = this.parts.clock.after(Math.max(1, Math.min(ms, this.options.pollMs)), () => this.wake());
    };
    later(this.options.pollMs);
    // Retries and delayed jobs fall due at a known moment: look then, not at the next poll.
    this.parts.store.system.nextDueInMs().then(
      (dueInMs) => {
        if (dueInMs === undefined || dueInMs >= this.options.pollMs || this.#stopping || this.#turning) return;
        this.#cancelPoll?.();
        later(dueInMs);
      },
      () => {},
    );
  }

  #scheduleExtend(): void {
    this.#cancelExtend = this.parts.clock.after(this.options.leaseMs / 3, () => {
      void this.#extend().finally(() => {
        if (!this.#stopping || this.#running > 0) this.#scheduleExtend();
      });
    });
  }

  async #extend(): Promise<void> {
    const ids = [...this.#held.keys()];
    if (ids.length === 0) return;
    try {
      await this.parts.store.system.turn({ settled: [], extend: { ids, leaseMs: this.options.leaseMs } });
    } catch (error) {
      this.parts.log('warn', 'leases could not be extended', { problem: String(error) });
    }
  }
}
