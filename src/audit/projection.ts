/**
 * The audit log as a file (AUDIT_LOG_PATH): one line an entry, both environments, written after the checkpoint that
 * covers it. The file is a projection: the tree in the store is the truth, and the file's last line says how far it got.
 *
 * @module
 */
import type { AuditRow } from '../core/audit.js';
import { sameHash } from '../core/merkle.js';
import type { Files, Log } from '../core/ports.js';
import { ENVIRONMENTS, isEnvironment, type Environment } from '../core/scope.js';
import type { SystemVerbs } from '../core/store.js';
import { linesBackwards, tailOf } from './backward-lines.js';
import { auditLine, parseAuditLine } from './line.js';
import { LineBuffer } from './line-buffer.js';

export type ProjectionVerbs = Pick<SystemVerbs, 'auditTree' | 'auditRows' | 'auditLeaves'>;

export interface ProjectionParts {
  store: ProjectionVerbs;
  files: Files;
  /** Path of the file below the root of `files`. */
  path: string;
  log: Log;
}

/** How many entries of each environment's tree are in the file. */
type Position = Record<Environment, number>;

/** Lines that wait, in the buffer, for the checkpoint that covers them. */
interface Staged {
  readonly environment: Environment;
  /** How far the file will be with them. */
  readonly position: Position;
}

const PAGE_ROWS = 1_000;
/** Every line of ours begins so. */
const OURS = Buffer.from('{"seq":');

export class Projection {
  readonly #parts: ProjectionParts;
  #position: Position | undefined;
  #staged: Staged | undefined;
  readonly #lines = new LineBuffer();

  constructor(parts: ProjectionParts) {
    this.#parts = parts;
  }

  /**
   * Makes the lines of rows that the caller has at hand and that {@link catchUp} would have to read again. What waits
   * for the checkpoint is bytes: rows that wait would be what the garbage collector carries around under load.
   */
  async stage(environment: Environment, rows: readonly AuditRow[]): Promise<void> {
    const written = (this.#position ??= await this.#find());
    let staged = this.#staged;
    if (staged?.environment !== environment) {
      staged = { environment, position: { ...written } };
      // What waited for another environment goes with its lines: it is read from the store again.
      this.#staged = undefined;
      this.#lines.clear();
    }
    // The file is behind: it is written from the store.
    if (rows[0]?.index !== staged.position[environment]) return;
    addLines(this.#lines, rows, environment, staged.position);
    this.#staged = staged;
  }

  /**
   * Writes what is missing of the first `size` entries. Rejects when the file cannot be written; the next call looks at
   * the file again and goes on from its last complete line.
   */
  async catchUp(environment: Environment, size: number): Promise<void> {
    const staged = this.#staged;
    this.#staged = undefined;
    let position = (this.#position ??= await this.#find());
    // Whatever goes wrong from here on, the file decides where we are.
    this.#position = undefined;
    if (staged?.environment === environment && staged.position[environment] <= size) {
      await this.#parts.files.append(this.#parts.path, this.#lines.bytes);
      position = staged.position;
    }
    while (position[environment] < size) {
      const from = position[environment];
      const rows = await this.#parts.store.auditRows(environment, from, Math.min(from + PAGE_ROWS, size));
      // Somebody took rows out of the tree. The file waits; `audit verify` says where they are missing.
      if (rows.length === 0) break;
      this.#lines.clear();
      addLines(this.#lines, rows, environment, position);
      await this.#parts.files.append(this.#parts.path, this.#lines.bytes);
    }
    this.#position = position;
  }

  /** Reads the position off the file, after the torn line of a crash has been taken away. */
  async #find(): Promise<Position> {
    const { store, files, path, log } = this.#parts;
    const sizes = positionOf(await Promise.all(ENVIRONMENTS.map(async (one) => (await store.auditTree(one)).size)));
    const end = await this.#mend((await files.size(path)) ?? 0);
    let foreign = 0;
    for await (const line of linesBackwards(files, path, end)) {
      const position = await this.#positionIn(line, sizes);
      if (position !== undefined) return position;
      foreign += 1;
    }
    if (foreign > 0)
      log('warn', 'the audit log file holds another history; ours is written after it', { path, foreign });
    return positionOf([]);
  }

  /** Takes a torn line of ours away; ends a line of somebody else's. Returns where the complete lines end. */
  async #mend(size: number): Promise<number> {
    const { files, path, log } = this.#parts;
    const { at, head } = await tailOf(files, path, size);
    if (at === size) return size;
    const begin = Buffer.from(head.subarray(0, OURS.length));
    const torn = OURS.subarray(0, begin.length).equals(begin) || head.every((byte) => byte === 0);
    if (!torn) {
      await files.append(path, Buffer.from('\n'));
      return size + 1;
    }
    log('info', 'a torn line at the end of the audit log file was taken away', { path, bytes: size - at });
    await files.truncate(path, at);
    return at;
  }

  /**
   * How far the file had got with this line, if the line is of this very tree. It is not when the database was restored
   * from a backup or is a new one: then an earlier line counts, or none.
   */
  async #positionIn(line: string, sizes: Position): Promise<Position | undefined> {
    const { environment, placing, leaf } = parseAuditLine(line) ?? {};
    if (environment === undefined || placing?.projected === undefined || !isEnvironment(environment)) return undefined;
    const { seq, projected } = placing;
    if (seq >= sizes[environment]) return undefined;
    const [ours] = await this.#parts.store.auditLeaves(environment, seq, seq + 1);
    if (ours === undefined || !sameHash(ours, leaf!)) return undefined;
    return positionOf(
      ENVIRONMENTS.map((one) => (one === environment ? seq + 1 : Math.min(projected[one] ?? 0, sizes[one]))),
    );
  }
}

/** The lines of rows that follow `position`, which moves behind them. */
function addLines(lines: LineBuffer, rows: readonly AuditRow[], environment: Environment, position: Position): void {
  for (const row of rows) {
    const seq = row.index ?? position[environment];
    position[environment] = seq + 1;
    lines.add(auditLine(row, { seq, projected: position }));
  }
}

/** Counts in the order of {@link ENVIRONMENTS}, what is no count being 0. */
function positionOf(counts: readonly number[]): Position {
  const count = (i: number): number => (Number.isSafeInteger(counts[i]) && counts[i]! >= 0 ? counts[i]! : 0);
  return Object.fromEntries(ENVIRONMENTS.map((environment, i) => [environment, count(i)])) as Position;
}
