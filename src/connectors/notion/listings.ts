/**
 * Querying databases and searching.
 *
 * @source Notion's API description (data sources, search); @notionhq/client (QueryDataSourceParameters)
 * @module
 */
import { z } from 'zod';
import { defineAction } from '../../core/connector.js';
import { isObject } from '../../core/json.js';
import { path } from '../../core/path.js';
import { cursor, listedIn, PAGE_SIZE } from './listed.js';
import { pageFrom, pageSchema, plainText } from './page.js';
import { database, databaseLookUp, dataSourceLookUp, idOf, source, touchesDatabase } from './place.js';

const direction = z.enum(['ascending', 'descending']);
const sort = z.union([
  z.strictObject({ property: z.string().min(1).max(200), direction }),
  z.strictObject({ timestamp: z.enum(['created_time', 'last_edited_time']), direction }),
]);

const queryInput = z
  .strictObject({
    database: database.optional(),
    dataSource: source.optional(),
    filter: z
      .record(z.string(), z.unknown())
      .optional()
      .describe('in the form of Notion: { "property": "Status", "select": { "equals": "Open" } }'),
    sorts: z.array(sort).min(1).max(10).optional(),
    cursor,
  })
  .refine(({ database, dataSource }) => (database === undefined) !== (dataSource === undefined), {
    error: 'say either database or dataSource',
    path: ['database'],
  });
const queryOutput = z.strictObject({ pages: z.array(pageSchema), nextCursor: z.string().optional() });

const nextOf = (nextCursor: string | undefined) => (nextCursor === undefined ? {} : { nextCursor });

export const queryDatabase = defineAction<z.output<typeof queryInput>, z.output<typeof queryOutput>>({
  summary: 'Reads the pages of a Notion database, filtered and sorted',
  effect: 'read',
  endpoint: 'POST /data_sources/{data_source_id}/query',
  permissions: ['read content'],
  input: queryInput,
  output: queryOutput,
  target: ({ database, dataSource }) => ({ type: 'database', id: idOf(database ?? dataSource ?? '') }),
  touches: touchesDatabase,
  lookups: [databaseLookUp(), dataSourceLookUp()],
  request: ({ dataSource, filter, sorts, cursor }) => ({
    method: 'POST',
    url: path`/data_sources/${idOf(dataSource ?? '')}/query`,
    json: {
      ...(filter && { filter }),
      ...(sorts && { sorts }),
      page_size: PAGE_SIZE,
      ...(cursor && { start_cursor: cursor }),
    },
  }),
  parse(answer) {
    const { results, nextCursor } = listedIn(answer);
    // A data source may hold data sources; only pages are rows.
    const pages = results?.filter((one) => !(isObject(one) && one['object'] === 'data_source'));
    return { pages: pages?.map(pageFrom), ...nextOf(nextCursor) };
  },
  idempotency: 'none',
  settleMs: 0,
  pages: { items: 'pages' },
});

const searchInput = z.strictObject({
  words: z.string().max(500).optional().describe('in the title; without them everything that is shared'),
  kind: z.enum(['page', 'dataSource']).optional(),
  cursor,
});
const searchOutput = z.strictObject({
  results: z.array(
    z.strictObject({ kind: z.enum(['page', 'dataSource']), id: z.string(), title: z.string(), url: z.string() }),
  ),
  nextCursor: z.string().optional(),
});

function resultFrom(value: unknown): unknown {
  if (!isObject(value)) return undefined;
  const { object, id, url, title } = value;
  if (object === 'data_source') return { kind: 'dataSource', id, title: plainText(title), url };
  const page = pageFrom(value);
  return isObject(page) && object === 'page' ? { kind: 'page', id, title: page['title'], url } : undefined;
}

export const search = defineAction<z.output<typeof searchInput>, z.output<typeof searchOutput>>({
  summary: 'Searches the pages and databases that are shared with the integration, by title, edited last first',
  effect: 'read',
  endpoint: 'POST /search',
  permissions: ['read content'],
  input: searchInput,
  output: searchOutput,
  target: () => ({ type: 'workspace', id: '*' }),
  request: ({ words, kind, cursor }) => ({
    method: 'POST',
    url: '/search',
    json: {
      ...(words && { query: words }),
      ...(kind && { filter: { property: 'object', value: kind === 'page' ? 'page' : 'data_source' } }),
      page_size: PAGE_SIZE,
      ...(cursor && { start_cursor: cursor }),
    },
  }),
  parse(answer) {
    const { results, nextCursor } = listedIn(answer);
    return { results: results?.map(resultFrom), ...nextOf(nextCursor) };
  },
  idempotency: 'none',
  settleMs: 0,
  pages: { items: 'results' },
});
