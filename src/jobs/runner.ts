/**
 * Claims jobs in batches, runs them under a concurrency limit, settles what has ended together with the next claim.
 *
 * What ends while a turn is in flight is the next turn's settlements. Where much has ended meanwhile, and the store is
 * behind a network, that next one does not wait: a second turn goes beside the first, so that the store has work while
 * this process reads an answer, and the other way round. Memory is bounded by the prefetch: a backlog waits in the
 * store, not here. Leases are extended long before they end; where that came too late all the same (the machine slept),
 * what has not begun is given back and what runs is asked for again.
 *
 * A job that may have ended a process before begins only when its start is committed: it has its slot, and waits for
 * the next turn.
 *
 * @module
 */
import type { ClaimedJob, JobSettlement } from '../core/job.js';
import { isAppError } from '../core/errors.js';
import type { Clock, Log, Random } from '../core/ports.js';
import type { Store } from '../core/store.js';
import { HeldJobs, type HeldJob, type Lease, type Standing } from './held-jobs.js';
import { settlementOf, type RunResult } from './outcome.js';
import { Prefetch } from './prefetch.js';
import { WaitingJobs } from './waiting-jobs.js';

/** Runs one job to its end. Must not throw. */
export type RunJob = (job: ClaimedJob) => Promise<RunResult>;

export interface RunnerOptions {
  concurrency: number;
  leaseMs: number;
  /** Longest time between looks at the store when nothing wakes us. */
  pollMs: number;
  /** Time until the next look after one that found nothing; doubled each time, up to `pollMs`, its default. */
  pollFirstMs?: number;
  /** Names this process in leases. */
  owner: string;
  /** How long a job may be put off without a failure of its own, from when it fell due first. Default 24 h. */
  waitMaxMs?: number;
}

const WAIT_MAX_MS = 86_400_000;
const FAILED_TURN_DELAY_MS = 200;
/** Looks in a row that new jobs asked for and that found none: they are of paused queues, or others are quicker. */
const FRUITLESS_MAX = 4;
/** Between such looks from then on: events that come in all the time must not cost a turn each. */
const REST_MS = 50;
const RELEASED = { kind: 'released' } as const;

export interface RunnerParts {
  store: Store;
  clock: Clock;
  random: Random;
  log: Log;
  run: RunJob;
  /** Takes secrets out of what a failed job says. */
  clean: (text: string) => string;
  /** Where other processes may take this one for dead. */
  standing?: Standing;
  /** Told of every job that died, after the store has it. */
  onDead?: (job: ClaimedJob, error: string) => void;
}

interface Settled {
  job: ClaimedJob;
  settlement: JobSettlement;
}

export class JobRunner {
  readonly #waiting = new WaitingJobs();
  /** With a slot, and no leave to begin yet. */
  #starting: HeldJob[] = [];
  readonly #held: HeldJobs;
  readonly #prefetch: Prefetch;
  #running = 0;
  #settlements: Settled[] = [];
  #turning = false;
  /** A second turn is under way. */
  #isBeside = false;
  /** The turn under way extends leases: of jobs that another turn must not settle at the same time. */
  #isExtending = false;
  /** The store could not be reached: until it can, one turn at a time knocks. */
  #isRefused = false;
  /** How many jobs the turns under way may bring. */
  #claiming = 0;
  #turnMs = 0;
  #woken = false;
  /** Woken because there are jobs, and not because time has passed. */
  #asked = false;
  #fruitless = 0;
  #cancelRest: (() => void) | undefined;
  #stopping = false;
  #looksAtLeases = false;
  /** Until the next look, if this one finds nothing. */
  #lookMs: number;
  #cancelPoll: (() => void) | undefined;
  #cancelLook: (() => void) | undefined;
  #idle: (() => void)[] = [];

  constructor(
    private readonly parts: RunnerParts,
    private readonly options: RunnerOptions,
  ) {
    this.#held = new HeldJobs(parts.clock, parts.standing);
    this.#lookMs = options.pollFirstMs ?? options.pollMs;
    this.#prefetch = new Prefetch(options.concurrency, parts.clock.monotonicMs());
  }

  start(): void {
    this.#scheduleLook();
    this.wake();
  }

  /** Something may be due: look now instead of at the next poll. */
  wake(): void {
    this.#asked = true;
    this.#look();
  }

  #look(): void {
    this.#woken = true;
    // A turn under way looks again at its end; every accepted event calls this.
    if (!this.#turning && this.#cancelRest === undefined) void this.#turn();
  }

  /** Jobs held by this process, running or waiting for a slot, or asked for. */
  get held(): number {
    return this.#held.size + this.#claiming;
  }

