/** Every few seconds: what a person agreed to and nobody has sent, and what nobody decided in time. @module */
import type { Clock, Log } from '../core/ports.js';

const ROUND_MS = 5_000;

export class ApprovalRound {
  #cancel: (() => void) | undefined;
  #running: Promise<unknown> = Promise.resolve();
  #isStopped = false;

  constructor(
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly settle: () => Promise<number>,
  ) {}

  /** The first round is at once: the process before may have fallen over in the middle. */
  start(): void {
    if (this.#isStopped) return;
    this.#running = this.settle()
      .catch((cause: unknown) => this.log('warn', 'approvals could not be looked after', { cause }))
      .finally(() => {
        if (!this.#isStopped) this.#cancel = this.clock.after(ROUND_MS, () => this.start());
      });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel?.();
    await this.#running;
  }
}
