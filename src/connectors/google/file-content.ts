/**
 * What a file holds: bytes as they are stored, or a Google document exported.
 *
 * @source discovery document drive v3 (files.get with alt=media); files.export and its media types from memory
 * @module
 */
import { z } from 'zod';
import { defineAction, type ActionRequest } from '../../core/connector.js';
import { AppError } from '../../core/errors.js';
import { path } from '../../core/path.js';
import { csvDelimiter, parseCsv } from '../../core/csv.js';
import { fileId } from './file.js';
import { ALL_DRIVES } from './files.js';
import { findFile, touchesFile, type FoundFile } from './find-file.js';
import { SCOPES } from './scopes.js';
import { decodedText, strictUtf8 } from './text.js';

/** More is not held in memory, nor put into an output. */
const BYTES_MAX = 8 * 1024 * 1024;
const TIMEOUT_MS = 60_000;

/** As what a Google document is read unless something else is asked for. */
const EXPORTS: Readonly<Record<string, string>> = {
  'application/vnd.google-apps.document': 'text/plain',
  'application/vnd.google-apps.spreadsheet': 'text/csv',
  'application/vnd.google-apps.presentation': 'text/plain',
  'application/vnd.google-apps.drawing': 'image/svg+xml',
  'application/vnd.google-apps.script': 'application/vnd.google-apps.script+json',
};
const OF_GOOGLE = 'application/vnd.google-apps.';

type Wanted = FoundFile & { exportAs?: string | undefined };

/** Of which media type the content will be; of what is exported, as what. */
function typesOf({ facts, exportAs }: Wanted): { mimeType: string; exported?: string } {
  const mimeType = facts?.mimeType ?? 'application/octet-stream';
  const isOfGoogle = mimeType.startsWith(OF_GOOGLE);
  if (!isOfGoogle && exportAs !== undefined)
    throw cannotBeRead(`only Google documents are exported; it is ${mimeType}`);
  if (!isOfGoogle) return { mimeType };
  const exported = exportAs ?? (Object.hasOwn(EXPORTS, mimeType) ? EXPORTS[mimeType] : undefined);
  if (exported === undefined) throw cannotBeRead(`it has no content to read: ${mimeType.slice(OF_GOOGLE.length)}`);
  return { mimeType: exported, exported };
}

const cannotBeRead = (problem: string): AppError<'invalid_argument'> =>
  new AppError('invalid_argument', { argument: 'file', problem });

/** @throws AppError `invalid_argument` for what has no content, and for what is too large */
function contentRequest(input: Wanted): ActionRequest {
  const { file, facts } = input;
  const { exported } = typesOf(input);
  if ((facts?.size ?? 0) > BYTES_MAX) throw cannotBeRead(`it has ${facts?.size} bytes; at most ${BYTES_MAX} are read`);
  const headers = { accept: '*/*' };
  if (exported !== undefined) {
    return { method: 'GET', url: path`/drive/v3/files/${file}/export`, query: { mimeType: exported }, headers };
  }
  return { method: 'GET', url: path`/drive/v3/files/${file}`, query: { alt: 'media', ...ALL_DRIVES }, headers };
}

const readInput = z.strictObject({
  file: fileId,
  exportAs: z
    .string()
    .regex(/^[\w.+-]{1,100}\/[\w.+-]{1,100}$/, 'it is no media type, e.g. application/pdf')
    .optional()
    .describe('for Google documents; default: text, or CSV of the first sheet'),
});
const readOutput = z.strictObject({
  id: z.string(),
  name: z.string(),
  mimeType: z.string(),
  bytes: z.int(),
  encoding: z.enum(['utf-8', 'base64']).describe('utf-8 where the content is text'),
  content: z.string(),
});

const BOTH = {
  effect: 'read',
  endpoint: 'GET /drive/v3/files/{fileId}',
  permissions: [SCOPES.readFiles],
  target: ({ file }: FoundFile) => ({ type: 'file', id: file }),
  touches: touchesFile,
  idempotency: 'none',
  settleMs: 0,
  limits: () => [{ bucket: 'drive' }],
  timeoutMs: TIMEOUT_MS,
  maxAnswerBytes: BYTES_MAX,
} as const;

export const readFile = defineAction<z.output<typeof readInput>, z.output<typeof readOutput>>({
  ...BOTH,
  summary: 'Reads the content of a file in Google Drive, up to 8 MiB; Google documents are exported',
  input: readInput,
  output: readOutput,
  lookups: [findFile('where a shortcut leads')],
  request: contentRequest,
  parse({ body }, input: Wanted) {
    const text = strictUtf8(body);
    return {
      id: input.file,
      name: input.facts?.name ?? '',
      mimeType: typesOf(input).mimeType,
      bytes: body.byteLength,
      encoding: text === undefined ? 'base64' : 'utf-8',
      content: text ?? Buffer.from(body).toString('base64'),
    };
  },
});

const ROWS_MAX = 100_000;
const ROWS_DEFAULT = 10_000;

const csvInput = z.strictObject({
  file: fileId,
  delimiter: z.enum([',', ';', '\t', '|']).optional().describe('default: the one that its first line has most of'),
  hasHeader: z.boolean().optional().describe('whether the first line names the columns; default: yes'),
  maxRows: z.int().positive().max(ROWS_MAX).optional().describe(`default: ${ROWS_DEFAULT}`),
});
type CsvInput = z.output<typeof csvInput>;

const csvOutput = z.strictObject({
  id: z.string(),
  name: z.string(),
  columns: z.array(z.string()).describe('names; empty without a first line that has them'),
  rows: z.array(z.array(z.string())).describe('as they are in the file: a row may be shorter or longer than columns'),
  isCut: z.boolean().describe('whether there are more rows'),
  encoding: z.enum(['utf-8', 'utf-16le', 'windows-1252']),
});

export const readCsv = defineAction<CsvInput, z.output<typeof csvOutput>>({
  ...BOTH,
  summary: 'Reads the rows of a CSV file in Google Drive, or of the first sheet of a spreadsheet',
  input: csvInput,
  output: csvOutput,
  lookups: [findFile('where a shortcut leads')],
  request: ({ file, facts }: FoundFile) => contentRequest({ file, ...(facts && { facts }) }),
  parse({ body }, { file, facts, delimiter, hasHeader = true, maxRows = ROWS_DEFAULT }: CsvInput & FoundFile) {
    const { text, encoding } = decodedText(body);
    const { rows, isCut } = parseCsv(text, {
      delimiter: delimiter ?? csvDelimiter(text),
      rowsMax: maxRows + (hasHeader ? 1 : 0),
    });
    const columns = hasHeader ? (rows.shift() ?? []) : [];
    return { id: file, name: facts?.name ?? '', columns, rows, isCut, encoding };
  },
});
