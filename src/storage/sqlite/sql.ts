/**
 * A connection with its prepared statements, each prepared at its first use. Texts are kept as `stored-text.ts` has it:
 * who reads texts out of JSON that SQLite put together undoes that by itself.
 *
 * @module
 */
import { fromStoredText, toStoredText } from '../../core/stored-text.js';
import type { Connection, Parameter, Statement } from './engine-binding.js';

export class Sql {
  readonly #statements = new Map<string, Statement>();

  constructor(readonly connection: Connection) {}

  /** Runs a statement that returns no rows; answers how many rows it changed. */
  run(sql: string, ...parameters: Parameter[]): number {
    return Number(this.#prepared(sql).run(...stored(parameters)).changes);
  }

  one<Row>(sql: string, ...parameters: Parameter[]): Row | undefined {
    const row = this.#prepared(sql).get(...stored(parameters));
    given(row);
    return row as Row | undefined;
  }

  all<Row>(sql: string, ...parameters: Parameter[]): Row[] {
    const rows = this.#prepared(sql).all(...stored(parameters));
    rows.forEach(given);
    return rows as Row[];
  }

  /** Rows as arrays, in the order of their columns: several times faster to read than objects when there are many. */
  tuples<Row extends readonly unknown[]>(sql: string, ...parameters: Parameter[]): Row[] {
    const rows = this.#prepared(sql, true).all(...stored(parameters)) as unknown[][];
    rows.forEach(givenTuple);
    return rows as unknown[] as Row[];
  }

  /** For text that is put together at run time: prepared, used, forgotten. */
  allOnce<Row>(sql: string, parameters: readonly Parameter[] = []): Row[] {
    const rows = this.connection.prepare(sql).all(...stored(parameters));
    rows.forEach(given);
    return rows as Row[];
  }

  exec(sql: string): void {
    this.connection.exec(sql);
  }

  close(): void {
    this.#statements.clear();
    this.connection.close();
  }

  #prepared(sql: string, asArrays = false): Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.connection.prepare(sql);
      if (asArrays) statement.setReturnArrays(true);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

/** The same list, unless something in it is kept in another form. */
function stored(parameters: readonly Parameter[]): readonly Parameter[] {
  for (const parameter of parameters) {
    if (typeof parameter === 'string' && toStoredText(parameter) !== parameter) return parameters.map(storedOne);
  }
  return parameters;
}

function storedOne(parameter: Parameter): Parameter {
  return typeof parameter === 'string' ? toStoredText(parameter) : parameter;
}

/** Gives the texts of a row, if there is one, in the form in which they came. */
function given(row: unknown): void {
  const columns = row as Record<string, unknown>;
  for (const name in columns) {
    const value = columns[name];
    if (typeof value === 'string') columns[name] = fromStoredText(value);
  }
}

function givenTuple(columns: unknown[]): void {
  for (let at = 0; at < columns.length; at++) {
    const value = columns[at];
    if (typeof value === 'string') columns[at] = fromStoredText(value);
  }
}