  /** Claims nothing more; gives back what has not started; resolves when all that runs has ended and is settled. */
  async drain(): Promise<void> {
    this.#stopping = true;
    this.#cancelPoll?.();
    this.#cancelRest?.();
    this.#giveBack(() => true);
    for (const { job } of this.#starting.splice(0)) this.#giveUpSlot(job);
    void this.#turn();
    if (!this.#isIdle()) await new Promise<void>((resolve) => this.#idle.push(resolve));
    // Until here what still ran kept its lease.
    this.#cancelLook?.();
  }

  #isIdle(): boolean {
    return this.#running === 0 && this.#settlements.length === 0 && !this.#turning && !this.#isBeside;
  }

  async #turn(): Promise<void> {
    if (this.#turning) return await this.#turnBeside();
    this.#turning = true;
    try {
      while (this.#wantsTurn()) {
        const ageing = this.#ageing();
        this.#isExtending = ageing.length > 0;
        await this.#turnOnce(ageing, this.#takeStarting());
      }
    } finally {
      this.#turning = false;
    }
    this.#goOn();
  }

  /**
   * Settles and claims, no more: a row that both turns wrote could make each wait for the other. Only where a turn goes
   * over a network: a store in this process takes one group after the other all the same.
   */
  async #turnBeside(): Promise<void> {
    if (!this.parts.store.capabilities.concurrentWriters) return;
    if (this.#isBeside || this.#isExtending || this.#isRefused || !this.#isWorthTurn()) return;
    this.#isBeside = true;
    try {
      await this.#turnOnce([], []);
    } finally {
      this.#isBeside = false;
    }
    this.#goOn();
  }

  #goOn(): void {
    if (this.#isIdle()) for (const resolve of this.#idle.splice(0)) resolve();
    else if (this.#wantsTurn()) void this.#turn();
  }

  /** How many more jobs to claim. */
  #room(): number {
    if (this.#stopping || !this.#held.mayClaim) return 0;
    return this.#prefetch.room(this.#held.size, this.#held.bytes, this.#claiming);
  }

  #wantsTurn(): boolean {
    if (this.#starting.length > 0 || this.#looksAtLeases) return true;
    if (this.#isBeside) return this.#isWorthTurn();
    if (this.#settlements.length > 0) return true;
    return this.#woken && this.#cancelRest === undefined && this.#room() > 0;
  }

  /** While another turn is under way, that is: what is too little for a commit of its own waits for that one's end. */
  #isWorthTurn(): boolean {
    return this.#settlements.length >= this.#prefetch.worthTurn;
  }

  async #turnOnce(ageing: readonly HeldJob[], starting: readonly HeldJob[]): Promise<void> {
    const { clock, store } = this.parts;
    const { leaseMs, owner } = this.options;
    const settlements = this.#settlements;
    this.#settlements = [];
    const startedAtMs = clock.monotonicMs();
    this.#prefetch.note(settlements.length, this.#turnMs, startedAtMs);
    for (const { job } of settlements) this.#held.remove(job);
    const limit = this.#room();
    const asked = limit > 0 && this.#asked;
    if (limit > 0) this.#woken = this.#asked = false;
    this.#looksAtLeases = false;
    if (settlements.length + starting.length + ageing.length + limit === 0) return;
    const lease = this.#held.lease(leaseMs);
    this.#claiming += limit;
    try {
      const { claimed, refused } = await store.system.turn({
        settled: settlements.map(({ settlement }) => settlement),
        ...(starting.length > 0 ? { start: starting.map(claimOf) } : {}),
        ...(limit > 0 ? { claim: { limit, leaseMs, owner } } : {}),
        ...(ageing.length > 0 ? { extend: { jobs: ageing.map(claimOf), leaseMs } } : {}),
      });
      this.#claiming -= limit;
      this.#isRefused = false;
      this.#turnMs = clock.monotonicMs() - startedAtMs;
      for (const held of ageing) held.lease = lease;
      this.#report(settlements, refused);
      this.#startGranted(starting, refused);
      for (const job of claimed) this.#take(job, lease);
      if (claimed.length > 0) this.#foundJobs();
      else if (limit > 0) this.#foundNone(asked);
      this.#startWaiting();
    } catch (error) {
      this.#claiming -= limit;
      this.#turnFailed(settlements, starting, error);
      await clock.sleep(FAILED_TURN_DELAY_MS);
    }
  }

  /** What has lost a third of its lease and needs another. What waits beyond its end is not ours any more. */
  #ageing(): HeldJob[] {
    const ageing = this.#held.endingWithin((this.options.leaseMs * 2) / 3);
    if (ageing.length > 0) this.#giveBack(({ lease }) => this.#held.isOver(lease));
    return ageing;
  }

  /** A lease may have ended while we worked; the claim that replaced ours settles the job then. */
  #report(settlements: readonly Settled[], refused: readonly string[]): void {
    const late = new Set(refused);
    for (const { job, settlement } of settlements) {
      if (late.has(job.id))
        this.parts.log('warn', 'a job was settled too late and belongs to another claim', { job: job.id });
      else if (settlement.outcome === 'dead') this.parts.onDead?.(job, settlement.error);
    }
  }

