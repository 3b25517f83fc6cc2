/**
 * Making, changing and reading pages, and adding to what stands on them.
 *
 * @source Notion's API description (pages, block children); @notionhq/client (CreatePageParameters)
 * @module
 */
import { z } from 'zod';
import { defineAction } from '../../core/connector.js';
import { parseJsonObject, valueAt } from '../../core/json.js';
import { path } from '../../core/path.js';
import { found, next, NOT_FOUND, UNDECIDED } from '../../core/verdict.js';
import { blocksOf, content, isOne, isShort, ONE_ONLY, TOO_LONG } from './content.js';
import { isNew, listedIn, PAGE_SIZE, SETTLES } from './listed.js';
import { reconcileMade } from './made.js';
import { hasAll, pageFrom, pageSchema, properties, title, titleProperty, type Page } from './page.js';
import {
  database,
  databaseLookUp,
  dataSourceLookUp,
  idOf,
  page,
  pageLookUp,
  source,
  touchesDatabase,
  touchesDatabaseOf,
} from './place.js';

const createInput = z
  .strictObject({
    database: database.optional(),
    dataSource: source.optional(),
    page: page.optional().describe('id of the page it is to be under, instead of a database'),
    title,
    properties: properties.optional(),
    ...content,
    markProperty: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('name of a text property that keeps the id of this call, so that a lost answer can be looked up'),
  })
  .refine(({ database, dataSource, page }) => [database, dataSource, page].filter(Boolean).length === 1, {
    error: 'say one of database, dataSource and page',
    path: ['database'],
  })
  .refine(({ page, properties, markProperty }) => page === undefined || (properties ?? markProperty) === undefined, {
    error: 'a page under a page has no properties but its title',
    path: ['properties'],
  })
  .refine(isOne, ONE_ONLY)
  .refine(isShort, TOO_LONG);
type Create = z.output<typeof createInput>;

const whereOf = ({ database, dataSource, page }: Create): string => idOf(database ?? dataSource ?? page ?? '');

export const createPage = defineAction<Create, Page>({
  summary: 'Makes a page in a Notion database or under a page',
  effect: 'create',
  endpoint: 'POST /pages',
  permissions: ['insert content'],
  input: createInput,
  output: pageSchema,
  target: (input) => ({ type: input.page === undefined ? 'database' : 'page', id: whereOf(input) }),
  touches: ({ page, ...input }) => (page === undefined ? touchesDatabase(input) : touchesDatabaseOf({ page })),
  lookups: [databaseLookUp(), dataSourceLookUp(), pageLookUp()],
  request: ({ dataSource, page, title, properties, text, blocks, markProperty }, _connection, marker) => {
    const children = blocksOf({ text, blocks });
    const mark = markProperty !== undefined && { [markProperty]: { rich_text: [{ text: { content: marker } }] } };
    return {
      method: 'POST',
      url: '/pages',
      json: {
        parent:
          page === undefined
            ? { type: 'data_source_id', data_source_id: idOf(dataSource ?? '') }
            : { page_id: idOf(page) },
        properties: { ...properties, ...mark, ...titleProperty(title) },
        ...(children && { children }),
      },
    };
  },
  parse: ({ body }) => pageFrom(parseJsonObject(body)),
  idempotency: 'none',
  reconcile: reconcileMade,
  ...SETTLES,
});

const updateInput = z
  .strictObject({
    page,
    title: title.optional(),
    properties: properties.optional(),
    inTrash: z.boolean().optional().describe('true moves the page to the trash, false takes it out'),
  })
  .refine(({ title, properties, inTrash }) => [title, properties, inTrash].some((one) => one !== undefined), {
    error: 'say what to change: title, properties or inTrash',
    path: ['title'],
  });

const pageTarget = ({ page }: { page: string }) => ({ type: 'page', id: idOf(page) });
const onePage = ({ page }: { page: string }) => ({ method: 'GET', url: path`/pages/${idOf(page)}` }) as const;

