/**
 * One handler thread as the pool sees it: the runs it was given, which of them it has begun, and whether it keeps up.
 *
 * @module
 */
import type { ClaimedJob } from '../core/job.js';
import type { ThreadHandle } from '../core/ports.js';
import { isAfter, lastBegun, takeBack, type BegunRuns } from './begun-runs.js';
import type { StepPort, UnreadEvent } from './context.js';
import { thrown } from './in-process.js';
import type { RunResult } from './outcome.js';
import type { ToThread } from './thread-protocol.js';

/** One job on its way through a thread. */
export interface Run {
  readonly runId: number;
  readonly job: ClaimedJob;
  readonly handler: string;
  readonly unread: UnreadEvent;
  readonly limitMs: number;
  readonly port: StepPort;
  readonly end: (result: RunResult) => void;
  /** Under suspicion: to have a thread to itself. */
  readonly alone: boolean;
}

interface GivenRun {
  run: Run;
  nth: number;
  cancelDeadline: () => void;
}

/** How much the newest look says about how far a thread is behind: half of what is known is as old as 14 looks. */
const LOOK_WEIGHT = 0.05;
const BEHIND = 0.8;

export class ThreadSeat {
  readonly #runs = new Map<number, GivenRun>();
  #outbox: ToThread[] = [];
  #given = 0;
  #givenAtLook = 0;
  #backlog = 0;
  /** When it was seen to have left a run lie from one look to the next; it has not answered since. */
  #stuckAtMs: number | undefined;
  /** A run under suspicion has the thread to itself. */
  #isReserved = false;
  ended = false;

  constructor(
    readonly thread: ThreadHandle,
    private readonly begun: BegunRuns,
    private readonly onUnsendable: (runId: number, result: RunResult) => void,
  ) {}

  get size(): number {
    return this.#runs.size;
  }

  get isStuck(): boolean {
    return this.#stuckAtMs !== undefined;
  }

  /** Blocked since before then by what a run left behind: no deadline ends that. */
  isLost(beforeMs: number): boolean {
    return this.size === 0 && this.#stuckAtMs !== undefined && this.#stuckAtMs < beforeMs;
  }

  /** Whether it takes a run that needs it to itself, or one beside others, `most` at a time. */
  takes(alone: boolean, most: number): boolean {
    return !this.#isReserved && !this.isStuck && this.size < (alone ? 1 : most);
  }

  runOf(runId: number): Run | undefined {
    return this.#runs.get(runId)?.run;
  }

  give(run: Run, cancelDeadline: () => void): void {
    const { runId, handler, unread, alone } = run;
    this.#given = (this.#given + 1) | 0;
    this.#isReserved = alone;
    this.#runs.set(runId, { run, nth: this.#given, cancelDeadline });
    this.post({ kind: 'run', runId, nth: this.#given, handler, unread });
  }

  /** Lets go of a run. */
  take(runId: number): Run | undefined {
    const given = this.#runs.get(runId);
    if (given === undefined) return undefined;
    this.#runs.delete(runId);
    this.#isReserved = false;
    given.cancelDeadline();
    return given.run;
  }

  /** Lets go of all runs. */
  takeAll(): Run[] {
    return [...this.#runs.keys()].map((runId) => this.take(runId)!);
  }

  /** It has said something. @returns whether that frees it. */
  answered(): boolean {
    const wasStuck = this.isStuck;
    this.#stuckAtMs = undefined;
    return wasStuck;
  }

  /**
   * To be asked every moment. What it was given before the last look and has not begun is taken back: its thread is
   * blocked, and is given no more until it answers. A thread that loads its configuration is waited for.
   *
   * @returns what was taken back, and whether more comes than it gets through
   */
  look(nowMs: number): { back: Run[]; isBehind: boolean } {
    const last = lastBegun(this.begun);
    const isLoaded = last !== 0;
    const lies = isLoaded && isAfter(this.#given, last);
    const isLate = isLoaded && isAfter(this.#givenAtLook, last);
    this.#givenAtLook = this.#given;
    this.#backlog += ((lies ? 1 : 0) - this.#backlog) * LOOK_WEIGHT;
    return { back: isLate ? this.#takeBack(nowMs) : [], isBehind: this.#backlog > BEHIND };
  }

  /** Messages of one moment travel together: a structured clone per batch, not per run. */
  post(message: ToThread): void {
    this.#outbox.push(message);
    if (this.#outbox.length > 1) return;
    queueMicrotask(() => {
      const messages = this.#outbox;
      this.#outbox = [];
      if (!this.ended) this.#send(messages);
    });
  }

  #takeBack(nowMs: number): Run[] {
    const last = takeBack(this.begun, this.#given);
    if (last === undefined) return [];
    this.#stuckAtMs = nowMs;
    this.post({ kind: 'ping' });
    const back: Run[] = [];
    for (const [runId, { nth }] of this.#runs) if (isAfter(nth, last)) back.push(this.take(runId)!);
    return back;
  }

  /** A message that cannot be cloned (too deep, a function in it) fails its own run and no other. */
  #send(messages: ToThread[]): void {
    try {
      this.thread.post(messages);
    } catch (error) {
      const [only, ...others] = messages;
      if (others.length > 0) for (const message of messages) this.#send([message]);
      else if (only !== undefined && 'runId' in only) this.onUnsendable(only.runId, thrown(error));
    }
  }
}
