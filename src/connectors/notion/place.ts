/**
 * Databases and pages as inputs name them, and which database each belongs to: a connection can be restricted to
 * databases. After its look-up an id is written `<id>/<id of the database>`, which no caller can write.
 *
 * @source developers.notion.com/docs/upgrade-guide-2025-09-03 (databases have data sources); @notionhq/client (parents)
 * @module
 */
import { z } from 'zod';
import type { LookUp, TargetRef } from '../../core/connector.js';
import { isObject, parseJsonObject, valueAt } from '../../core/json.js';
import { path } from '../../core/path.js';
import type { HttpAnswer } from '../../core/ports.js';
import { found, NOT_FOUND, UNDECIDED, type Verdict } from '../../core/verdict.js';

const ID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

const id = z
  .string()
  .regex(ID, 'it is not an id of Notion: 32 characters of the address of a page, with dashes or not');
export const page = id.describe('id of the page');
export const database = id.describe('id of the database, for one that has one data source');
export const source = id.describe('id of the data source, for a database that has several');

/** The id itself, with dashes, whether it was looked up or not. */
export function idOf(place: string): string {
  const hex = (place.split('/')[0] ?? '').replaceAll('-', '').toLowerCase();
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

const isPlain = (place: string | undefined): place is string => place !== undefined && !place.includes('/');

/** The database of a place that was looked up; nothing for what belongs to none, or is not known yet. */
function databaseOf(place: string | undefined): TargetRef[] {
  const id = place?.split('/')[1] ?? '';
  return id === '' ? [] : [{ type: 'database', id }];
}

export interface InDatabase {
  database?: string | undefined;
  dataSource?: string | undefined;
}

export function touchesDatabase({ database, dataSource }: InDatabase): TargetRef[] {
  return database === undefined ? databaseOf(dataSource) : [{ type: 'database', id: idOf(database) }];
}

export const touchesDatabaseOf = ({ page }: { page: string }): TargetRef[] => databaseOf(page);

/** The data source of a database that has only one. */
export function databaseLookUp<Input extends InDatabase>(): LookUp<Input> {
  return {
    what: 'database',
    name: ({ database, dataSource }) =>
      dataSource === undefined && database !== undefined ? idOf(database) : undefined,
    request: (database) => ({ method: 'GET', url: path`/databases/${database}` }),
    read(answer, database) {
      const sources = valueAt(parseJsonObject(answer.body), 'data_sources');
      if (!Array.isArray(sources)) return UNDECIDED;
      // Among several nobody can guess which one is meant.
      if (sources.length !== 1) return NOT_FOUND;
      const only = valueAt(sources[0], 'id');
      return typeof only === 'string' ? found(`${only}/${database}`) : UNDECIDED;
    },
    apply: (input, dataSource) => ({ ...input, dataSource }),
  };
}

export function dataSourceLookUp<Input extends InDatabase>(): LookUp<Input> {
  return {
    what: 'data source',
    name: ({ dataSource }) => (isPlain(dataSource) ? idOf(dataSource) : undefined),
    request: (source) => ({ method: 'GET', url: path`/data_sources/${source}` }),
    read: (answer, source) => withDatabase(answer, source),
    apply: (input, dataSource) => ({ ...input, dataSource }),
  };
}

/** Which database a page is in. */
export function pageLookUp<Input extends { page?: string | undefined }>(): LookUp<Input> {
  return {
    what: 'page',
    name: ({ page }) => (isPlain(page) ? idOf(page) : undefined),
    request: (page) => ({ method: 'GET', url: path`/pages/${page}` }),
    read: (answer, page) => withDatabase(answer, page),
    apply: (input, page) => ({ ...input, page }),
  };
}

function withDatabase({ body }: HttpAnswer, id: string): Verdict<string> {
  const parent = valueAt(parseJsonObject(body), 'parent');
  if (!isObject(parent)) return UNDECIDED;
  const database = parent['database_id'];
  return found(`${id}/${typeof database === 'string' ? idOf(database) : ''}`);
}
