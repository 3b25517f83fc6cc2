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
    return given(this.#prepared(sql).get(...stored(parameters))) as Row | undefined;
  }

  all<Row>(sql: string, ...parameters: Parameter[]): Row[] {
    return this.#prepared(sql)
      .all(...stored(parameters))
      .map(given) as Row[];
  }

  /** Rows as arrays, in the order of their columns: several times faster to read than objects when there are many. */
  tuples<Row extends readonly unknown[]>(sql: string, ...parameters: Parameter[]): Row[] {
    return this.#prepared(sql, true)
      .all(...stored(parameters))
      .map(givenTuple) as Row[];
  }

  /** For text that is put together at run time: prepared, used, forgotten. */
  allOnce<Row>(sql: string, parameters: readonly Parameter[] = []): Row[] {
    return this.connection
      .prepare(sql)
      .all(...stored(parameters))
      .map(given) as Row[];
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

/** Changes the row where a text of it is kept in another form. */
function given(row: unknown): unknown {
  const columns = row as Record<string, unknown>;
  for (const name in columns) {
    const value = columns[name];
    if (typeof value === 'string') columns[name] = fromStoredText(value);
  }
  return row;
}

function givenTuple(row: unknown): unknown {
  const columns = row as unknown[];
  for (let at = 0; at < columns.length; at++) {
    const value = columns[at];
    if (typeof value === 'string') columns[at] = fromStoredText(value);
  }
  return row;
}