  /** The store refused the turn: what has ended is told again, for it did happen. */
  #turnFailed(settlements: readonly Settled[], starting: readonly HeldJob[], error: unknown): void {
    if (isAppError(error, 'store_unavailable') || this.#stopping) {
      this.parts.log('error', 'the queue could not reach the store', { problem: String(error) });
    } else {
      this.parts.log('error', 'a turn of the queue failed', { problem: String(error) });
    }
    this.#isRefused = true;
    if (this.#stopping) {
      for (const { job } of starting) this.#giveUpSlot(job);
    } else {
      this.#settlements.unshift(...settlements);
      this.#starting.unshift(...starting);
    }
    this.#woken = true;
    this.#looksAtLeases = !this.#stopping;
  }

  #take(job: ClaimedJob, lease: Lease): void {
    const held = this.#held.add(job, lease);
    if (this.#stopping) this.#settle(job, RELEASED);
    else this.#waiting.push(held);
  }

  #giveBack(isWanted: (held: HeldJob) => boolean): void {
    for (const { job } of this.#waiting.takeOut(isWanted)) this.#settle(job, RELEASED);
  }

  /** What asks for its start in this turn; what waited beyond the end of its lease is not ours any more. */
  #takeStarting(): HeldJob[] {
    const starting: HeldJob[] = [];
    for (const held of this.#starting.splice(0)) {
      if (this.#held.isOver(held.lease)) this.#giveUpSlot(held.job);
      else starting.push(held);
    }
    return starting;
  }

  #startGranted(starting: readonly HeldJob[], refused: readonly string[]): void {
    const late = new Set(refused);
    for (const { job, lease } of starting) {
      if (late.has(job.id)) {
        this.#running -= 1;
        this.#held.remove(job);
      } else if (this.#stopping || this.#held.isOver(lease)) this.#giveUpSlot(job);
      else this.#start(job);
    }
  }

  #giveUpSlot(job: ClaimedJob): void {
    this.#running -= 1;
    this.#settle(job, RELEASED);
  }

  #startWaiting(): void {
    while (this.#running < this.options.concurrency) {
      const held = this.#waiting.shift();
      if (held === undefined) return;
      const { job, lease } = held;
      if (this.#held.isOver(lease)) {
        this.#settle(job, RELEASED);
        continue;
      }
      this.#running += 1;
      if (job.ahead === true) this.#starting.push(held);
      else this.#start(job);
    }
  }

  /** In the slot it has. */
  #start(job: ClaimedJob): void {
    void this.parts.run(job).then((result) => {
      this.#running -= 1;
      this.#settle(job, result);
      this.#startWaiting();
      void this.#turn();
    });
  }

  #settle(job: ClaimedJob, result: RunResult): void {
    this.#settlements.push({ job, settlement: this.#ending(job, result) });
  }

  #ending(job: ClaimedJob, result: RunResult): JobSettlement {
    const { clock, random, clean } = this.parts;
    const { waitMaxMs = WAIT_MAX_MS } = this.options;
    return settlementOf(job, result, { random, clean, nowMs: clock.nowMs(), waitMaxMs });
  }

  #foundJobs(): void {
    const { pollMs, pollFirstMs = pollMs } = this.options;
    this.#lookMs = pollFirstMs;
    this.#fruitless = 0;
    this.#woken = true;
  }

  #foundNone(asked: boolean): void {
    this.#schedulePoll();
    if (asked) this.#fruitless += 1;
    if (this.#fruitless < FRUITLESS_MAX || this.#cancelRest !== undefined || this.#stopping) return;
    this.#cancelRest = this.parts.clock.after(REST_MS, () => {
      this.#cancelRest = undefined;
      if (this.#woken) void this.#turn();
      // Nobody asked meanwhile: who asks next is answered at once.
      else this.#fruitless = 0;
    });
  }

  #schedulePoll(): void {
    this.#cancelPoll?.();
    if (this.#stopping) return;
    const lookMs = this.#lookMs;
    this.#lookMs = Math.min(this.options.pollMs, lookMs * 2);
    const later = (ms: number): void => {
      this.#cancelPoll = this.parts.clock.after(Math.max(1, Math.min(ms, lookMs)), () => this.#look());
    };
    later(lookMs);
    // Retries and delayed jobs fall due at a known moment: look then, not at the next poll.
    this.parts.store.system.nextDueInMs().then(
      (dueInMs) => {
        if (dueInMs === undefined || dueInMs >= lookMs || this.#stopping || this.#turning) return;
        this.#cancelPoll?.();
        later(dueInMs);
      },
      () => {},
    );
  }

  #scheduleLook(): void {
    this.#cancelLook = this.parts.clock.after(this.options.leaseMs / 3, () => {
      this.#looksAtLeases = true;
      void this.#turn();
      this.#scheduleLook();
    });
  }
}

function claimOf({ job: { id, fence } }: HeldJob): { id: string; fence: number } {
  return { id, fence };
}
