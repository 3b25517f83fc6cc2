/** Slices of long lists, one function a style of pagination; how a slice is said is the provider's own. @module */

export interface Page<Item> {
  items: Item[];
  hasMore: boolean;
}

/** A whole number of at least `min` and at most `max` from a query or body; `fallback` for anything else. */
export function boundedCount(
  value: unknown,
  { fallback, min = 1, max }: { fallback: number; min?: number; max: number },
): number {
  const text = String(value ?? '');
  return /^\d{1,9}$/.test(text) ? Math.min(Math.max(Number(text), min), max) : fallback;
}

/** Pages 1, 2, 3, ... of `size`, and the number of the last. */
export function pageByNumber<Item>(all: readonly Item[], page: number, size: number): Page<Item> & { last: number } {
  const items = all.slice((page - 1) * size, page * size);
  const last = Math.max(1, Math.ceil(all.length / size));
  return { items, hasMore: page < last, last };
}

/**
 * What follows the item with the id `after`, or what stands right before the one with the id `before`; `undefined` when
 * there is no such item.
 */
export function pageAroundId<Item extends { id: string }>(
  all: readonly Item[],
  { after, before, size }: { after?: string | undefined; before?: string | undefined; size: number },
): Page<Item> | undefined {
  const id = after ?? before;
  const at = id === undefined ? -1 : all.findIndex((item) => item.id === id);
  if (id !== undefined && at < 0) return undefined;
  if (after === undefined && before !== undefined) {
    return { items: all.slice(Math.max(0, at - size), at), hasMore: at > size };
  }
  return { items: all.slice(at + 1, at + 1 + size), hasMore: all.length > at + 1 + size };
}

/** What begins at an opaque cursor that an earlier page gave; `undefined` for one that nobody gave. */
export function pageAtCursor<Item>(
  all: readonly Item[],
  cursor: string | undefined,
  size: number,
): (Page<Item> & { next: string | undefined }) | undefined {
  const start = cursor === undefined || cursor === '' ? 0 : offsetOf(cursor);
  if (start === undefined || start > all.length) return undefined;
  const end = start + size;
  const next = end < all.length ? Buffer.from(`at:${end}`).toString('base64url') : undefined;
  return { items: all.slice(start, end), hasMore: next !== undefined, next };
}

function offsetOf(cursor: string): number | undefined {
  const offset = /^at:(\d{1,9})$/.exec(Buffer.from(cursor, 'base64url').toString('utf8'))?.[1];
  return offset === undefined ? undefined : Number(offset);
}

/** RFC 8288 `Link` header of page `page`, and nothing when all is on one. */
export function linkHeader(url: URL, page: number, last: number): Record<string, string> {
  const to = (number: number): string => {
    const target = new URL(url);
    target.searchParams.set('page', String(number));
    return target.href;
  };
  const links = [
    ...(page > 1 ? [['prev', page - 1] as const] : []),
    ...(page < last ? [['next', page + 1] as const, ['last', last] as const] : []),
    ...(page > 1 ? [['first', 1] as const] : []),
  ].map(([relation, number]) => `<${to(number)}>; rel="${relation}"`);
  return links.length === 0 ? {} : { link: links.join(', ') };
}
