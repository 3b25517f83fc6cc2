/**
 * Rows of one table on their way in: a statement takes several, because each costs half of what it costs alone (a leaf
 * 1.4 -> 0.8 us, a dedupe key 1.7 -> 0.7 us), and what neighbours have in common is bound once, because a parameter costs
 * as much as the work on its column (an event 8.2 -> 5.9 us).
 *
 * @module
 */
import type { Parameter } from './engine-binding.js';
import type { Sql } from './sql.js';

/** Rows of the largest statement. The rest of a group goes by halves of it. */
const ROWS_MAX = 16;

/** Sets of columns in common that have statements of their own. A prepared one takes some 30 KB. */
const SETS_MAX = 12;

export class RowQueue {
  readonly #columns: number;
  readonly #shareable: readonly number[];
  /** Of columns in common, as bits; the empty one is last. */
  readonly #sets: number[] = [0];
  /** By set, then by rows. */
  readonly #statements = new Map<number, Map<number, string>>();
  #parameters: Parameter[] = [];

  /**
   * @param into `insert into event (seq, id)`
   * @param repeating those of the columns that neighbours are likely to have in common, e.g. `['scope']`
   * @param end what follows the rows, e.g. `on conflict do nothing`
   */
  constructor(
    readonly sql: Sql,
    readonly into: string,
    repeating: readonly string[] = [],
    readonly end = '',
  ) {
    const columns = /\(([^)]*)\)/
      .exec(into)![1]!
      .split(',')
      .map((column) => column.trim());
    this.#columns = columns.length;
    this.#shareable = columns.flatMap((column, at) => (repeating.includes(column) ? [at] : []));
  }

  /** The row is in the table after the next {@link flush}, or before. */
  add(...row: Parameter[]): void {
    this.#parameters.push(...row);
    if (this.#parameters.length === ROWS_MAX * this.#columns) this.flush();
  }

  flush(): void {
    if (this.#parameters.length === 0) return;
    const parameters = this.#parameters;
    this.#parameters = [];
    const count = parameters.length / this.#columns;
    let at = 0;
    for (let rows = ROWS_MAX; rows >= 1; rows /= 2) {
      if (count - at < rows) continue;
      this.#insert(parameters, at, rows);
      at += rows;
    }
  }

  reset(): void {
    this.#parameters = [];
  }

  #insert(parameters: readonly Parameter[], from: number, rows: number): void {
    const start = from * this.#columns;
    const end = start + rows * this.#columns;
    const set = rows === 1 ? 0 : this.#known(this.#inCommon(parameters, start, end));
    const bound: Parameter[] = [];
    for (const column of this.#shareable) if (has(set, column)) bound.push(parameters[start + column]!);
    for (let row = start; row < end; row += this.#columns) {
      for (let column = 0; column < this.#columns; column++) {
        if (!has(set, column)) bound.push(parameters[row + column]!);
      }
    }
    this.sql.run(this.#statement(set, rows), ...bound);
  }

  #inCommon(parameters: readonly Parameter[], start: number, end: number): number {
    let set = 0;
    for (const column of this.#shareable) {
      const first = parameters[start + column];
      let at = start + column + this.#columns;
      while (at < end && parameters[at] === first) at += this.#columns;
      if (at >= end) set |= 1 << column;
    }
    return set;
  }

  /** The set, if it has statements or may get them; else what of it has. */
  #known(set: number): number {
    if (this.#sets.includes(set)) return set;
    if (this.#sets.length === SETS_MAX) return this.#sets.find((known) => (known & set) === known)!;
    this.#sets.unshift(set);
    return set;
  }

  #statement(set: number, rows: number): string {
    let statements = this.#statements.get(set);
    if (statements === undefined) this.#statements.set(set, (statements = new Map()));
    let statement = statements.get(rows);
    if (statement === undefined) statements.set(rows, (statement = this.#text(set, rows)));
    return statement;
  }

  /** What is in common has the first numbers; every other parameter gets the next one. */
  #text(set: number, rows: number): string {
    const repeated = this.#shareable.filter((column) => has(set, column));
    const row = Array.from({ length: this.#columns }, (_, column) => {
      const at = repeated.indexOf(column);
      return at < 0 ? '?' : `?${at + 1}`;
    });
    const numbered = repeated.map((_, at) => `?${at + 1}`).join(', ');
    const head = repeated.length === 0 ? '' : `with repeated as (select ${numbered}) `;
    return `${head}${this.into} values ${Array.from({ length: rows }, () => `(${row.join(', ')})`).join(', ')} ${this.end}`;
  }
}

function has(set: number, column: number): boolean {
  return (set & (1 << column)) !== 0;
}
