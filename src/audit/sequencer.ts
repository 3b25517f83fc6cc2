/**
 * Gives committed audit leaves their place in the tree, once a second: order them, extend the edge, store full tiles,
 * sign a checkpoint, project to the file. One sequencer per store; a second one does no harm: the store gives each leaf
 * its place once, so both sign the same tree.
 *
 * @module
 */
import type { AuditRow, StoredCheckpoint } from '../core/audit.js';
import { checkpointOrigin, signCheckpoint } from '../core/checkpoint.js';
import type { Frontier } from '../core/frontier.js';
import type { Clock, KeySource, Log } from '../core/ports.js';
import { ENVIRONMENTS, type Environment } from '../core/scope.js';
import type { SystemVerbs } from '../core/store.js';
import type { TileBuilder } from '../core/tiles.js';
import type { Projection } from './projection.js';
import { FINE_MS, opensAnHour, superfluous, supersedes } from './thinning.js';
import { TreeReader, type TreeVerbs } from './tree.js';

export type SequencerVerbs = TreeVerbs &
  Pick<SystemVerbs, 'auditTree' | 'auditSequence' | 'auditCheckpoint' | 'auditCheckpoints'>;

export interface SequencerParts {
  store: SequencerVerbs;
  clock: Clock;
  log: Log;
  keys: Pick<KeySource, 'auditKeyPem'>;
  installationId: string;
  /** Absent: no file is written. */
  projection?: Projection;
}

/** How long a committed entry waits for its place at most, while the store keeps up. */
export const SEQUENCE_INTERVAL_MS = 1_000;
/** A hint brings the next turn forward to this, so that a flood of hints is no flood of checkpoints. */
const HINT_DELAY_MS = 50;
/** Ordered at a time: a millisecond of this thread and of the writer, in which a delivery may wait. */
const PAGE_ROWS = 250;
/** Signed and written to the file at a time, which costs what 100 rows cost. */
const SEALED_ROWS = 2_000;
/** Leaves read at a time when a crash came between ordering and signing. */
const LEAVES_PAGE = 1_000;
const THIN_PAGE = 1_000;

/** What we know of one environment's tree between two turns. */
interface Edge {
  frontier: Frontier;
  tiles: TileBuilder;
  checkpoint: StoredCheckpoint | undefined;
  /** Checkpoints up to this size have been thinned. */
  thinnedTo: number;
}

export class Sequencer {
  readonly #parts: SequencerParts;
  readonly #edges = new Map<Environment, Edge>();
  #cancel: (() => void) | undefined;
  #dueAtMs = Infinity;
  #hinted = false;
  #stopped = true;
  #turnProblem: string | undefined;
  #fileProblem: string | undefined;
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(parts: SequencerParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#stopped = false;
    this.#schedule(0);
  }

