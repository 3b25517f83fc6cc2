/** Plain tables of the neutral form: what SQL and which values they have here. @module */
import { plainTable, type Cell, type FieldType, type PlainName, type PlainRow } from '../../core/portable.js';
import type { Parameter } from './engine-binding.js';
import { RowQueue } from './row-queue.js';
import type { Sql } from './sql.js';

/** Rows of one page. Values are small, tiles (8 KiB) are the largest. */
const PAGE = 500;

const columnsOf = (table: PlainName): string =>
  Object.keys(plainTable(table).fields)
    .map((field) => `"${field}"`)
    .join(', ');

export function* rowsOf(sql: Sql, table: PlainName): Generator<PlainRow[]> {
  const { fields, order, renumber } = plainTable(table);
  const names = Object.keys(fields);
  const types = Object.values(fields);
  const places = order.map((field) => names.indexOf(field));
  const keys = order.map((field) => `"${field}"`).join(', ');
  const first = `select ${columnsOf(table)} from "${table}" order by ${keys} limit ${PAGE}`;
  const next = `select ${columnsOf(table)} from "${table}" where (${keys}) > (${order.map(() => '?').join(', ')})
    order by ${keys} limit ${PAGE}`;
  let count = 0;
  for (let after: Parameter[] | undefined; ;) {
    const found = sql.tuples<Parameter[]>(after === undefined ? first : next, ...(after ?? []));
    if (found.length === 0) return;
    after = places.map((place) => found.at(-1)![place]!);
    yield found.map((row) => {
      count += 1;
      return row.map((value, at) => (names[at] === renumber ? count : cellOf(types[at]!, value)));
    });
  }
}

export function addRows(sql: Sql, table: PlainName, rows: readonly PlainRow[]): void {
  const queue = new RowQueue(sql, `insert into "${table}" (${columnsOf(table)})`);
  for (const row of rows) queue.add(...row.map(parameterOf));
  queue.flush();
}

function cellOf(type: FieldType, value: Parameter): Cell {
  return type === 'flag' ? value === 1 : value;
}

export function parameterOf(cell: Cell): Parameter {
  return typeof cell === 'boolean' ? Number(cell) : cell;
}
