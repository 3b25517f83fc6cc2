/** Deletes what is past its retention, in small steps while everything else goes on. @module */
import { announcePruning, type RecorderParts } from '../audit/index.js';
import { ENVIRONMENTS } from '../core/scope.js';
import type { Parts } from '../parts.js';

const EVERY_MS = 60_000;
const ROWS = 2_000;

export class RetentionClock {
  #cancel: (() => void) | undefined;
  #stopped = false;

  constructor(
    private readonly parts: Pick<Parts, 'config' | 'store' | 'clock' | 'log'>,
    private readonly recorder: RecorderParts,
  ) {}

  start(): void {
    this.#cancel = this.parts.clock.after(EVERY_MS, () => {
      void this.#prune()
        .catch((error: unknown) => this.parts.log('warn', 'retention could not run', { problem: String(error) }))
        .finally(() => this.#stopped || this.start());
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  /** The log says what is to go before it goes; otherwise a record that is gone is one that somebody took. */
  async #prune(): Promise<void> {
    const { config, store } = this.parts;
    for (const environment of ENVIRONMENTS) {
      await announcePruning(store, this.recorder, environment, config.retention.auditMs);
    }
    await store.system.prune(config.retention, ROWS);
  }
}
