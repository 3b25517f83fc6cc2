/**
 * Runs handlers in worker threads: a deadline that holds even against an endless loop, a heap limit, an empty
 * environment. When a thread has to be ended for one run, the other runs in it are given back uncounted. A run that
 * was in a thread which died by itself is tried alone next time: dying alone is what proves its guilt.
 *
 * A thread takes 15 to 20 MB, and one gets through what most servers have to do. Others start when they are needed: when
 * one is blocked by a handler, or behind, or a run needs one to itself.
 *
 * @module
 */
import type { ClaimedJob } from '../core/job.js';
import type { Clock, Log, Threads } from '../core/ports.js';
import { noneBegun } from './begun-runs.js';
import { unreadEvent, type StepPort } from './context.js';
import type { Handler } from './handler.js';
import { thrown } from './in-process.js';
import type { RunResult } from './outcome.js';
import type { FromThread, ThreadStart } from './thread-protocol.js';
import { ThreadSeat, type Run } from './thread-seat.js';

export interface ThreadPoolOptions {
  /** At most. */
  threads: number;
  heapMb: number;
  /** Runs in one thread at a time. */
  runsPerThread: number;
  /** What each thread is started with. */
  start: Omit<ThreadStart, 'begun'>;
}

const ENTRY = 'handler-thread';
/** Little lives longer than its run; with V8's default each thread takes 40 MB more for the same work. */
const YOUNG_MB = 6;
const SUSPECTS_MAX = 1_000;
/** A thread that leaves a run lie for one to two of these is blocked. */
const LOOK_MS = 25;
/** A thread more than the work needs goes after this, and one that is blocked without a run. */
const SPARE_MS = 10_000;

export class ThreadPool {
  readonly #seats: ThreadSeat[] = [];
  readonly #queue: Run[] = [];
  readonly #suspects = new Set<string>();
  #nextRunId = 1;
  /** When one thread more would have helped. */
  #shortAtMs = -Infinity;
  #cancelLook: (() => void) | undefined;
  #closed = false;

  constructor(
    private readonly parts: { threads: Threads; clock: Clock; log: Log },
    private readonly options: ThreadPoolOptions,
  ) {}

  /** Runs one job to its end. Never throws. */
  run(job: ClaimedJob, handler: Handler, body: Uint8Array | undefined, port: StepPort): Promise<RunResult> {
    return new Promise((resolve) => {
      try {
        this.#queue.push({
          runId: this.#nextRunId++,
          job,
          handler: handler.name,
          unread: unreadEvent(job, body),
          limitMs: handler.deadlineMs,
          port,
          end: resolve,
          alone: this.#suspects.has(job.id),
        });
        this.#fill();
      } catch (error) {
        resolve(thrown(error));
      }
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelLook?.();
    for (const run of this.#queue.splice(0)) run.end({ kind: 'released' });
    await Promise.all(this.#seats.splice(0).map((seat) => seat.thread.terminate()));
  }

  #fill(): void {
    while (this.#queue.length > 0 && !this.#closed) {
      const run = this.#queue[0]!;
      const seat = this.#seatFor(run);
      if (seat === undefined) break;
      this.#queue.shift();
      seat.give(
        run,
        this.parts.clock.after(run.limitMs, () => this.#overdue(seat, run)),
      );
    }
    this.#lookLater();
  }

  /** The first thread has all the work, so that the others can end, unless that was too much for it lately. */
  #seatFor({ alone }: Run): ThreadSeat | undefined {
    const free = this.#seats.filter((seat) => seat.takes(alone, this.options.runsPerThread));
    if (free.length === 0) return this.#openOne();
    return this.#isShort() ? free.toSorted((a, b) => a.size - b.size)[0] : free[0];
  }

  /** One thread more, where there may be. */
  #openOne(): ThreadSeat | undefined {
    this.#shortAtMs = this.parts.clock.monotonicMs();
    return this.#seats.length < this.options.threads ? this.#open() : undefined;
  }

