/**
 * Going through a listing page by page, to the end and never for ever: how actions read the next page out of an answer,
 * and how callers follow.
 *
 * @module
 */
import { AppError } from './errors.js';
import { valueAt } from './json.js';
import type { HttpAnswer } from './ports.js';

const PAGES_MAX = 1_000;
const LINK = /<([^<>]*)>\s*((?:;[^,;"]*(?:"[^"]*"[^,;"]*)*)*)/g;
const REL_NEXT = /;\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next(?=\s|;|$))/i;
const HEADER_CHARACTERS_MAX = 16_384;

/**
 * The query of the `next` link (RFC 8288) as a cursor, or `undefined` on the last page. Only the query is taken: where
 * the next page lies is not for an answer to say.
 */
export function nextLinkCursor({ headers }: Pick<HttpAnswer, 'headers'>): string | undefined {
  const text = (headers['link'] ?? '').slice(0, HEADER_CHARACTERS_MAX);
  for (const [, target = '', parameters = ''] of text.matchAll(LINK)) {
    if (!REL_NEXT.test(parameters)) continue;
    const query = target.split('#', 1)[0]!.split('?').slice(1).join('?');
    if (query !== '') return query;
  }
  return undefined;
}

/** A cursor made by {@link nextLinkCursor} as the query of a request. */
export function cursorQuery(cursor: string | undefined): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(cursor ?? ''));
}

/** The cursor or page token at a dotted path of a body; empty, null and absent mean that this was the last page. */
export function bodyCursor(body: unknown, path: string): string | undefined {
  const value = valueAt(body, path);
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Where the next page begins, for providers that count: `undefined` after a page that was not full. */
export function offsetCursor(offset: number, returned: number, limit: number, total?: number): string | undefined {
  const nextOffset = offset + returned;
  if (returned === 0 || (total === undefined ? returned < limit : nextOffset >= total)) return undefined;
  return String(nextOffset);
}

/** The id of the last item as the cursor, while the provider says that there is more. */
export function lastIdCursor(body: unknown, items: string, hasMore: string): string | undefined {
  const list = valueAt(body, items);
  return valueAt(body, hasMore) === true && Array.isArray(list) ? bodyCursor(list.at(-1), 'id') : undefined;
}

/** What an action with `pages` takes and gives, as far as following it goes. */
export interface PageCall<Input, Output> {
  (input: Input & { cursor?: string }): Promise<Output & { nextCursor?: string }>;
}

/**
 * Every page of a listing, in order.
 *
 * @throws AppError `provider_contract` for a cursor that comes again, which would go round for ever, and for more than
 *   `pagesMax` pages (default 1000)
 */
export async function* everyPage<Input extends object, Output>(
  call: PageCall<Input, Output>,
  input: Input,
  { pagesMax = PAGES_MAX }: { pagesMax?: number } = {},
): AsyncGenerator<Output & { nextCursor?: string }> {
  const seen = new Set<string>();
  let cursor: string | undefined;
  for (let page = 1; page <= pagesMax; page++) {
    const output = await call(cursor === undefined ? input : { ...input, cursor });
    yield output;
    cursor = output.nextCursor;
    if (cursor === undefined) return;
    if (seen.has(cursor)) throw endless('nextCursor: it comes again');
    seen.add(cursor);
  }
  throw endless(`nextCursor: there are more than ${pagesMax} pages`);
}

/** Every item of a listing. `items` is the name of the list in the output, as the action's `pages` says. */
export async function* everyItem<Input extends object, Output, Name extends keyof Output>(
  call: PageCall<Input, Output>,
  input: Input,
  items: Name,
  options?: { pagesMax?: number },
): AsyncGenerator<Output[Name] extends readonly (infer Item)[] ? Item : never> {
  for await (const page of everyPage(call, input, options)) {
    yield* page[items] as Iterable<Output[Name] extends readonly (infer Item)[] ? Item : never>;
  }
}

function endless(path: string): AppError<'provider_contract'> {
  return new AppError('provider_contract', { provider: 'the listing', path });
}
