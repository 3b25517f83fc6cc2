/**
 * The inside of a handler thread: runs what it is told, sends every effect back to the main thread.
 *
 * @module
 */
import { begin, type BegunRuns } from './begun-runs.js';
import { readEvent, type StepRequest, type StepResult } from './context.js';
import { AppError } from '../core/errors.js';
import type { HandlerTable } from './handler.js';
import { invoke, thrown } from './in-process.js';
import type { RunResult } from './outcome.js';
import type { FromThread, ToThread } from './thread-protocol.js';

/** Serves runs until the thread is ended. @returns the listener for messages from the main thread. */
export function serveRuns(
  handlers: HandlerTable,
  begun: BegunRuns,
  post: (messages: FromThread[]) => void,
): (messages: ToThread[]) => void {
  const replies = new Map<number, (result: StepResult) => void>();
  let nextRequestId = 1;
  let outbox: FromThread[] = [];

  const say = (message: FromThread): void => {
    outbox.push(message);
    if (outbox.length > 1) return;
    queueMicrotask(() => {
      const messages = outbox;
      outbox = [];
      post(messages);
    });
  };

  const stepPort =
    (runId: number) =>
    (request: StepRequest): Promise<StepResult> =>
      new Promise((resolve) => {
        const requestId = nextRequestId++;
        replies.set(requestId, resolve);
        sayStep({ kind: 'step', runId, requestId, request });
      });

  /** An input that cannot be cloned into the main thread is the handler's mistake, and must not end the thread. */
  const sayStep = (message: Extract<FromThread, { kind: 'step' }>): void => {
    try {
      structuredClone(message.request);
      say(message);
    } catch (error) {
      const reply = replies.get(message.requestId);
      replies.delete(message.requestId);
      const problem = `it cannot be sent out of the handler: ${String(error)}`;
      reply?.({ kind: 'failed', error: new AppError('invalid_argument', { argument: 'input', problem }).view() });
    }
  };

  const run = async (message: Extract<ToThread, { kind: 'run' }>): Promise<RunResult> => {
    const handler = handlers.get(message.handler);
    if (handler === undefined || typeof handler.run !== 'function') {
      return thrown(new AppError('handler_missing', { handler: message.handler }));
    }
    // A stop is decided in the main thread, which ends the run there; this promise is then simply forgotten.
    return await invoke(
      () => readEvent(message.unread),
      handler.run,
      stepPort(message.runId),
      () => {},
    );
  };

  return (messages) => {
    for (const message of messages) {
      if (message.kind === 'ping') {
        say({ kind: 'pong' });
      } else if (message.kind === 'run') {
        if (!begin(begun, message.nth)) continue;
        void run(message).then((result) => say({ kind: 'ended', runId: message.runId, result }));
      } else {
        const reply = replies.get(message.requestId);
        replies.delete(message.requestId);
        reply?.(message.result);
      }
    }
  };
}
