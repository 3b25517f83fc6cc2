/** Renews the tokens of connections that nobody uses, before they end. One process does it for all. @module */
import type { ConnectionBook } from '../auth/index.js';
import type { DueRenewal } from '../core/renewal.js';
import type { Parts } from '../parts.js';

const EVERY_MS = 5_000;
/** So many at a time: a provider that gets a storm of token requests refuses them. */
const AT_ONCE = 8;
const ROWS = 200;

export class RenewalClock {
  #cancel: (() => void) | undefined;
  #stopped = false;

  /** @param load the connections, which are loaded when the first is due */
  constructor(
    private readonly parts: Pick<Parts, 'store' | 'clock' | 'log'>,
    private readonly load: () => Promise<ConnectionBook>,
  ) {}

  start(): void {
    if (this.#stopped) return;
    this.#cancel = this.parts.clock.after(EVERY_MS, () => {
      void this.#run()
        .catch((error: unknown) => this.parts.log('warn', 'renewals could not run', { problem: String(error) }))
        .finally(() => this.start());
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  async #run(): Promise<void> {
    const due = await this.parts.store.system.dueRenewals(ROWS);
    if (due.length === 0) return;
    const { stored } = await this.load();
    const one = async (): Promise<void> => {
      for (let next = due.shift(); next !== undefined && !this.#stopped; next = due.shift())
        await this.#renew(stored, next);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, one));
  }

  async #renew(stored: ConnectionBook['stored'], { tenant, environment, connectionId }: DueRenewal): Promise<void> {
    const scope = { tenant, environment };
    const { log, store } = this.parts;
    try {
      // What was planned for a connection that then did not come about is forgotten.
      if (!(await stored.renewIdle(scope, connectionId))) await store.renewals.settle(scope, connectionId, {});
    } catch (error) {
      log('warn', 'a token could not be renewed by schedule', { connection: connectionId, problem: String(error) });
    }
  }
}