  /** Somebody is waiting for a fresh entry (a tail, a proof): do not wait for the whole second. */
  hint(): void {
    this.#hinted = true;
    if (this.#parts.clock.monotonicMs() + HINT_DELAY_MS < this.#dueAtMs) this.#schedule(HINT_DELAY_MS);
  }

  /** Why the file is behind the tree, if it is. The next turn tries again. */
  get fileProblem(): string | undefined {
    return this.#fileProblem;
  }

  /** Sequences everything that is committed by now. Rejects when the store does not take it. */
  run(): Promise<void> {
    // A turn that has begun may have read already; one that has not will see all that is committed by now.
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      const turn = this.#turn();
      this.#running = turn.catch(() => {});
      return turn;
    });
    return this.#next;
  }

  /** The last turn, and none after it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.run();
  }

  #schedule(ms: number): void {
    if (this.#stopped) return;
    this.#cancel?.();
    this.#dueAtMs = this.#parts.clock.monotonicMs() + ms;
    this.#cancel = this.#parts.clock.after(ms, () => void this.#tick());
  }

  async #tick(): Promise<void> {
    this.#dueAtMs = -Infinity;
    this.#hinted = false;
    await this.run().catch((error: unknown) => {
      this.#parts.log('error', 'the audit log could not be sequenced; it is tried again', { problem: String(error) });
    });
    this.#schedule(this.#hinted ? HINT_DELAY_MS : SEQUENCE_INTERVAL_MS);
  }

  async #turn(): Promise<void> {
    const failed: unknown[] = [];
    this.#turnProblem = undefined;
    for (const environment of ENVIRONMENTS) {
      try {
        await this.#sequence(environment);
      } catch (error) {
        // What was committed and what was not is read again before the next turn.
        this.#edges.delete(environment);
        failed.push(error);
      }
    }
    this.#reportFile();
    if (failed.length > 0) throw failed[0];
  }

  async #sequence(environment: Environment): Promise<void> {
    const edge = await this.#edge(environment);
    let full = true;
    while (full) {
      const sealAt = edge.frontier.size + SEALED_ROWS;
      let next: Promise<AuditRow[]> | undefined = this.#page(environment, edge.frontier.size);
      while (next !== undefined) {
        const rows: AuditRow[] = await next;
        full = rows.length === PAGE_ROWS;
        const size = edge.frontier.size + rows.length;
        // The writer reads these while this thread works on those.
        next = full && size < sealAt ? this.#page(environment, size) : undefined;
        for (const row of rows) edge.tiles.append(edge.frontier, row.leaf);
        await this.#project((projection) => projection.stage(environment, rows));
      }
      await this.#seal(environment, edge);
      await this.#project((projection) => projection.catchUp(environment, edge.frontier.size));
    }
  }

  #page(environment: Environment, fromSize: number): Promise<AuditRow[]> {
    const page = this.#parts.store.auditSequence(environment, fromSize, PAGE_ROWS);
    // Whoever waits for it may come to it later.
    page.catch(() => undefined);
    return page;
  }

  /** A file that cannot be written must not keep entries out of the tree. */
  async #project(step: (projection: Projection) => Promise<void>): Promise<void> {
    const { projection } = this.#parts;
    try {
      if (projection !== undefined) await step(projection);
    } catch (error) {
      this.#turnProblem ??= String(error);
    }
  }

  /** Says once what keeps the file from being written, not once a second. */
  #reportFile(): void {
    const before = this.#fileProblem;
    this.#fileProblem = this.#turnProblem;
    if (this.#fileProblem === undefined || this.#fileProblem === before) return;
    const problem = this.#fileProblem;
    this.#parts.log('error', 'the audit log file cannot be written; the log itself is kept', { problem });
  }

  /** Where we are: as remembered if the store agrees, else read from the store. */
  async #edge(environment: Environment): Promise<Edge> {
    const { store } = this.#parts;
    const { size, checkpoint } = await store.auditTree(environment);
    const known = this.#edges.get(environment);
    if (known?.frontier.size === size && known.checkpoint?.size === checkpoint?.size) return known;
    const edge = await new TreeReader(store, environment, checkpoint?.size ?? 0).edge();
    // A crash may have come between ordering and signing: those leaves are taken up here.
    while (edge.frontier.size < size) {
      const to = Math.min(edge.frontier.size + LEAVES_PAGE, size);
      const leaves = await store.auditLeaves(environment, edge.frontier.size, to);
      if (leaves.length === 0) break;
      for (const leaf of leaves) edge.tiles.append(edge.frontier, leaf);
    }
    const read = { ...edge, checkpoint, thinnedTo: known?.thinnedTo ?? 0 };
    this.#edges.set(environment, read);
    return read;
  }

  /** Signs and stores a checkpoint if the tree has grown since the last one. */
  async #seal(environment: Environment, edge: Edge): Promise<void> {
    const { store, clock, keys, installationId } = this.#parts;
    const size = edge.frontier.size;
    if (size === (edge.checkpoint?.size ?? 0)) return;
    const root = edge.frontier.root();
    const origin = checkpointOrigin(installationId, environment);
    const note = signCheckpoint({ origin, size, root }, keys.auditKeyPem(environment));
    const checkpoint: StoredCheckpoint = { size, root, atMs: clock.nowMs(), note };
    const drop = await this.#superfluous(environment, edge, checkpoint);
    await store.auditCheckpoint(environment, edge.tiles.take(), checkpoint, drop);
    edge.checkpoint = checkpoint;
  }

  async #superfluous(environment: Environment, edge: Edge, next: StoredCheckpoint): Promise<number[]> {
    const previous = edge.checkpoint;
    if (previous === undefined) return [];
    if (supersedes(next, previous)) return [previous.size];
    if (!opensAnHour(next, previous)) return [];
    const page = await this.#parts.store.auditCheckpoints(environment, edge.thinnedTo, THIN_PAGE);
    const old = page.filter(({ atMs }) => atMs < next.atMs - FINE_MS);
    // The newest of them stays in view: the next one may be of the same hour.
    edge.thinnedTo = old.at(-2)?.size ?? edge.thinnedTo;
    return superfluous(old);
  }
}