  #isShort(): boolean {
    return this.parts.clock.monotonicMs() - this.#shortAtMs < SPARE_MS;
  }

  #open(): ThreadSeat {
    const begun = noneBegun();
    const thread = this.parts.threads.spawn(ENTRY, { ...this.options.start, begun } satisfies ThreadStart, {
      heapMb: this.options.heapMb,
      youngMb: YOUNG_MB,
    });
    const seat = new ThreadSeat(thread, begun, (runId, result) => this.#finish(seat, runId, result));
    this.#seats.push(seat);
    thread.onMessage((messages) => {
      const isFreed = seat.answered();
      for (const message of messages as FromThread[]) this.#hear(seat, message);
      if (isFreed) this.#fill();
    });
    thread.onExit((reason) => this.#ended(seat, reason));
    return seat;
  }

  #lookLater(): void {
    if (this.#cancelLook !== undefined || this.#closed) return;
    if (this.#seats.length < 2 && !this.#seats.some(({ size, isStuck }) => size > 0 || isStuck)) return;
    this.#cancelLook = this.parts.clock.after(LOOK_MS, () => {
      this.#cancelLook = undefined;
      this.#look();
    });
  }

  /** What a blocked thread has not begun goes to others; who has too much gets help; who is not needed any more goes. */
  #look(): void {
    const nowMs = this.parts.clock.monotonicMs();
    for (const seat of this.#seats) {
      const { back, isBehind } = seat.look(nowMs);
      this.#queue.unshift(...back);
      if (isBehind) this.#openOne();
    }
    const useless = this.#lost(nowMs) ?? this.#spare();
    if (useless !== undefined) this.#end(useless);
    this.#fill();
  }

  #lost(nowMs: number): ThreadSeat | undefined {
    const lost = this.#seats.find((seat) => seat.isLost(nowMs - SPARE_MS));
    if (lost !== undefined)
      this.parts.log('warn', 'what a handler left behind when it ended blocks its thread, which is replaced');
    return lost;
  }

  #spare(): ThreadSeat | undefined {
    if (this.#isShort()) return undefined;
    const [, ...others] = this.#seats.filter(({ isStuck }) => !isStuck);
    return others.find(({ size }) => size === 0);
  }

  #hear(seat: ThreadSeat, message: FromThread): void {
    if (message.kind === 'failed_to_start') this.#failedToStart(seat, message.problem);
    else if (message.kind === 'ended') this.#finish(seat, message.runId, message.result);
    else if (message.kind === 'step') void this.#step(seat, message);
  }

  async #step(seat: ThreadSeat, message: Extract<FromThread, { kind: 'step' }>): Promise<void> {
    const run = seat.runOf(message.runId);
    if (run === undefined) return;
    const result = await run.port(message.request);
    if (seat.runOf(message.runId) !== run) return;
    if (result.kind === 'stop') return this.#finish(seat, message.runId, { kind: 'stopped', outcome: result.outcome });
    seat.post({ kind: 'reply', runId: message.runId, requestId: message.requestId, result });
  }

  #finish(seat: ThreadSeat, runId: number, result: RunResult): void {
    const run = seat.take(runId);
    if (run === undefined) return;
    this.#suspects.delete(run.job.id);
    run.end(result);
    this.#fill();
  }

  #overdue(seat: ThreadSeat, overdue: Run): void {
    this.parts.log('warn', 'a handler did not end in time; its thread is replaced', {
      job: overdue.job.id,
      handler: overdue.handler,
    });
    for (const run of this.#end(seat)) {
      run.end(run === overdue ? { kind: 'timed_out', limitMs: run.limitMs } : { kind: 'released' });
    }
    this.#fill();
  }

  /** The thread died by itself: out of memory, or process.exit() in a handler. */
  #ended(seat: ThreadSeat, reason: string): void {
    if (seat.ended) return;
    const runs = this.#end(seat);
    const guilty = runs.length === 1;
    for (const run of runs) {
      if (!guilty && this.#suspects.size < SUSPECTS_MAX) this.#suspects.add(run.job.id);
      run.end(guilty ? { kind: 'crashed', reason: `the handler's thread ended: ${reason}` } : { kind: 'released' });
    }
    this.#fill();
  }

  /** The configuration loaded in the main thread but not here: nothing of it can run. */
  #failedToStart(seat: ThreadSeat, problem: string): void {
    this.parts.log('error', 'the handlers could not be loaded in a thread', { problem });
    for (const run of this.#end(seat)) {
      run.end({ kind: 'crashed', reason: `the configuration did not load in the handler's thread: ${problem}` });
    }
  }

  /** @returns the runs it had */
  #end(seat: ThreadSeat): Run[] {
    seat.ended = true;
    const at = this.#seats.indexOf(seat);
    if (at >= 0) this.#seats.splice(at, 1);
    void seat.thread.terminate();
    return seat.takeAll();
  }
}
