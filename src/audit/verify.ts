/**
 * Checks the whole log of one environment: every leaf from its record, the root at every checkpoint, every signature,
 * the tiles, and where they are still there the bodies behind receipts. One pass, bounded memory.
 *
 * A checkpoint somebody keeps elsewhere is checked like our own. Without one, whoever holds the database can cut the
 * log back to an older checkpoint of ours without a trace; with one, nobody can.
 *
 * @module
 */
import { hash } from 'node:crypto';
import type { AuditRow, ReceiptColumns, StoredCheckpoint, Tile } from '../core/audit.js';
import { checkpointVerifier, parseCheckpoint, type Checkpoint } from '../core/checkpoint.js';
import { AppError } from '../core/errors.js';
import { Frontier } from '../core/frontier.js';
import { sameHash } from '../core/merkle.js';
import type { Environment } from '../core/scope.js';
import type { SystemVerbs } from '../core/store.js';
import { TileBuilder } from '../core/tiles.js';
import { diagnose } from './diagnosis.js';
import { computedLeaf, recordText } from './line.js';
import type { AuditProblem } from './problem.js';
import { announcedPruning } from './retention.js';

export type VerifyVerbs = Pick<SystemVerbs, 'auditTree' | 'auditRows' | 'auditTiles' | 'auditCheckpoints'>;

export interface VerifyOptions {
  environment: Environment;
  /** What our checkpoints begin with; see `checkpointOrigin`. */
  origin: string;
  /** Keys that may have signed: PEM or verifier keys. */
  publicKeys: readonly string[];
  /** Notes that somebody kept elsewhere. */
  held?: readonly string[];
  /** The exact body behind a receipt, `undefined` when it is gone. Absent: bodies are not checked. */
  bodyOf?: (receipt: ReceiptColumns) => Promise<Uint8Array | undefined>;
  /** Called after each page. */
  onProgress?: (checked: number, size: number) => void;
  signal?: AbortSignal;
}

export interface VerifyReport {
  ok: boolean;
  environment: Environment;
  /** Entries in the log. */
  entries: number;
  /** The first so many are proven by a checkpoint. */
  covered: number;
  checkpoints: number;
  receipts: number;
  /** Bodies that were there and checked. */
  bodies: number;
  /** Entries whose record retention has taken; their leaves are still proven. */
  pruned: number;
  /** In order of index, at most {@link PROBLEMS_MAX}; the first one is the first place that does not fit. */
  problems: AuditProblem[];
}

const PAGE_ROWS = 2_000;
const CHECKPOINT_PAGE = 1_000;
const BODIES_AT_ONCE = 32;
export const PROBLEMS_MAX = 100;

/** @throws AppError `config_invalid` for a key that is none, `cancelled` by the signal, and what the store throws. */
export async function verifyAudit(store: VerifyVerbs, options: VerifyOptions): Promise<VerifyReport> {
  return await new Verification(store, options).run();
}

/** A checkpoint whose signature holds. */
interface Trusted extends Checkpoint {
  held: boolean;
}

class Verification {
  readonly #store: VerifyVerbs;
  readonly #options: VerifyOptions;
  readonly #verdictOf: (note: string) => ReturnType<ReturnType<typeof checkpointVerifier>>;
  readonly #problems: AuditProblem[] = [];
  #edge = { frontier: new Frontier(), tiles: new TileBuilder() };
  #counts = { entries: 0, covered: 0, checkpoints: 0, receipts: 0, bodies: 0, pruned: 0 };
  /** The highest index whose record is gone, and up to where pruning was announced. */
  #lastPruned = -1;
  #prunedUpTo = 0;

