/** Rows of comma-separated values. @source RFC 4180 @module */

const DELIMITERS = [',', ';', '\t', '|'] as const;
export type Delimiter = (typeof DELIMITERS)[number];

/** The delimiter that the first line has most of, outside of quotes; a comma where it has none. */
export function csvDelimiter(text: string): Delimiter {
  const [line = ''] = /^(?:"(?:[^"]|"")*"?|[^"\r\n])*/.exec(text.slice(0, LINE_CHARACTERS_SEARCHED)) ?? [];
  const bare = line.replaceAll(/"(?:[^"]|"")*"?/g, '');
  const counts = DELIMITERS.map((delimiter) => bare.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))]!;
}

const LINE_CHARACTERS_SEARCHED = 10_000;

export interface CsvRows {
  rows: string[][];
  /** There are more than were wanted. */
  isCut: boolean;
}

/**
 * One pass over the text. Lines end in CRLF, LF or CR; empty lines are no rows; a quote that is never closed lasts to the
 * end; what follows a closing quote is taken as it is.
 */
export function parseCsv(text: string, { delimiter, rowsMax }: { delimiter: Delimiter; rowsMax: number }): CsvRows {
  const rows: string[][] = [];
  let at = 0;
  while (at < text.length) {
    const row = readRow(text, at, delimiter);
    at = row.end;
    if (row.fields.length === 1 && row.fields[0] === '') continue;
    if (rows.length === rowsMax) return { rows, isCut: true };
    rows.push(row.fields);
  }
  return { rows, isCut: false };
}

function readRow(text: string, start: number, delimiter: Delimiter): { fields: string[]; end: number } {
  const fields: string[] = [];
  let at = start;
  for (;;) {
    const field = text[at] === '"' ? readQuoted(text, at, delimiter) : readPlain(text, at, delimiter);
    fields.push(field.value);
    at = field.end;
    if (text[at] !== delimiter) break;
    at++;
  }
  if (text[at] === '\r') at++;
  return { fields, end: text[at] === '\n' ? at + 1 : at };
}

interface Field {
  value: string;
  /** Where its delimiter or line end stands. */
  end: number;
}

function readPlain(text: string, start: number, delimiter: Delimiter): Field {
  let end = start;
  while (end < text.length && text[end] !== delimiter && text[end] !== '\n' && text[end] !== '\r') end++;
  return { value: text.slice(start, end), end };
}

function readQuoted(text: string, start: number, delimiter: Delimiter): Field {
  const parts: string[] = [];
  let from = start + 1;
  for (;;) {
    const quote = text.indexOf('"', from);
    if (quote < 0) return { value: parts.join('') + text.slice(from), end: text.length };
    parts.push(text.slice(from, quote));
    from = quote + 1;
    if (text[from] !== '"') break;
    parts.push('"');
    from++;
  }
  const rest = readPlain(text, from, delimiter);
  return { value: parts.join('') + rest.value, end: rest.end };
}
