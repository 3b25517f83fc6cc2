/** CSV that a spreadsheet only shows: RFC 4180, and no cell that it would run as a formula. @module */

/** What makes a spreadsheet take a cell for a formula, in its full-width forms, too (some programs fold them). */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;
const NEEDS_QUOTES = /[",\r\n]/;

/** One row with its line end (CRLF, RFC 4180 section 2). Absent values are empty cells. */
export function csvRow(cells: readonly (string | number | boolean | undefined)[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(value: string | number | boolean | undefined): string {
  // A number we write ourselves may be negative and is no formula.
  if (typeof value !== 'string') return value === undefined ? '' : String(value);
  const inert = FORMULA.test(value) ? `'${value}` : value;
  return NEEDS_QUOTES.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}
