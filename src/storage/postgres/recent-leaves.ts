/**
 * What this process has committed to the audit log and nobody has sequenced yet: the sequencer asks for it within a
 * second, and every row that it need not read back is a join less.
 *
 * Found by the leaves that the database holds, which are hashes of the content: what has the same leaves is the same.
 *
 * @module
 */
import type { AuditRow } from '../../core/audit.js';
import { HASH_BYTES } from '../../core/merkle.js';

/** A row but for its place in the tree. */
export type UnplacedRow = Omit<AuditRow, 'index'>;

/** Rows kept, a few hundred bytes each. */
const ROWS_MAX = 32_768;

interface Group {
  /** The leaves of one transaction, one after the other. */
  hashes: Uint8Array;
  rows: readonly UnplacedRow[];
}

export class RecentLeaves {
  readonly #groups = new Map<string, Group>();
  #rows = 0;
  /** Only the process that sequences asks; others would keep rows for nobody. */
  #isAsked = false;

  get isAsked(): boolean {
    return this.#isAsked;
  }

  /** Keeps the rows of one transaction, in the order of their leaves, if somebody asks for them. */
  keep(hashes: Uint8Array, rows: readonly UnplacedRow[]): void {
    if (!this.#isAsked || rows.length === 0) return;
    if (this.#rows + rows.length > ROWS_MAX) {
      this.#forgetAll();
      this.#isAsked = false;
      return;
    }
    const key = keyOf(hashes);
    this.#forget(key);
    this.#groups.set(key, { hashes, rows });
    this.#rows += rows.length;
  }

  /** The rows of the transaction with these leaves, which are forgotten if this is their last use. */
  find(hashes: Uint8Array, isLast: boolean): readonly UnplacedRow[] | undefined {
    this.#isAsked = true;
    const key = keyOf(hashes);
    const group = this.#groups.get(key);
    if (group === undefined || Buffer.compare(group.hashes, hashes) !== 0) return undefined;
    if (isLast) this.#forget(key);
    return group.rows;
  }

  #forget(key: string): void {
    const group = this.#groups.get(key);
    if (group === undefined) return;
    this.#groups.delete(key);
    this.#rows -= group.rows.length;
  }

  #forgetAll(): void {
    this.#groups.clear();
    this.#rows = 0;
  }
}

/** The same bytes in the form in which the database gives them. */
export function plainBytes({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function keyOf({ buffer, byteOffset }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, HASH_BYTES).toString('latin1');
}
