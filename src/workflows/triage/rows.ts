/** Rows of a support list, from a spreadsheet or a CSV file, each with a key that stays its own. @module */
import { AppError } from '../../core/errors.js';
import { digest, read, type RunOperation } from '../steps.js';

export type TriageSource =
  | { sheet: string; range: string }
  /** Id of a file in Google Drive. */
  | { csv: string };

export interface SupportRow {
  /** What the key column says, else a digest of the whole row. */
  key: string;
  /** Names the row for good: of its source and its key. */
  mark: string;
  /** In the list, the first row below the names being 1. */
  place: number;
  /** Empty cells are left out. */
  cells: { column: string; value: string }[];
}

const KEY_COLUMNS = ['id', 'key', 'ticket', 'ticket id', 'number', 'case'];

/** @param keyColumn default: the first of `id`, `key`, `ticket`, ... that there is */
export async function readSupportRows(
  run: RunOperation,
  source: TriageSource,
  { keyColumn, connection }: { keyColumn?: string; connection?: string },
): Promise<SupportRow[]> {
  const { columns, rows } = await readTable(run, source, connection);
  const name = 'csv' in source ? `csv:${source.csv}` : `sheet:${source.sheet}:${source.range.split('!')[0]}`;
  const index = keyIndex(columns, keyColumn);
  return rows.flatMap((values, at): SupportRow[] => {
    const cells = values.flatMap((value, column) => {
      const text = value.trim();
      return text === '' ? [] : [{ column: columns[column] || `column ${column + 1}`, value: text }];
    });
    if (cells.length === 0) return [];
    const own = index === undefined ? '' : (values[index] ?? '').trim();
    const key = own === '' ? digest(cells.map(({ column, value }) => [column, value])) : own;
    return [{ key, mark: digest({ source: name, key }), place: at + 1, cells }];
  });
}

async function readTable(
  run: RunOperation,
  source: TriageSource,
  connection: string | undefined,
): Promise<{ columns: string[]; rows: string[][] }> {
  if ('csv' in source) {
    const { csv: file } = source;
    const table = await read<{ columns: string[]; rows: string[][]; isCut: boolean }>(
      run,
      'google.readCsv',
      { file },
      connection,
    );
    if (table.isCut) throw tooLong('csv');
    return table;
  }
  const { sheet: spreadsheet, range } = source;
  const { rows } = await read<{ rows: (string | number | boolean)[][] }>(
    run,
    'google.readRows',
    { spreadsheet, range },
    connection,
  );
  const [columns = [], ...rest] = rows.map((row) => row.map(String));
  return { columns: columns.map((one) => one.trim()), rows: rest };
}

function keyIndex(columns: readonly string[], wanted: string | undefined): number | undefined {
  const names = columns.map((one) => one.trim().toLowerCase());
  const index = (wanted === undefined ? KEY_COLUMNS : [wanted.toLowerCase()])
    .map((one) => names.indexOf(one))
    .find((at) => at >= 0);
  if (index === undefined && wanted !== undefined)
    throw new AppError('invalid_argument', {
      argument: 'key',
      problem: `there is no column "${wanted.slice(0, 100)}"`,
    });
  return index;
}

const tooLong = (argument: string): AppError =>
  new AppError('invalid_argument', { argument, problem: 'it has more rows than are read at once; split it' });
