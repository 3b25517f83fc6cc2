/**
 * Values of spreadsheets by range.
 *
 * @source discovery document sheets v4 (spreadsheets.values.get); the words of refusals from memory
 * @module
 */
import { jsonReply, type Routes, type SandboxReply } from '../kit/index.js';
import { invalid, notFound, type GoogleCall } from './answers.js';
import { asked } from './fields.js';
import { SCOPES } from './scopes.js';
import type { Cell, GoogleState, Spreadsheet } from './state.js';

export const sheetRoutes: Routes<GoogleState> = {
  'GET /v4/spreadsheets/:spreadsheet/values/:range': { scopes: SCOPES.readRows, run: getValues },
};

const RENDERS = new Set(['FORMATTED_VALUE', 'UNFORMATTED_VALUE', 'FORMULA']);
const A1 = /^([A-Z]{1,3})?(\d{1,7})?(?::([A-Z]{1,3})?(\d{1,7})?)?$/;

function getValues(call: GoogleCall): SandboxReply {
  const spreadsheet = call.state.spreadsheets.find(({ id }) => id === call.params['spreadsheet']);
  if (spreadsheet === undefined) return notFound(call, 'Requested entity was not found.');
  const render = asked(call, 'valueRenderOption') ?? 'FORMATTED_VALUE';
  if (!RENDERS.has(render)) return invalid(call, `Invalid value at 'value_render_option': "${render}"`);
  const area = areaOf(spreadsheet, call.params['range'] ?? '');
  if (area === undefined) return invalid(call, `Unable to parse range: ${call.params['range']}`);
  const { title, rows, from, to } = area;
  const cut = rows.slice(from.row, to.row).map((row) => withoutEnd(row.slice(from.column, to.column)));
  while (cut.length > 0 && cut.at(-1)!.length === 0) cut.pop();
  const values = cut.map((row) => row.map((cell) => (render === 'FORMATTED_VALUE' ? formatted(cell) : cell)));
  return jsonReply(200, {
    range: `${title}!${nameOf(from)}:${nameOf({ row: to.row - 1, column: to.column - 1 })}`,
    majorDimension: 'ROWS',
    ...(values.length > 0 && { values }),
  });
}

interface Place {
  row: number;
  column: number;
}

const ROWS_MAX = 1000;
const COLUMNS_MAX = 26;

/** `Sheet`, `A1:B2`, `Sheet!A1:B2`, `'The sheet'!A:B`. */
function areaOf({ sheets }: Spreadsheet, range: string) {
  const bang = range.lastIndexOf('!');
  const named = sheets.find(({ title }) => title === unquoted(bang < 0 ? range : range.slice(0, bang)));
  const sheet = named ?? (bang < 0 ? sheets[0] : undefined);
  if (sheet === undefined) return undefined;
  const cells = bang < 0 ? (named === undefined ? range : '') : range.slice(bang + 1);
  const match = A1.exec(cells);
  if (match === null || (bang >= 0 && cells === '')) return undefined;
  const [, column, row, lastColumn, lastRow] = match;
  const isSingle = !cells.includes(':') && cells !== '';
  const from = { row: row === undefined ? 0 : Number(row) - 1, column: column === undefined ? 0 : columnOf(column) };
  const to = isSingle
    ? { row: from.row + 1, column: from.column + 1 }
    : {
        row: lastRow === undefined ? ROWS_MAX : Number(lastRow),
        column: lastColumn === undefined ? COLUMNS_MAX : columnOf(lastColumn) + 1,
      };
  return { ...sheet, from, to };
}

const unquoted = (name: string): string => name.replace(/^'(.*)'$/, '$1').replaceAll("''", "'");

function columnOf(letters: string): number {
  return [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

function nameOf({ row, column }: Place): string {
  return `${String.fromCharCode(65 + Math.min(column, COLUMNS_MAX - 1))}${row + 1}`;
}

function withoutEnd(row: readonly Cell[]): Cell[] {
  const last = row.findLastIndex((cell) => cell !== '');
  return row.slice(0, last + 1);
}

function formatted(cell: Cell): string {
  if (typeof cell === 'boolean') return cell ? 'TRUE' : 'FALSE';
  return typeof cell === 'number' ? cell.toLocaleString('en-US') : cell;
}
