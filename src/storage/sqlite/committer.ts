/**
 * Group commit: the verbs of a group become one transaction, and nobody hears of success before its COMMIT returned.
 *
 * Fail-stop: after a failed write or fsync the kernel may have dropped what it could not write, and a second fsync may
 * say "done" about nothing. So the first such error ends this store; a restart recovers from the log. A full disk is
 * not such an error: the group is rolled back and the next one may succeed.
 *
 * @module
 */
import { AppError, isAppError } from '../../core/errors.js';
import { asStoreError, failureOf, type Failure } from './engine-binding.js';
import type { Engine } from './engine.js';
import type { VerbCall } from './verb-lanes.js';
import { runVerb as runHere } from './verbs.js';

export type Outcome = { ok: true; value: unknown } | { ok: false; error: unknown };

/**
 * The log is copied into the file when it holds this many pages (4 KiB each) and nobody waits ... All writes wait
 * meanwhile, and a log that is written over again is synced three times as fast as one that still grows (64 MiB of it
 * made an event take 40 us longer, with one stop of 170 ms in place of eight of 40).
 */
const CHECKPOINT_PAGES_IDLE = 1_024;
/** ... or when it holds this many. */
const CHECKPOINT_PAGES = 2_048;
/** How many groups go by between two looks at the log. */
const GROUPS_PER_LOOK = 16;

export class Committer {
  #stopped: unknown;
  #groups = 0;

  constructor(
    readonly engine: Engine,
    /** Called once, when the store can no longer be trusted with writes. */
    readonly onFatal: (error: unknown) => void,
    readonly runVerb: (engine: Engine, call: VerbCall) => unknown = runHere,
  ) {}

  /** Runs a group in the order of its verbs. Every outcome is final: committed and synced, or not there at all. */
  run(nowMs: number, calls: readonly VerbCall[]): Outcome[] {
    if (this.#stopped !== undefined) return rejectAll(calls, this.#stopped);
    this.engine.setNow(nowMs);
    const first = this.#attempt(() => calls.map((call) => succeed(this.runVerb(this.engine, call))));
    if (first.kind === 'committed') return first.outcomes;
    if (first.kind === 'failed') return rejectAll(calls, first.error);
    // One verb failed half-way, perhaps: the same group again, each verb so that it fails alone.
    const second = this.#attempt(() => calls.map((call) => this.#guarded(call)));
    return second.kind === 'committed' ? second.outcomes : rejectAll(calls, second.error);
  }

  /** Between two groups: keeps the log short. */
  maintain(isIdle: boolean): void {
    this.#groups += 1;
    if (this.#stopped !== undefined || this.#groups % GROUPS_PER_LOOK !== 0) return;
    try {
      const { log } = this.engine.sql.one<{ log: number }>('pragma wal_checkpoint(noop)')!;
      if (log > (isIdle ? CHECKPOINT_PAGES_IDLE : CHECKPOINT_PAGES))
        this.engine.sql.exec('pragma wal_checkpoint(passive)');
    } catch (error) {
      if (isFatal(failureOf(error))) this.#stop(asStoreError(error, this.engine.path));
    }
  }

  #attempt(run: () => Outcome[]): Attempt {
    const { engine } = this;
    try {
      engine.begin();
      const outcomes = run();
      engine.commit();
      return { kind: 'committed', outcomes };
    } catch (error) {
      const failure = failureOf(error);
      const reason = asStoreError(error, engine.path);
      if (isFatal(failure)) {
        this.#stop(reason);
        return { kind: 'failed', error: reason };
      }
      engine.rollback();
      if (failure === 'bug') return { kind: 'refused', error: reason };
      return { kind: 'failed', error: unavailable(reason) };
    }
  }

  #guarded(call: VerbCall): Outcome {
    try {
      return succeed(this.engine.guarded(() => this.runVerb(this.engine, call)));
    } catch (error) {
      if (failureOf(error) !== 'bug') throw error;
      return { ok: false, error };
    }
  }

  #stop(reason: unknown): void {
    this.#stopped = isAppError(reason, 'store_corrupt') ? reason : unavailable(reason);
    try {
      this.engine.rollback();
    } catch {
      // The connection is beyond help; the next owner recovers from the log.
    }
    this.onFatal(this.#stopped);
  }
}

type Attempt =
  | { kind: 'committed'; outcomes: Outcome[] }
  /** The whole group came to nothing, and would again. */
  | { kind: 'failed'; error: unknown }
  /** One of the verbs threw. */
  | { kind: 'refused'; error: unknown };

function isFatal(failure: Failure): boolean {
  return failure === 'io' || failure === 'corrupt';
}

function succeed(value: unknown): Outcome {
  return { ok: true, value };
}

function rejectAll(calls: readonly VerbCall[], error: unknown): Outcome[] {
  return calls.map(() => ({ ok: false, error }));
}

function unavailable(error: unknown): unknown {
  if (isAppError(error, 'store_unavailable')) return error;
  return new AppError('store_unavailable', { problem: (error as Error).message }, { cause: error });
}
