/**
 * Runs handlers in worker threads: a deadline that holds even against an endless loop, a heap limit, an empty
 * environment. When a thread has to be ended for one run, the other runs in it are given back uncounted. A run that
 * was in a thread which died by itself is tried alone next time: dying alone is what proves its guilt.
 *
 * @module
 */
import type { ClaimedJob } from '../core/job.js';
import type { Clock, Log, ThreadHandle, Threads } from '../core/ports.js';
import { unreadEvent, type StepPort } from './context.js';
import type { Handler } from './handler.js';
import { thrown } from './in-process.js';
import type { RunResult } from './outcome.js';
import type { FromThread, ThreadStart, ToThread } from './thread-protocol.js';

interface Run {
  job: ClaimedJob;
  port: StepPort;
  limitMs: number;
  end: (result: RunResult) => void;
  cancelDeadline: () => void;
}

interface Seat {
  thread: ThreadHandle;
  runs: Map<number, Run>;
  outbox: ToThread[];
  /** Set while a run under suspicion has the thread to itself. */
  alone: boolean;
  ended: boolean;
}

export interface ThreadPoolOptions {
  threads: number;
  heapMb: number;
  /** Runs in one thread at a time. */
  runsPerThread: number;
  /** What each thread is started with. */
  start: ThreadStart;
}

const ENTRY = 'handler-thread';
/** Little lives longer than its run; with V8's default each thread takes 40 MB more for the same work. */
const YOUNG_MB = 6;
const SUSPECTS_MAX = 1_000;

export class ThreadPool {
  readonly #seats: Seat[] = [];
  readonly #queue: { run: Run; message: ToThread; runId: number; alone: boolean }[] = [];
  readonly #suspects = new Set<string>();
  #nextRunId = 1;
  #closed = false;

  constructor(
    private readonly parts: { threads: Threads; clock: Clock; log: Log },
    private readonly options: ThreadPoolOptions,
  ) {}

  /** Runs one job to its end. Never throws. */
  run(job: ClaimedJob, handler: Handler, body: Uint8Array | undefined, port: StepPort): Promise<RunResult> {
    return new Promise((resolve) => {
      const runId = this.#nextRunId++;
      try {
        const message: ToThread = { kind: 'run', runId, handler: handler.name, unread: unreadEvent(job, body) };
        const run: Run = { job, port, limitMs: handler.deadlineMs, end: resolve, cancelDeadline: () => {} };
        this.#queue.push({ run, message, runId, alone: this.#suspects.has(job.id) });
        this.#fill();
      } catch (error) {
        resolve(thrown(error));
      }
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { run } of this.#queue.splice(0)) run.end({ kind: 'released' });
    await Promise.all(this.#seats.splice(0).map((seat) => seat.thread.terminate()));
  }

  #fill(): void {
    while (this.#queue.length > 0 && !this.#closed) {
      const seat = this.#seatFor(this.#queue[0]!.alone);
      if (seat === undefined) return;
      const { run, message, runId, alone } = this.#queue.shift()!;
      seat.alone = alone;
      seat.runs.set(runId, run);
      run.cancelDeadline = this.parts.clock.after(run.limitMs, () => this.#overdue(seat, runId));
      this.#post(seat, message);
    }
  }

  #seatFor(alone: boolean): Seat | undefined {
    const free = this.#seats.filter((seat) => !seat.ended && !seat.alone);
    const best = free.toSorted((a, b) => a.runs.size - b.runs.size)[0];
    if (best !== undefined && best.runs.size === 0) return best;
    if (this.#seats.length < this.options.threads) return this.#open();
    if (alone || best === undefined) return undefined;
    return best.runs.size < this.options.runsPerThread ? best : undefined;
  }

  #open(): Seat {
    const thread = this.parts.threads.spawn(ENTRY, this.options.start, {
      heapMb: this.options.heapMb,
      youngMb: YOUNG_MB,
    });
    const seat: Seat = { thread, runs: new Map(), outbox: [], alone: false, ended: false };
    this.#seats.push(seat);
    thread.onMessage((messages) => {
      for (const message of messages as FromThread[]) this.#hear(seat, message);
    });
    thread.onExit((reason) => this.#ended(seat, reason));
    return seat;
  }

  /** Messages of one moment travel together: a structured clone per batch, not per run. */
  #post(seat: Seat, message: ToThread): void {
    seat.outbox.push(message);
    if (seat.outbox.length > 1) return;
    queueMicrotask(() => {
      const messages = seat.outbox;
      seat.outbox = [];
      if (!seat.ended) this.#send(seat, messages);
    });
  }

  /** A message that cannot be cloned (too deep, a function in it) fails its own run and no other. */
  #send(seat: Seat, messages: ToThread[]): void {
    try {
      seat.thread.post(messages);
    } catch (error) {
      if (messages.length === 1) return this.#finish(seat, messages[0]!.runId, thrown(error));
      for (const message of messages) this.#send(seat, [message]);
    }
  }

  #hear(seat: Seat, message: FromThread): void {
    if (message.kind === 'failed_to_start') this.#failedToStart(seat, message.problem);
    else if (message.kind === 'ended') this.#finish(seat, message.runId, message.result);
    else void this.#step(seat, message);
  }