  constructor(store: VerifyVerbs, options: VerifyOptions) {
    this.#store = store;
    this.#options = options;
    const verifiers = options.publicKeys.map((key) => checkpointVerifier(options.origin, key));
    this.#verdictOf = (note) => {
      const verdicts = verifiers.map((verdict) => verdict(note));
      return verdicts.find(({ ok }) => ok) ?? verdicts[0] ?? { ok: false, reason: 'unknown_key' };
    };
  }

  async run(): Promise<VerifyReport> {
    const { environment } = this.#options;
    const { size } = await this.#store.auditTree(environment);
    this.#counts.entries = size;
    let whole = true;
    for await (const checkpoint of this.#checkpoints()) {
      whole = await this.#stretch(checkpoint);
      if (!whole) break;
      this.#counts.covered = checkpoint.size;
      this.#counts.checkpoints += 1;
    }
    if (whole) await this.#rest(size);
    if (whole) await this.#pruning();
    const problems = withSwaps(this.#problems.sort(byPlace)).slice(0, PROBLEMS_MAX);
    return { ok: problems.length === 0, environment, ...this.#counts, problems };
  }

  /** Checks the entries up to a checkpoint. False when it is not known how the true log goes on. */
  async #stretch(checkpoint: Trusted): Promise<boolean> {
    const { environment } = this.#options;
    const start = { frontier: this.#edge.frontier.copy(), tiles: this.#edge.tiles.copy() };
    const findings: AuditProblem[] = [];
    const complete = await this.#pass(checkpoint.size, findings);
    if (complete && sameHash(this.#edge.frontier.root(), checkpoint.root)) {
      this.#problems.push(...findings.slice(0, PROBLEMS_MAX));
      return true;
    }
    const stretch = { environment, edge: start, to: checkpoint.size, root: checkpoint.root };
    const { problems, edge } = await diagnose(this.#store, stretch);
    this.#problems.push(...findings.filter(({ kind }) => kind === 'body').slice(0, PROBLEMS_MAX), ...problems);
    if (edge !== undefined) this.#edge = edge;
    return edge !== undefined;
  }

  /** Walks the entries up to `to`, extending the edge. False when one is not in its place. */
  async #pass(to: number, findings: AuditProblem[]): Promise<boolean> {
    for await (const { rows, from, end } of this.#pages(to)) {
      for (const [i, row] of rows.entries()) {
        if (row.index !== from + i) return false;
        this.#note(row);
        const leaf = computedLeaf(row);
        this.#edge.tiles.append(this.#edge.frontier, leaf);
        if (!sameHash(leaf, row.leaf)) findings.push(wrongHash(row.index));
      }
      if (rows.length < end - from) return false;
      await this.#compareTiles(this.#edge.tiles.take(), findings);
      await this.#compareBodies(rows, findings);
      this.#options.onProgress?.(end, this.#counts.entries);
    }
    return true;
  }

  /** Pages of rows up to `to`, the next one on its way while this one is worked on. */
  async *#pages(to: number): AsyncGenerator<{ rows: AuditRow[]; from: number; end: number }> {
    const { environment, signal } = this.#options;
    const read = (from: number): Promise<AuditRow[]> | undefined => {
      const page = from < to ? this.#store.auditRows(environment, from, Math.min(from + PAGE_ROWS, to)) : undefined;
      // It may never be awaited, when a problem ends the walk.
      page?.catch(() => {});
      return page;
    };
    let from = this.#edge.frontier.size;
    for (let page = read(from); page !== undefined;) {
      if (signal?.aborted) throw new AppError('cancelled', { operation: 'audit.verify' });
      const rows = await page;
      const end = Math.min(from + PAGE_ROWS, to);
      page = read(end);
      yield { rows, from, end };
      from = end;
    }
  }

  #note(row: AuditRow): void {
    if (row.receipt !== undefined) this.#counts.receipts += 1;
    else if (row.record === undefined) {
      this.#counts.pruned += 1;
      this.#lastPruned = row.index!;
    } else this.#prunedUpTo = Math.max(this.#prunedUpTo, announcedPruning(row.record));
  }

  async #compareTiles(tiles: readonly Tile[], findings: AuditProblem[]): Promise<void> {
    for (const tile of tiles) {
      const [stored] = await this.#store.auditTiles(this.#options.environment, tile.level, tile.index, tile.index + 1);
      if (stored !== undefined && sameHash(stored.hashes, tile.hashes)) continue;
      const width = 256 ** (tile.level + 1);
      const index = tile.index * width;
      const says = `tile ${tile.index} of level ${tile.level} is ${stored === undefined ? 'missing' : 'wrong'}`;
      findings.push({ kind: 'tile', index, within: { from: index, to: index + width }, says });
    }
  }

  async #compareBodies(rows: readonly AuditRow[], findings: AuditProblem[]): Promise<void> {
    const { bodyOf } = this.#options;
    if (bodyOf === undefined) return;
    const receipts = rows.filter(({ receipt }) => receipt !== undefined);
    for (let at = 0; at < receipts.length; at += BODIES_AT_ONCE) {
      const batch = receipts.slice(at, at + BODIES_AT_ONCE);
      const bodies = await Promise.all(batch.map(({ receipt }) => bodyOf(receipt!)));
      bodies.forEach((body, i) => {
        const { index, receipt } = batch[i]!;
        if (body === undefined) return;
        this.#counts.bodies += 1;
        if (sameHash(hash('sha256', body, 'buffer'), receipt!.bodySha256)) return;
        const says = `the body of ${receipt!.eventId} is not the one that was received`;
        findings.push({ kind: 'body', index: index!, within: { from: index!, to: index! + 1 }, says });
      });
    }
  }

  /** Entries no checkpoint covers yet: their own hashes are all there is to hold them against. */
  async #rest(size: number): Promise<void> {
    for await (const { rows, from, end } of this.#pages(size)) {
      const present = new Map(rows.map((row) => [row.index, row]));
      for (let index = from; index < end; index++) {
        const row = present.get(index);
        const within = { from: index, to: index + 1 };
        if (row === undefined)
          this.#problems.push({ kind: 'missing', index, within, says: 'it is not there any more' });
        else if (!sameHash(computedLeaf(row), row.leaf)) {
          this.#problems.push({ kind: 'changed', index, within, says: 'its record is not the one that was written' });
        }
        if (row !== undefined) this.#note(row);
        if (this.#problems.length >= PROBLEMS_MAX) return;
      }
      await this.#compareBodies(rows, this.#problems);
    }
  }

  /** A record may be gone only if an entry of the log says that it was to go. */
  async #pruning(): Promise<void> {
    const gone: number[] = [];
    for (let from = this.#prunedUpTo; from <= this.#lastPruned; from += PAGE_ROWS) {
      const to = Math.min(from + PAGE_ROWS, this.#lastPruned + 1);
      const rows = await this.#store.auditRows(this.#options.environment, from, to);
      gone.push(...rows.filter((row) => recordText(row) === undefined).map(({ index }) => index!));
    }
    if (gone.length === 0) return;
    const within = { from: gone[0]!, to: gone.at(-1)! + 1 };
    const what = gone.length === 1 ? 'its record is' : `the records of ${gone.length} entries are`;
    const says = `${what} gone, and no entry says that retention was to take it`;
    this.#problems.push({ kind: 'missing', index: gone[0]!, within, says });
  }

  /** Every checkpoint with a good signature, ours and those held elsewhere, by size. Bad ones become problems. */
  async *#checkpoints(): AsyncGenerator<Trusted> {
    const held = (this.#options.held ?? []).map((note) => this.#trusted(note, true)).filter((one) => one !== undefined);
    held.sort((a, b) => a.size - b.size);
    let after = 0;
    for (;;) {
      const page = await this.#store.auditCheckpoints(this.#options.environment, after, CHECKPOINT_PAGE);
      for (const stored of page) {
        const ours = this.#trusted(stored.note, false, stored);
        while (ours !== undefined && held.length > 0 && held[0]!.size <= ours.size) yield held.shift()!;
        if (ours !== undefined) yield ours;
      }
      if (page.length === 0) break;
      after = page.at(-1)!.size;
    }
    yield* held;
  }

  #trusted(note: string, held: boolean, stored?: StoredCheckpoint): Trusted | undefined {
    const verdict = this.#verdictOf(note);
    const problem = verdict.ok ? mismatch(verdict.checkpoint, stored) : NOTE_PROBLEMS[verdict.reason];
    if (verdict.ok && problem === undefined) return { ...verdict.checkpoint, held };
    const size = stored?.size ?? parseCheckpoint(note)?.size ?? 0;
    const says = `the ${held ? 'given' : 'stored'} checkpoint over ${size} entries ${problem}`;
    this.#problems.push({ kind: 'checkpoint', index: size, within: { from: 0, to: size }, says });
    return undefined;
  }
}

