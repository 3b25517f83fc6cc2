/**
 * Whether a page was made whose answer was lost. Notion recognises no repeat and hides no mark, so a caller may name a
 * text property that keeps one. Without it a listing can only show that nothing was made there since: a page of the same
 * title may be somebody else's, and one of another title may have been renamed.
 *
 * @source developers.notion.com/reference (filters by property and by timestamp, children of a block)
 * @module
 */
import type { ActionRequest, Reconciliation } from '../../core/connector.js';
import { isObject, valueAt } from '../../core/json.js';
import { path } from '../../core/path.js';
import { found, next, NOT_FOUND, UNDECIDED } from '../../core/verdict.js';
import { isNew, listedIn, PAGE_SIZE, sinceText } from './listed.js';
import { pageFrom, type Page } from './page.js';
import { idOf, type InDatabase } from './place.js';

export interface Made extends InDatabase {
  page?: string | undefined;
  markProperty?: string | undefined;
}

function rows(
  { dataSource = '', markProperty }: Made,
  marker: string,
  sinceMs: number,
  cursor?: string,
): ActionRequest {
  const since = { timestamp: 'created_time', created_time: { on_or_after: sinceText(sinceMs) } };
  const ours = { property: markProperty, rich_text: { equals: marker } };
  return {
    method: 'POST',
    url: path`/data_sources/${idOf(dataSource)}/query`,
    json: {
      filter: markProperty === undefined ? since : { and: [since, ours] },
      page_size: PAGE_SIZE,
      ...(cursor !== undefined && { start_cursor: cursor }),
    },
  };
}

const children = (page: string, cursor?: string): ActionRequest => ({
  method: 'GET',
  url: path`/blocks/${idOf(page)}/children`,
  query: { page_size: PAGE_SIZE, start_cursor: cursor },
});

export const reconcileMade: Reconciliation<Made, Page> = {
  request: (input, marker, _connection, sinceMs) =>
    input.page === undefined ? rows(input, marker, sinceMs) : children(input.page),
  read(answer, input, marker, _step, sinceMs) {
    const { results, nextCursor } = listedIn(answer);
    if (results === undefined) return UNDECIDED;
    const { page, markProperty } = input;
    if (page === undefined && markProperty !== undefined) {
      if (isObject(results[0])) return found(pageFrom(results[0]) as Page);
    } else if (results.some((one) => isNew(one, sinceMs) && (page === undefined || isPage(one)))) {
      return UNDECIDED;
    }
    if (nextCursor === undefined) return NOT_FOUND;
    return next(page === undefined ? rows(input, marker, sinceMs, nextCursor) : children(page, nextCursor));
  },
};

const isPage = (block: unknown): boolean => valueAt(block, 'type') === 'child_page';