  async #step(seat: Seat, message: Extract<FromThread, { kind: 'step' }>): Promise<void> {
    const run = seat.runs.get(message.runId);
    if (run === undefined) return;
    const result = await run.port(message.request);
    if (!seat.runs.has(message.runId)) return;
    if (result.kind === 'stop') return this.#finish(seat, message.runId, { kind: 'stopped', outcome: result.outcome });
    this.#post(seat, { kind: 'reply', runId: message.runId, requestId: message.requestId, result });
  }

  #finish(seat: Seat, runId: number, result: RunResult): void {
    const run = seat.runs.get(runId);
    if (run === undefined) return;
    seat.runs.delete(runId);
    seat.alone = false;
    run.cancelDeadline();
    this.#suspects.delete(run.job.id);
    run.end(result);
    this.#fill();
  }

  #overdue(seat: Seat, runId: number): void {
    const run = seat.runs.get(runId);
    if (run === undefined || seat.ended) return;
    this.parts.log('warn', 'a handler did not end in time; its thread is replaced', {
      job: run.job.id,
      handler: run.job.queue,
    });
    this.#discard(seat);
    for (const [id, neighbour] of seat.runs) {
      neighbour.cancelDeadline();
      neighbour.end(id === runId ? { kind: 'timed_out', limitMs: run.limitMs } : { kind: 'released' });
    }
    seat.runs.clear();
    void seat.thread.terminate();
    this.#fill();
  }

  /** The thread died by itself: out of memory, or process.exit() in a handler. */
  #ended(seat: Seat, reason: string): void {
    if (seat.ended) return;
    this.#discard(seat);
    const guilty = seat.runs.size === 1;
    for (const run of seat.runs.values()) {
      run.cancelDeadline();
      if (!guilty && this.#suspects.size < SUSPECTS_MAX) this.#suspects.add(run.job.id);
      run.end(guilty ? { kind: 'crashed', reason: `the handler's thread ended: ${reason}` } : { kind: 'released' });
    }
    seat.runs.clear();
    this.#fill();
  }

  /** The configuration loaded in the main thread but not here: nothing of it can run. */
  #failedToStart(seat: Seat, problem: string): void {
    this.#discard(seat);
    this.parts.log('error', 'the handlers could not be loaded in a thread', { problem });
    for (const run of seat.runs.values()) {
      run.cancelDeadline();
      run.end({ kind: 'crashed', reason: `the configuration did not load in the handler's thread: ${problem}` });
    }
    seat.runs.clear();
    void seat.thread.terminate();
  }

  #discard(seat: Seat): void {
    seat.ended = true;
    const at = this.#seats.indexOf(seat);
    if (at >= 0) this.#seats.splice(at, 1);
  }
}