/** In order of index; what a changed receipt says of its body comes after the change itself. */
function byPlace(a: AuditProblem, b: AuditProblem): number {
  return a.index - b.index || Number(a.kind === 'body') - Number(b.kind === 'body');
}

/** Two changed entries, each of which is what the other should be, changed places, even across a checkpoint. */
function withSwaps(problems: readonly AuditProblem[]): AuditProblem[] {
  const changed = problems.filter(({ kind, got, expected }) => kind === 'changed' && got && expected);
  const byExpected = new Map(changed.map((problem) => [problem.expected, problem]));
  return problems.flatMap((problem) => {
    const other = problem.kind === 'changed' ? byExpected.get(problem.got) : undefined;
    if (other === undefined || other.got !== problem.expected) return [problem];
    if (other.index < problem.index) return [];
    const says = `it changed places with entry ${other.index}`;
    return [{ ...problem, kind: 'swapped' as const, with: other.index, says }];
  });
}

/** Holds if the stretch does: then the record is right and only the hash stored beside it is not. */
function wrongHash(index: number): AuditProblem {
  return { kind: 'tile', index, within: { from: index, to: index + 1 }, says: 'the hash stored beside it is wrong' };
}

const NOTE_PROBLEMS = {
  malformed: 'cannot be read',
  wrong_origin: 'belongs to another log',
  unknown_key: 'is not signed by our key',
  bad_signature: 'has a signature that does not verify',
};

function mismatch(checkpoint: Checkpoint, stored: StoredCheckpoint | undefined): string | undefined {
  if (stored === undefined) return undefined;
  const same = stored.size === checkpoint.size && sameHash(stored.root, checkpoint.root);
  return same ? undefined : 'is filed under another size or root than it says';
}
