/**
 * What results look like: a table for people, tabs for pipes, JSON for programs. Text of strangers is in all of them,
 * and can steer none of them.
 *
 * @module
 */
import { AppError } from '../../core/errors.js';
import { valueAt } from '../../core/json.js';
import { terminalSafe } from '../../core/text.js';

/** The field of an output that holds rows, and the columns that are worth showing. */
export interface TableShape {
  rows: string;
  columns: readonly string[];
  /** What is said when there are no rows. */
  empty?: string;
}

export interface RenderStyle {
  isTty: boolean;
  columns: number;
  color: boolean;
}

export function renderText(output: unknown, table: TableShape | undefined, style: RenderStyle): string {
  if (table === undefined) return tree(output, 0);
  const rows = rowsOf(output, table);
  const cells = rows.map((row) => table.columns.map((column) => cell(valueAt(row, column))));
  if (!style.isTty) return cells.map((row) => `${row.join('\t')}\n`).join('');
  return cells.length === 0 ? '' : aligned([table.columns.map(heading), ...cells], style);
}

/** Whole, or the fields that were asked for: of each row where the output is a list. */
export function renderJson(
  output: unknown,
  fields: true | readonly string[],
  table: TableShape | undefined,
  isTty: boolean,
): string {
  const picked = fields === true ? output : pick(output, fields, table);
  return `${escapeJson(JSON.stringify(picked ?? null, null, isTty ? 2 : undefined))}\n`;
}

/** In JSON everything that steers a terminal can be written as an escape, and means the same. */
export function escapeJson(json: string): string {
  return json.replace(DISGUISES, (character) =>
    Array.from(
      { length: character.length },
      (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}

const DISGUISES =
  /[\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

function pick(output: unknown, fields: readonly string[], table: TableShape | undefined): unknown {
  const of = (row: unknown): Record<string, unknown> =>
    Object.fromEntries(
      fields.flatMap((field) => {
        const value = valueAt(row, field);
        return value === undefined ? [] : [[field, value]];
      }),
    );
  const rows = table === undefined ? [output] : rowsOf(output, table);
  const unknown =
    rows.length === 0 ? undefined : fields.find((field) => rows.every((row) => valueAt(row, field) === undefined));
  if (unknown !== undefined) {
    const known = [...new Set(rows.flatMap((row) => Object.keys(Object(row) as object)))].join(', ');
    throw new AppError('invalid_argument', { argument: 'json', problem: `no field "${unknown}"; there are ${known}` });
  }
  return table === undefined ? of(output) : rows.map(of);
}

function rowsOf(output: unknown, table: TableShape): unknown[] {
  const rows = valueAt(output, table.rows);
  return Array.isArray(rows) ? rows : [];
}

function cell(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return terminalSafe(text).replace(/[\n\t]/g, ' ');
}

/** `receivedAt` as `RECEIVED AT`. */
function heading(column: string): string {
  return column
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/\./g, ' ')
    .toUpperCase();
}

const GAP = 2;
const LAST_COLUMN_MIN = 12;

/** Only the last column is cut to the width of the terminal: the others are what people copy. */
function aligned(rows: readonly (readonly string[])[], style: RenderStyle): string {
  const last = rows[0]!.length - 1;
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const before = widths.slice(0, last).reduce((sum, width) => sum + width + GAP, 0);
  const room = Math.max(style.columns - before, LAST_COLUMN_MIN);
  return rows
    .map((row, index) => {
      const line = row
        .map((text, column) => (column === last ? cut(text, room) : text.padEnd(widths[column]! + GAP)))
        .join('')
        .trimEnd();
      return `${index === 0 && style.color ? bold(line) : line}\n`;
    })
    .join('');
}

function cut(text: string, room: number): string {
  return text.length <= room ? text : `${text.slice(0, room - 1)}…`;
}

export function bold(text: string): string {
  return `\u001b[1m${text}\u001b[22m`;
}

const DEPTH_MAX = 32;

/** `name: value` lines, nested by two spaces; a list has one `-` an item. */
function tree(value: unknown, depth: number): string {
  const indent = '  '.repeat(depth);
  if (typeof value !== 'object' || value === null) return `${indent}${scalar(value)}\n`;
  if (depth > DEPTH_MAX) return `${indent}…\n`;
  if (Array.isArray(value)) return value.map((item) => `${indent}- ${tree(item, depth + 1).trimStart()}`).join('');
  return Object.entries(value)
    .filter(([, part]) => part !== undefined)
    .map(([name, part]) => `${indent}${terminalSafe(name)}:${below(part, depth)}`)
    .join('');
}

function below(part: unknown, depth: number): string {
  if (typeof part !== 'object' || part === null) return ` ${scalar(part)}\n`;
  const empty = Array.isArray(part) ? part.length === 0 : Object.keys(part).length === 0;
  if (empty) return Array.isArray(part) ? ' []\n' : ' {}\n';
  return `\n${tree(part, depth + 1)}`;
}

function scalar(value: unknown): string {
  return terminalSafe(value === null ? '-' : String(value)).replace(/\n/g, '\n    ');
}