export const updatePage = defineAction<z.output<typeof updateInput>, Page>({
  summary: 'Changes the properties of a Notion page, or moves it to the trash',
  effect: 'update',
  endpoint: 'PATCH /pages/{page_id}',
  permissions: ['update content'],
  input: updateInput,
  output: pageSchema,
  target: pageTarget,
  touches: touchesDatabaseOf,
  lookups: [pageLookUp()],
  request: ({ page, title, properties, inTrash }) => ({
    method: 'PATCH',
    url: path`/pages/${idOf(page)}`,
    json: {
      ...((title ?? properties) !== undefined && { properties: { ...properties, ...titleProperty(title) } }),
      ...(inTrash !== undefined && { in_trash: inTrash }),
    },
  }),
  parse: ({ body }) => pageFrom(parseJsonObject(body)),
  idempotency: 'none',
  reconcile: {
    request: onePage,
    read({ body }, { title, properties, inTrash }) {
      const read = pageSchema.safeParse(pageFrom(parseJsonObject(body)));
      if (!read.success) return UNDECIDED;
      const is = read.data;
      const isPlain = (title === undefined || is.title === title) && (inTrash === undefined || is.inTrash === inTrash);
      if (isPlain && hasAll(is.properties, properties ?? {})) return found(is);
      // Notion may write a property differently from how it was given (by id, a date in another zone).
      return properties === undefined || !isPlain ? NOT_FOUND : UNDECIDED;
    },
  },
  ...SETTLES,
});

const getInput = z.strictObject({ page });

export const getPage = defineAction<z.output<typeof getInput>, Page>({
  summary: 'Reads a Notion page: its title and properties',
  effect: 'read',
  endpoint: 'GET /pages/{page_id}',
  permissions: ['read content'],
  input: getInput,
  output: pageSchema,
  target: pageTarget,
  touches: touchesDatabaseOf,
  lookups: [pageLookUp()],
  request: onePage,
  parse: ({ body }) => pageFrom(parseJsonObject(body)),
  idempotency: 'none',
  settleMs: 0,
});

const appendInput = z
  .strictObject({ page, ...content })
  .refine(({ text, blocks }) => (text ?? blocks) !== undefined, { error: 'say text or blocks', path: ['text'] })
  .refine(isOne, ONE_ONLY)
  .refine(isShort, TOO_LONG);
type Append = z.output<typeof appendInput>;
const appendOutput = z.strictObject({ blockIds: z.array(z.string()) });

const childrenOf = ({ page }: Append, cursor?: string) =>
  ({
    method: 'GET',
    url: path`/blocks/${idOf(page)}/children`,
    query: { page_size: PAGE_SIZE, start_cursor: cursor },
  }) as const;

export const appendBlocks = defineAction<Append, z.output<typeof appendOutput>>({
  summary: 'Adds text or blocks at the end of a Notion page',
  effect: 'create',
  endpoint: 'PATCH /blocks/{block_id}/children',
  permissions: ['insert content'],
  input: appendInput,
  output: appendOutput,
  target: pageTarget,
  touches: touchesDatabaseOf,
  lookups: [pageLookUp()],
  request: ({ page, ...given }) => ({
    method: 'PATCH',
    url: path`/blocks/${idOf(page)}/children`,
    json: { children: blocksOf(given) },
  }),
  parse: (answer) => ({ blockIds: listedIn(answer).results?.map((one) => valueAt(one, 'id')) }),
  idempotency: 'none',
  reconcile: {
    onlyDenies: true,
    request: (input) => childrenOf(input),
    /** Blocks bear no mark, and somebody else may have written the same: what is new there decides nothing. */
    read(answer, input, _marker, _step, sinceMs) {
      const { results, nextCursor } = listedIn(answer);
      if (results === undefined || results.some((one) => isNew(one, sinceMs))) return UNDECIDED;
      return nextCursor === undefined ? NOT_FOUND : next(childrenOf(input, nextCursor));
    },
  },
  ...SETTLES,
});
