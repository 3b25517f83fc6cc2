/**
 * Where the rows of claimed jobs lie, as the claim saw them: a settlement that names the place needs no step through an
 * index. A hint, no more: what lies there is compared with the job, and a row that has moved is found by its id.
 *
 * @module
 */

/** More claims than one process holds at a time; those that were never settled must not stay for ever. */
const ROWS_MAX = 16_384;

interface Claimed {
  id: string;
  fence: number;
}

export class ClaimedRows {
  readonly #rows = new Map<string, { fence: number; row: string }>();

  /** @param row as the server writes a `ctid`: `(block,number)` */
  keep({ id, fence }: Claimed, row: string): void {
    if (this.#rows.size >= ROWS_MAX) this.#rows.clear();
    this.#rows.set(id, { fence, row });
  }

  /** The places of these claims as an array of `tid`, null where there is none; forgotten with that. */
  take(claims: readonly Claimed[]): string {
    return `{${claims.map((claim) => this.#takeOne(claim)).join(',')}}`;
  }

  /** Their rows will lie elsewhere. */
  forget(claims: readonly Claimed[]): void {
    for (const { id } of claims) this.#rows.delete(id);
  }

  #takeOne({ id, fence }: Claimed): string {
    const known = this.#rows.get(id);
    if (known?.fence !== fence) return 'null';
    this.#rows.delete(id);
    return `"${known.row}"`;
  }
}
