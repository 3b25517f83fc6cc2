/** Which files there are. @source discovery document drive v3 (files.list, files.get); the language of `q` from memory @module */
import { z } from 'zod';
import { defineAction } from '../../core/connector.js';
import { parseJsonObject } from '../../core/json.js';
import { path } from '../../core/path.js';
import { file, FILE_FIELDS, fileFrom, fileId } from './file.js';
import { findFile, touchesFile } from './find-file.js';
import { cursor, each, nextPage } from './pages.js';
import { SCOPES } from './scopes.js';

const PAGE_SIZE = 100;

/** Files of shared drives, too. */
export const ALL_DRIVES = { supportsAllDrives: true } as const;

const listInput = z.strictObject({
  folder: fileId.optional().describe('only what lies directly in this folder'),
  name: z.string().min(1).max(200).optional().describe('words with which parts of the name begin'),
  mimeType: z
    .string()
    .regex(/^[\w.+-]{1,100}\/[\w.+-]{1,100}$/, 'it is no media type, e.g. text/csv')
    .optional(),
  isTrashed: z.boolean().optional().describe('what lies in the bin; default: what does not'),
  orderBy: z.enum(['name', 'modifiedTime', 'modifiedTime desc']).optional(),
  cursor,
});
const listOutput = z.strictObject({ files: z.array(file), nextCursor: z.string().optional() });

/** A text inside of a query. */
const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

function queryOf({ folder, name, mimeType, isTrashed = false }: z.output<typeof listInput>): string {
  const terms = [
    ...(folder === undefined ? [] : [`${quoted(folder)} in parents`]),
    ...(name === undefined ? [] : [`name contains ${quoted(name)}`]),
    ...(mimeType === undefined ? [] : [`mimeType = ${quoted(mimeType)}`]),
    `trashed = ${isTrashed}`,
  ];
  return terms.join(' and ');
}

export const listFiles = defineAction<z.output<typeof listInput>, z.output<typeof listOutput>>({
  summary: 'Lists files and folders in Google Drive',
  effect: 'read',
  endpoint: 'GET /drive/v3/files',
  permissions: [SCOPES.readFileFacts],
  input: listInput,
  output: listOutput,
  target: ({ folder = '*' }) => ({ type: 'folder', id: folder }),
  touches: ({ folder }) => (folder === undefined ? [] : [{ type: 'folder', id: folder }]),
  request: ({ cursor, orderBy, ...asked }) => ({
    method: 'GET',
    url: '/drive/v3/files',
    query: {
      q: queryOf(asked),
      orderBy,
      pageSize: PAGE_SIZE,
      pageToken: cursor,
      fields: `nextPageToken,files(${FILE_FIELDS})`,
      includeItemsFromAllDrives: true,
      ...ALL_DRIVES,
    },
  }),
  parse({ body }) {
    const listing = parseJsonObject(body);
    return { files: each(listing?.['files'], fileFrom), ...nextPage(listing) };
  },
  idempotency: 'none',
  settleMs: 0,
  limits: () => [{ bucket: 'drive' }],
  pages: { items: 'files' },
});

const getInput = z.strictObject({ file: fileId });

export const getFile = defineAction<z.output<typeof getInput>, z.output<typeof file>>({
  summary: 'Reads the facts of one file or folder in Google Drive, without its content',
  effect: 'read',
  endpoint: 'GET /drive/v3/files/{fileId}',
  permissions: [SCOPES.readFileFacts],
  input: getInput,
  output: file,
  target: ({ file }) => ({ type: 'file', id: file }),
  touches: touchesFile,
  lookups: [findFile('the file itself')],
  request: ({ file }) => ({
    method: 'GET',
    url: path`/drive/v3/files/${file}`,
    query: { fields: FILE_FIELDS, ...ALL_DRIVES },
  }),
  parse: ({ body }) => fileFrom(parseJsonObject(body)),
  idempotency: 'none',
  settleMs: 0,
  limits: () => [{ bucket: 'drive' }],
});
