/** Plain tables of the neutral form: what SQL and which values they have here, and rows put in many at a time. @module */
import { keyText } from '../../core/key-text.js';
import { plainTable, type Cell, type FieldType, type PlainName, type PlainRow } from '../../core/portable.js';
import { byteaArray, int8Array, textArray } from './arrays.js';
import type { Parameter, Sql } from './database.js';

/** Rows of one page. Values are small, tiles (8 KiB) are the largest. */
const PAGE = 500;

/** `user` is a word of PostgreSQL's own. */
const RENAMED: Partial<Record<PlainName, Readonly<Record<string, string>>>> = { connection: { user: 'person' } };

/** What only this driver keeps, and what it begins with. */
const EXTRA: Partial<Record<PlainName, Readonly<Record<string, string>>>> = { renewal: { interrupted: 'false' } };

const columnOf = (table: PlainName, field: string): string => `"${RENAMED[table]?.[field] ?? field}"`;

export async function* rowsOf(sql: Sql, table: PlainName): AsyncGenerator<PlainRow[]> {
  const { fields, order, renumber } = plainTable(table);
  const names = Object.keys(fields);
  const columns = names.map((field) => columnOf(table, field));
  const keys = order.map((field) => columnOf(table, field)).join(', ');
  const select = `select ${columns.join(', ')} from fairlead."${table}"`;
  const after = order.map((_, at) => `$${at + 1}`).join(', ');
  const first = `${select} order by ${keys} limit ${PAGE}`;
  const next = `${select} where (${keys}) > (${after}) order by ${keys} limit ${PAGE}`;
  let count = 0;
  for (let last: Parameter[] = []; ;) {
    const found = await sql.all<Record<string, Cell>>(last.length === 0 ? first : next, ...last);
    if (found.length === 0) return;
    last = order.map((field) => found.at(-1)![unquoted(columnOf(table, field))]!);
    yield found.map((row) => {
      count += 1;
      return names.map((field, at) => (field === renumber ? count : row[unquoted(columns[at]!)]!));
    });
  }
}

const unquoted = (name: string): string => name.slice(1, -1);

export async function addRows(sql: Sql, table: PlainName, rows: readonly PlainRow[]): Promise<void> {
  const fields = Object.entries(plainTable(table).fields);
  const columns = Object.fromEntries(fields.map(([field, type]) => [RENAMED[table]?.[field] ?? field, type]));
  const names = Object.keys(columns);
  const named = rows.map((row) => Object.fromEntries(row.map((cell, at) => [names[at]!, cell])));
  await insertRows(sql, table, columns, named, EXTRA[table]);
}

/** Columns by name with what they hold; `list` is an array of numbers as text, `{1,2}`. */
export type Columns = Readonly<Record<string, FieldType | 'list'>>;

/** One statement with one parameter a column, however many rows there are. */
export async function insertRows(
  sql: Sql,
  table: string,
  columns: Columns,
  rows: readonly Readonly<Record<string, Cell>>[],
  constants: Readonly<Record<string, string>> = {},
): Promise<void> {
  if (rows.length === 0) return;
  const given = Object.entries(columns);
  const names = [...Object.keys(columns), ...Object.keys(constants)].map((name) => `"${name}"`).join(', ');
  const casts = given.map(([, type], at) => `c${at}${CAST[type] ?? ''}`);
  const arrays = given.map(([, type], at) => `$${at + 1}::${ARRAY[type]}`).join(', ');
  await sql.run(
    `insert into fairlead."${table}" (${names}) overriding system value
      select ${[...casts, ...Object.values(constants)].join(', ')}
        from unnest(${arrays}) as given(${given.map((_, at) => `c${at}`).join(', ')})`,
    ...given.map(([name, type]) =>
      arrayOf(
        type,
        rows.map((row) => row[name] ?? undefined),
      ),
    ),
  );
}

const ARRAY: Readonly<Record<FieldType | 'list', string>> = {
  number: 'bigint[]',
  flag: 'text[]',
  text: 'text[]',
  key: 'text[]',
  bytes: 'bytea[]',
  list: 'text[]',
};
const CAST: Partial<Record<FieldType | 'list', string>> = { flag: '::boolean', list: '::integer[]' };

function arrayOf(type: FieldType | 'list', values: readonly (Cell | undefined)[]): Buffer {
  switch (type) {
    case 'number':
      return int8Array(values as (number | undefined)[]);
    case 'bytes':
      return byteaArray(values as (Uint8Array | undefined)[]);
    case 'flag':
      return textArray(values.map((value) => (value === undefined ? undefined : String(value))));
    case 'key':
      return textArray(values.map((value) => (value === undefined ? undefined : keyText(value as string))));
    default:
      return textArray(values as (string | undefined)[]);
  }
}
