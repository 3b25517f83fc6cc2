/**
 * Threads that are functions in this process, so that what a real one does can be written in a test.
 *
 * @module
 */
import { AppError } from '../core/errors.js';
import type { Clock, ThreadHandle, Threads } from '../core/ports.js';

/** The inside of a thread. */
export interface VirtualThread {
  data: unknown;
  /** Sends to whoever spawned it. */
  post(message: unknown): void;
  /** Ends the thread, as an uncaught error or a full heap does. */
  exit(reason: string): void;
}

/** Called once at the start; gives what happens for each message. */
export type ThreadProgram = (thread: VirtualThread) => (message: unknown) => void;

/**
 * `virtualThreads(clock, {'handler-thread': (thread) => (message) => thread.post(message)})`. Messages are copied and
 * arrive by the clock, never inside the call that sends them.
 */
export function virtualThreads(clock: Clock, programs: Readonly<Record<string, ThreadProgram>> = {}): Threads {
  return {
    spawn(entry, data) {
      const program = programs[entry];
      if (!program) throw new AppError('not_found', { what: 'thread program', id: entry });
      return start(clock, program, structuredClone(data));
    },
  };
}

function start(clock: Clock, run: ThreadProgram, data: unknown): ThreadHandle {
  const heard: ((message: unknown) => void)[] = [];
  const ended: ((reason: string) => void)[] = [];
  let alive = true;
  const later = (message: unknown, deliver: (copy: unknown) => void): void => {
    const copy: unknown = structuredClone(message);
    clock.after(0, () => deliver(copy));
  };
  const exit = (reason: string): void => {
    if (!alive) return;
    alive = false;
    clock.after(0, () => ended.forEach((listener) => listener(reason)));
  };
  const program = run({
    data,
    // What was sent before the end arrives.
    post: (message) => {
      if (alive) later(message, (copy) => heard.forEach((listener) => listener(copy)));
    },
    exit,
  });
  const receive = (copy: unknown): void => {
    if (alive) program(copy);
  };
  return {
    post: (message) => later(message, receive),
    onMessage: (listener) => void heard.push(listener),
    onExit: (listener) => void ended.push(listener),
    terminate: async () => exit('terminated'),
  };
}
