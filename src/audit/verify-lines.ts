/**
 * Checks an export, or the projected file, against a checkpoint that somebody kept: no store, no trust in whoever wrote
 * the lines. `scripts/verify-audit-export.mjs` does the same without any code of ours.
 *
 * @module
 */
import { checkpointVerifier, parseCheckpoint, type Checkpoint } from '../core/checkpoint.js';
import { Frontier } from '../core/frontier.js';
import { sameHash, verifyInclusion } from '../core/merkle.js';
import { parseAuditLine } from './line.js';

export interface LineProblem {
  /** 1 for the first line; 0 when it is about the whole. */
  line: number;
  says: string;
}

export interface LinesReport {
  ok: boolean;
  origin: string;
  /** Entries the checkpoint covers. */
  size: number;
  /** Lines that are proven by the checkpoint. */
  proven: number;
  /** Lines that came after the checkpoint: nothing is known of them. */
  after: number;
  /** Lines of another environment, which this checkpoint does not speak of. */
  others: number;
  /** In order of line, at most {@link LINE_PROBLEMS_MAX}. */
  problems: LineProblem[];
}

export const LINE_PROBLEMS_MAX = 100;

/**
 * Lines with a proof are checked one by one; lines without one have to be the whole log from its first entry on, and
 * are checked by the root of all of them. Total: hostile lines are problems, not exceptions.
 *
 * @throws AppError `config_invalid` for a key that is none.
 */
export async function verifyLines(
  lines: AsyncIterable<string>,
  note: string,
  publicKeys: readonly string[],
): Promise<LinesReport> {
  const claimed = parseCheckpoint(note);
  const origin = claimed?.origin ?? '';
  const verdicts = publicKeys.map((key) => checkpointVerifier(origin, key)(note));
  const trusted = verdicts.find((verdict) => verdict.ok);
  if (trusted?.ok !== true) {
    const reason = verdicts[0]?.ok === false ? verdicts[0].reason : 'unknown_key';
    return {
      ...empty(origin),
      ok: false,
      problems: [{ line: 0, says: `the checkpoint is not to be believed: ${reason}` }],
    };
  }
  const check = new LineCheck(trusted.checkpoint);
  for await (const line of lines) check.take(line);
  return check.report();
}

function empty(origin: string): LinesReport {
  return { ok: true, origin, size: 0, proven: 0, after: 0, others: 0, problems: [] };
}

class LineCheck {
  readonly #frontier = new Frontier();
  readonly #report: LinesReport;
  readonly #environment: string;
  #line = 0;
  #isWhole = false;

  constructor(private readonly checkpoint: Checkpoint) {
    this.#report = { ...empty(checkpoint.origin), size: checkpoint.size };
    this.#environment = checkpoint.origin.split('/').at(-1) ?? '';
  }

  take(line: string): void {
    this.#line += 1;
    if (line === '') return;
    const entry = parseAuditLine(line);
    if (entry === undefined) return this.#problem('it is no entry of an audit log');
    const { placing, leaf, environment } = entry;
    if (environment !== this.#environment) this.#report.others += 1;
    else if (placing.seq >= this.checkpoint.size) this.#report.after += 1;
    else if (placing.proof !== undefined) this.#proven(placing.seq, leaf, placing.proof);
    else this.#next(placing.seq, leaf);
  }

  report(): LinesReport {
    const { size } = this.#frontier;
    if (this.#isWhole && size < this.checkpoint.size) {
      this.#line = 0;
      this.#problem(`only ${size} of the ${this.checkpoint.size} entries of the checkpoint are here`);
    }
    return { ...this.#report, ok: this.#report.problems.length === 0 };
  }

  #proven(seq: number, leaf: Uint8Array, proof: readonly unknown[]): void {
    const hashes = Array.isArray(proof) ? proof.map((hash) => Buffer.from(String(hash), 'base64')) : [];
    const holds = verifyInclusion(leaf, seq, this.checkpoint.size, hashes, this.checkpoint.root);
    if (holds) this.#report.proven += 1;
    else this.#problem(`entry ${seq} is not what the checkpoint covers`);
  }

  #next(seq: number, leaf: Uint8Array): void {
    this.#isWhole = true;
    // After a gap nothing fits any more: one problem says where it began.
    if (seq !== this.#frontier.size)
      return this.#problem(`entry ${this.#frontier.size} is expected here, this is ${seq}`);
    this.#frontier.append(leaf);
    if (this.#frontier.size < this.checkpoint.size) return;
    if (sameHash(this.#frontier.root(), this.checkpoint.root)) this.#report.proven += this.checkpoint.size;
    else this.#problem('the entries up to here are not those that were signed');
  }

  #problem(says: string): void {
    if (this.#report.problems.length < LINE_PROBLEMS_MAX) this.#report.problems.push({ line: this.#line, says });
  }
}
