/** Rows of a spreadsheet. @source discovery document sheets v4 (spreadsheets.values.get) @module */
import { z } from 'zod';
import { defineAction } from '../../core/connector.js';
import { parseJsonObject } from '../../core/json.js';
import { path } from '../../core/path.js';
import { SCOPES } from './scopes.js';

const TIMEOUT_MS = 60_000;

const RENDERED = { formatted: 'FORMATTED_VALUE', raw: 'UNFORMATTED_VALUE', formula: 'FORMULA' } as const;

const input = z.strictObject({
  spreadsheet: z
    .string()
    .regex(/^[\w-]{10,200}$/, 'it is no id of a spreadsheet; it is the long part of its address')
    .describe('id, the long part of its address'),
  range: z
    .string()
    .max(300)
    .regex(/^[^\p{Cc}]+$/u, 'it is no range')
    .describe("in A1 notation: Budget, Budget!A1:C, 'My sheet'!A:B"),
  values: z
    .enum(['formatted', 'raw', 'formula'])
    .optional()
    .describe('as people see them (text, the default), as numbers and truth values, or as formulas'),
});
const output = z.strictObject({
  range: z.string().describe('what was read, with its sheet'),
  rows: z
    .array(z.array(z.union([z.string(), z.number(), z.boolean()])))
    .describe('empty cells at the end of a row and empty rows at the end are left out'),
});

export const readRows = defineAction<z.output<typeof input>, z.output<typeof output>>({
  summary: 'Reads the rows of a range of a Google spreadsheet',
  effect: 'read',
  endpoint: 'GET /v4/spreadsheets/{spreadsheetId}/values/{range}',
  permissions: [SCOPES.readRows],
  input,
  output,
  target: ({ spreadsheet }) => ({ type: 'spreadsheet', id: spreadsheet }),
  touches: ({ spreadsheet }) => [{ type: 'spreadsheet', id: spreadsheet }],
  request: ({ spreadsheet, range, values = 'formatted' }) => ({
    method: 'GET',
    base: 'sheets',
    url: path`/v4/spreadsheets/${spreadsheet}/values/${range}`,
    query: {
      majorDimension: 'ROWS',
      valueRenderOption: RENDERED[values],
      // Days as people write them; as a number they count from 1899.
      ...(values !== 'formatted' && { dateTimeRenderOption: 'FORMATTED_STRING' }),
    },
  }),
  parse({ body }) {
    const { range, values = [] } = parseJsonObject(body) ?? {};
    return { range, rows: values };
  },
  idempotency: 'none',
  settleMs: 0,
  limits: () => [{ bucket: 'sheets' }],
  timeoutMs: TIMEOUT_MS,
});
