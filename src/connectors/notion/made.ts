/**
 * Whether a page was made whose answer was lost. Notion recognises no repeat and hides no mark, so a caller may name a
 * text property that keeps one. Without it a listing can only show that nothing of this title was made since.
 *
 * @source developers.notion.com/reference (filters by property and by timestamp, children of a block)
 * @module
 */
import type { ActionRequest, Reconciliation } from '../../core/connector.js';
import { isObject, valueAt } from '../../core/json.js';
import { path } from '../../core/path.js';
import { found, next, NOT_FOUND, UNDECIDED } from '../../core/verdict.js';
import { listedIn, PAGE_SIZE, sinceText } from './listed.js';
import { pageFrom, type Page } from './page.js';
import { idOf, type InDatabase } from './place.js';

export interface Made extends InDatabase {
  page?: string | undefined;
  title?: string | undefined;
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
    const { page, markProperty, title = '' } = input;
    const since = sinceText(sinceMs);
    const isOfCall = (one: unknown): boolean => {
      if (page !== undefined) return isChild(one, title, since);
      return markProperty !== undefined || valueAt(pageFrom(one), 'title') === title;
    };
    const first = results.find(isOfCall);
    if (isObject(first)) {
      return page === undefined && markProperty !== undefined ? found(pageFrom(first) as Page) : UNDECIDED;
    }
    if (nextCursor === undefined) return NOT_FOUND;
    return next(page === undefined ? rows(input, marker, sinceMs, nextCursor) : children(page, nextCursor));
  },
};

/** Times are to the minute: one that begins in the minute of `since` is after it. */
function isChild(one: unknown, title: string, since: string): boolean {
  const createdAt = valueAt(one, 'created_time');
  const isNew = typeof createdAt !== 'string' || Date.parse(createdAt) >= Date.parse(since);
  return isNew && valueAt(one, 'type') === 'child_page' && valueAt(one, 'child_page.title') === title;
}
