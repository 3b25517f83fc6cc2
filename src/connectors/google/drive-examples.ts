/** What is sent to Drive and Sheets and what is read from their answers. Run as tests by the connector suite. @module */
import type { CallExample } from '../../core/connector.js';
import { FILE_FIELDS } from './file.js';

const ID = '1AbCdEfGhIjKlMnOpQrStUvWxYz';
const FOLDER = '0AFolderFolderFolder';
const FACTS = {
  id: ID,
  name: 'orders.csv',
  mimeType: 'text/csv',
  parents: [FOLDER],
  size: '42',
  trashed: false,
  createdTime: '2026-01-05T09:00:00.000Z',
  modifiedTime: '2026-01-06T09:00:00.000Z',
  webViewLink: `https://drive.google.com/file/d/${ID}/view`,
};
const SHEET = { id: ID, name: 'Budget', mimeType: 'application/vnd.google-apps.spreadsheet', parents: [FOLDER] };
const FILE = {
  id: ID,
  name: 'orders.csv',
  mimeType: 'text/csv',
  isFolder: false,
  size: 42,
  folder: FOLDER,
  isTrashed: false,
  createdAt: '2026-01-05T09:00:00.000Z',
  modifiedAt: '2026-01-06T09:00:00.000Z',
  url: `https://drive.google.com/file/d/${ID}/view`,
};
const MEDIA = {
  method: 'GET',
  url: `/drive/v3/files/${ID}`,
  query: { alt: 'media', supportsAllDrives: true },
  headers: { accept: '*/*' },
} as const;

export const driveCalls: Readonly<Record<string, readonly CallExample[]>> = {
  listFiles: [
    {
      input: {
        folder: FOLDER,
        name: "Ada's \\ notes",
        mimeType: 'text/csv',
        orderBy: 'modifiedTime desc',
        cursor: 'c1',
      },
      request: {
        method: 'GET',
        url: '/drive/v3/files',
        query: {
          q: `'${FOLDER}' in parents and name contains 'Ada\\'s \\\\ notes' and mimeType = 'text/csv' and trashed = false`,
          orderBy: 'modifiedTime desc',
          pageSize: 100,
          pageToken: 'c1',
          fields: `nextPageToken,files(${FILE_FIELDS})`,
          includeItemsFromAllDrives: true,
          supportsAllDrives: true,
        },
      },
      answer: { body: { files: [FACTS], nextPageToken: 'c2' } },
      output: { files: [FILE], nextCursor: 'c2' },
    },
  ],
  getFile: [
    {
      input: { file: ID },
      lookups: [{ body: FACTS }],
      request: {
        method: 'GET',
        url: `/drive/v3/files/${ID}`,
        query: { fields: FILE_FIELDS, supportsAllDrives: true },
      },
      answer: {
        body: { ...SHEET, mimeType: 'application/vnd.google-apps.shortcut', shortcutDetails: { targetId: 'x' } },
      },
      output: {
        id: ID,
        name: 'Budget',
        mimeType: 'application/vnd.google-apps.shortcut',
        isFolder: false,
        folder: FOLDER,
        shortcutTo: 'x',
        isTrashed: false,
      },
    },
  ],
  readFile: [
    {
      input: { file: ID },
      lookups: [{ body: FACTS }],
      request: MEDIA,
      answer: { body: 'Grüße' },
      output: { id: ID, name: 'orders.csv', mimeType: 'text/csv', bytes: 7, encoding: 'utf-8', content: 'Grüße' },
    },
    {
      input: { file: ID, exportAs: 'application/pdf' },
      lookups: [{ body: SHEET }],
      request: {
        method: 'GET',
        url: `/drive/v3/files/${ID}/export`,
        query: { mimeType: 'application/pdf' },
        headers: { accept: '*/*' },
      },
      answer: { body: '%PDF' },
      output: { id: ID, name: 'Budget', mimeType: 'application/pdf', bytes: 4, encoding: 'utf-8', content: '%PDF' },
    },
  ],
  readCsv: [
    {
      input: { file: ID, maxRows: 1 },
      lookups: [{ body: { ...FACTS, id: 'shortcut', shortcutDetails: { targetId: ID } } }, { body: FACTS }],
      request: MEDIA,
      answer: { body: 'order;note\r\n1;"a ""b"";c"\r\n2;x\r\n' },
      output: {
        id: ID,
        name: 'orders.csv',
        columns: ['order', 'note'],
        rows: [['1', 'a "b";c']],
        isCut: true,
        encoding: 'utf-8',
      },
    },
  ],
  readRows: [
    {
      input: { spreadsheet: ID, range: "'My sheet'!A1:C", values: 'raw' },
      request: {
        method: 'GET',
        url: `https://sheets.googleapis.com/v4/spreadsheets/${ID}/values/'My%20sheet'!A1%3AC`,
        query: {
          majorDimension: 'ROWS',
          valueRenderOption: 'UNFORMATTED_VALUE',
          dateTimeRenderOption: 'FORMATTED_STRING',
        },
      },
      answer: { body: { range: "'My sheet'!A1:C1000", majorDimension: 'ROWS', values: [['Rent', 1200.5, true], []] } },
      output: { range: "'My sheet'!A1:C1000", rows: [['Rent', 1200.5, true], []] },
    },
    {
      input: { spreadsheet: ID, range: 'Empty' },
      answer: { body: { range: 'Empty!A1:Z1000', majorDimension: 'ROWS' } },
      output: { range: 'Empty!A1:Z1000', rows: [] },
    },
  ],
};
