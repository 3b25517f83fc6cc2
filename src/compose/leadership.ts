/**
 * Housekeeping is done by one process at a time: the sequencer with its file, retention. Where one process owns the
 * store it leads for good; where several share one, a lease in the store says who.
 *
 * A leader that was stopped for longer than its lease does no harm when it wakes up: the store gives each leaf its place
 * once and deletes by age, whoever asks.
 *
 * @module
 */
import type { Clock, Log } from '../core/ports.js';
import type { Store } from '../core/store.js';

const LEASE_MS = 10_000;
const RENEW_MS = 3_000;

export interface LeadershipParts {
  store: Pick<Store, 'leader'>;
  clock: Clock;
  log: Log;
  /** Names this process. */
  owner: string;
  /** Begins the housekeeping. */
  onGained: () => void;
  /** Ends it. Awaited before the lease is given back. */
  onLost: () => Promise<void>;
}

export class Leadership {
  #leads = false;
  #stopped = false;
  #cancel: (() => void) | undefined;
  #turn: Promise<void> = Promise.resolve();

  constructor(private readonly parts: LeadershipParts) {}

  /** Resolves when it is known whether we lead. */
  async start(): Promise<void> {
    await this.#renew();
  }

  /** @returns whether we led until now */
  async stop(): Promise<boolean> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#turn;
    const led = this.#leads;
    await this.#become(false);
    const { store, owner } = this.parts;
    if (led) await store.leader?.lead('housekeeping', owner, 0).catch(() => undefined);
    return led;
  }

  #renew(): Promise<void> {
    this.#turn = this.#ask().then(async (leads) => {
      if (this.#stopped) return;
      await this.#become(leads);
      if (this.parts.store.leader !== undefined)
        this.#cancel = this.parts.clock.after(RENEW_MS, () => void this.#renew());
    });
    return this.#turn;
  }

  /** A store that does not answer lets nobody lead: in doubt, somebody else does. */
  async #ask(): Promise<boolean> {
    const { store, owner, log } = this.parts;
    if (store.leader === undefined) return true;
    try {
      return (await store.leader.lead('housekeeping', owner, LEASE_MS)) !== undefined;
    } catch (error) {
      log('warn', 'the store does not say who does the housekeeping', { problem: String(error) });
      return false;
    }
  }

  async #become(leads: boolean): Promise<void> {
    if (leads === this.#leads) return;
    this.#leads = leads;
    if (leads) this.parts.onGained();
    else
      await this.parts
        .onLost()
        .catch((error: unknown) => this.parts.log('warn', 'housekeeping ended late', { problem: String(error) }));
  }
}
