/** Time as the client sees it, so that a test can own it. The one place here that touches the real one. @module */

export interface Clock {
  /** Milliseconds that never go backwards. */
  nowMs(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The clock of this machine. */
export const realClock: Clock = {
  // oxlint-disable-next-line no-restricted-globals
  nowMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      // oxlint-disable-next-line no-restricted-globals
      const timer = setTimeout(done, ms);
      function done(): void {
        // oxlint-disable-next-line no-restricted-globals
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      }
      signal?.addEventListener('abort', done, { once: true });
      if (signal?.aborted === true) done();
    }),
};
