/**
 * Runs handlers in this process, with a deadline. Used for handlers given to the library, where the caller's own
 * process is the isolation, and by the simulation.
 *
 * @module
 */
import { isAppError } from '../core/errors.js';
import type { ClaimedJob } from '../core/job.js';
import type { Clock } from '../core/ports.js';
import {
  ActionError,
  createContext,
  handlerEvent,
  type HandlerEvent,
  type StepPort,
  type StopOutcome,
} from './context.js';
import type { Handler, HandlerFunction } from './handler.js';
import type { RunResult } from './outcome.js';

/** Runs one handler function once. Never throws. */
export async function runInProcess(
  job: ClaimedJob,
  handler: Handler & { run: HandlerFunction },
  body: Uint8Array | undefined,
  port: StepPort,
  clock: Clock,
): Promise<RunResult> {
  return await new Promise<RunResult>((resolve) => {
    const cancel = clock.after(handler.deadlineMs, () => resolve({ kind: 'timed_out', limitMs: handler.deadlineMs }));
    const end = (result: RunResult): void => {
      cancel();
      resolve(result);
    };
    void invoke(
      () => handlerEvent(job, body),
      handler.run,
      port,
      (outcome) => end({ kind: 'stopped', outcome }),
    ).then(end);
  });
}

/** Calls a handler and turns whatever it throws into a result. Also the heart of the handler thread. */
export async function invoke(
  event: () => HandlerEvent,
  run: HandlerFunction,
  port: StepPort,
  onStop: (outcome: StopOutcome) => void,
): Promise<RunResult> {
  try {
    await run(event(), createContext(port, onStop));
    return { kind: 'completed' };
  } catch (error) {
    return thrown(error);
  }
}

/** A thrown thing as plain data. Total: `error` may be anything, with getters that throw. */
export function thrown(error: unknown): RunResult {
  try {
    if (error instanceof ActionError) {
      const { name, message, view, retryAfterMs: waitMs } = error;
      return { kind: 'threw', name, message, view, ...(waitMs !== undefined && { waitMs }) };
    }
    if (isAppError(error)) return { kind: 'threw', name: error.name, message: error.message, view: error.view() };
    if (error instanceof Error) return { kind: 'threw', name: error.name, message: String(error.message) };
    return { kind: 'threw', name: typeof error, message: String(error) };
  } catch {
    return { kind: 'threw', name: 'unknown', message: 'a thrown value that cannot be shown' };
  }
}
