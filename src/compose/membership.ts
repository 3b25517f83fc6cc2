/**
 * This process as a node among others: lets itself be heard, knows how many there are, and knows when it may be taken
 * for dead. Where one process owns the store it is heard once, and lives for as long as it runs.
 *
 * A node that was stopped for longer than its lease may have lost its jobs to others. It begins none of those it still
 * holds until it was heard again; and if it was taken out meanwhile, it stands anew, and they are not its own.
 *
 * @module
 */
import { hasDuty, NODE_BEAT_MS, NODE_LEASE_MS, type Beat, type NewNode } from '../core/node.js';
import type { Clock, Log } from '../core/ports.js';
import type { Store } from '../core/store.js';

export interface MembershipParts {
  store: Pick<Store, 'nodes' | 'capabilities'>;
  clock: Clock;
  log: Log;
  node: NewNode;
  /** Called when what is claimed from now on is ours: at the start, and after a silence. */
  onHeard?: () => void;
}

export class Membership {
  #live: Beat['live'] | undefined;
  /** Counts how often we were taken in. */
  #standing = 0;
  /** By both clocks: one may be set, the other may stand still while the machine sleeps. */
  #until = { ms: -Infinity, monotonicMs: -Infinity };
  #lacksKeeper = false;
  #stopped = false;
  #cancel: (() => void) | undefined;
  #beating: Promise<void> | undefined;

  constructor(private readonly parts: MembershipParts) {}

  get id(): string {
    return this.parts.node.id;
  }

  /** Resolves when the store has heard us, or could not. */
  start(): Promise<void> {
    this.#beating = this.#beat().finally(() => this.#again());
    return this.#beating;
  }

  /** The store forgets us at once, and whatever we still hold is free. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    if (this.#beating === undefined) return;
    await this.#beating;
    const { store, node, log } = this.parts;
    await store.nodes
      .leave(node.id)
      .catch((error: unknown) => log('warn', 'the store was not told that we leave', { problem: String(error) }));
  }

  /** Changes whenever others may have taken what we held; `undefined` while they may be about to. */
  standing(): number | undefined {
    if (!this.#isHeardAgain) return 0;
    const { clock } = this.parts;
    const isOver = clock.nowMs() >= this.#until.ms || clock.monotonicMs() >= this.#until.monotonicMs;
    return isOver ? undefined : this.#standing;
  }

  /** The part of a limit that is ours, where nodes cannot draw from one: as many parts as there are nodes that call. */
  fraction(): number {
    if (this.#live === undefined) return 1;
    const self = hasDuty(this.parts.node.role, 'works') ? 0 : 1;
    return 1 / Math.max(1, this.#live.works + self);
  }

  /** Whether a node other than this one hears of new jobs by itself. */
  get othersListen(): boolean {
    return (this.#live?.listens ?? 0) > (this.parts.node.listens ? 1 : 0);
  }

  get #isHeardAgain(): boolean {
    return this.parts.store.capabilities.concurrentWriters;
  }

  #again(): void {
    if (this.#stopped || !this.#isHeardAgain) return;
    this.#cancel = this.parts.clock.after(NODE_BEAT_MS, () => void this.start());
  }

  async #beat(): Promise<void> {
    const { store, clock, log, node, onHeard } = this.parts;
    const stood = this.standing();
    // Read before the store is asked, so that our time ends here before it ends there.
    const until = { ms: clock.nowMs() + NODE_LEASE_MS, monotonicMs: clock.monotonicMs() + NODE_LEASE_MS };
    try {
      const beat = await store.nodes.beat(node, NODE_LEASE_MS);
      if (beat.joined) this.#standing += 1;
      this.#until = until;
      this.#live = beat.live;
      if (this.#isHeardAgain) this.#tell(beat);
      if (stood !== this.standing()) onHeard?.();
    } catch (error) {
      log('warn', 'the store does not hear this node', { problem: String(error) });
    }
  }

  #tell({ joined, live, buried }: Beat): void {
    const { log, node } = this.parts;
    if (joined && this.#standing > 1) log('warn', 'this node was silent, and others have its jobs', { node: node.id });
    if (buried.length > 0) log('warn', 'nodes are silent, and their jobs are free', { nodes: buried });
    const lacksKeeper = live.keeps === 0;
    if (lacksKeeper && !this.#lacksKeeper) {
      log('warn', 'no node keeps the audit log in order: start one with the role scheduler or all');
    }
    this.#lacksKeeper = lacksKeeper;
  }
}
