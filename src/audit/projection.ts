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

const PAGE_ROWS = 1_000;
/** Every line of ours begins so. */
const OURS = Buffer.from('{"seq":');

export class Projection {
  readonly #parts: ProjectionParts;
  #position: Position | undefined;

  constructor(parts: ProjectionParts) {
    this.#parts = parts;
  }

  /**
   * Writes what is missing of the first `size` entries. `fresh` are rows the caller has at hand. Rejects when the file
   * cannot be written; the next call looks at the file again and goes on from its last complete line.
   */
  async catchUp(environment: Environment, size: number, fresh: readonly AuditRow[]): Promise<void> {
    const position = (this.#position ??= await this.#find());
    // Whatever goes wrong from here on, the file decides where we are.
    this.#position = undefined;
    for (let from = position[environment]; from < size; from = position[environment]) {
      const at = from - (fresh[0]?.index ?? size);
      const rows =
        at >= 0 && at < fresh.length
          ? fresh.slice(at)
          : await this.#parts.store.auditRows(environment, from, Math.min(from + PAGE_ROWS, size));
      // Somebody took rows out of the tree. The file waits; `audit verify` says where they are missing.
      if (rows.length === 0) break;
      await this.#append(rows, environment, position);
    }
    this.#position = position;
  }

  async #append(rows: readonly AuditRow[], environment: Environment, position: Position): Promise<void> {
    let lines = '';
    for (const row of rows) {
      const seq = row.index ?? position[environment];
      position[environment] = seq + 1;
      lines += auditLine(row, { seq, projected: position });
    }
    await this.#parts.files.append(this.#parts.path, Buffer.from(lines));
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

/** Counts in the order of {@link ENVIRONMENTS}, what is no count being 0. */
function positionOf(counts: readonly number[]): Position {
  const count = (i: number): number => (Number.isSafeInteger(counts[i]) && counts[i]! >= 0 ? counts[i]! : 0);
  return Object.fromEntries(ENVIRONMENTS.map((environment, i) => [environment, count(i)])) as Position;
}
