import { describe, expect, it } from 'vitest';
import { bodyCursor, cursorQuery, everyItem, everyPage, lastIdCursor, nextLinkCursor, offsetCursor } from './pages.js';

describe('the next page', () => {
  it.each<[string, string | undefined, string | undefined]>([
    ['a next link', '<https://api.x.test/r?page=3&per_page=100>; rel="next"', 'page=3&per_page=100'],
    ['several links', '<https://x.test/?page=1>; rel="prev", <https://x.test/?page=3>; rel="next"', 'page=3'],
    ['a link elsewhere, of which only the query counts', '<http://169.254.169.254/a?page=2>; rel=next', 'page=2'],
    ['several relations', '<https://x.test/?after=a%2Cb>; rel="last next"; title="a, b"', 'after=a%2Cb'],
    ['the last page', '<https://x.test/?page=1>; rel="first"', undefined],
    ['a relation that only looks so', '<https://x.test/?page=1>; rel="nextish"', undefined],
    ['a link without a query', '<https://x.test/next>; rel="next"', undefined],
    ['nonsense', '<<<>>>;;;rel=next', undefined],
    ['nothing', undefined, undefined],
  ])('is read from %s', (_, link, cursor) => {
    expect(nextLinkCursor({ headers: link === undefined ? {} : { link } })).toBe(cursor);
  });

  it('is not sought for long in what a stranger wrote', () => {
    const link = '<a>'.repeat(100_000);
    expect(nextLinkCursor({ headers: { link } })).toBeUndefined();
  });

  it('becomes a query again', () => expect(cursorQuery('page=3&after=a%2Cb')).toEqual({ page: '3', after: 'a,b' }));

  it('is a cursor in the body, unless it is empty', () => {
    expect(bodyCursor({ meta: { next: 'c' } }, 'meta.next')).toBe('c');
    expect(bodyCursor({ page: 2 }, 'page')).toBe('2');
    for (const next of ['', null, undefined, {}, false]) expect(bodyCursor({ next }, 'next')).toBeUndefined();
  });

  it('begins after the last one', () => {
    expect(offsetCursor(0, 100, 100)).toBe('100');
    expect(offsetCursor(100, 40, 100)).toBeUndefined();
    expect(offsetCursor(100, 100, 100, 200)).toBeUndefined();
    expect(offsetCursor(100, 0, 100, 500)).toBeUndefined();
    expect(lastIdCursor({ data: [{ id: 'a' }, { id: 'b' }], has_more: true }, 'data', 'has_more')).toBe('b');
    expect(lastIdCursor({ data: [{ id: 'a' }], has_more: false }, 'data', 'has_more')).toBeUndefined();
  });
});

describe('following pages', () => {
  const pages = (next: (cursor: number) => string | undefined) => (input: { cursor?: string; size: number }) => {
    const from = Number(input.cursor ?? 0);
    const nextCursor = next(from);
    return Promise.resolve({ things: [from, from + 1], ...(nextCursor !== undefined && { nextCursor }) });
  };
  const collect = async <Item>(items: AsyncIterable<Item>): Promise<Item[]> => {
    const all: Item[] = [];
    for await (const item of items) all.push(item);
    return all;
  };

  it('ends at the end', async () => {
    const call = pages((from) => (from < 4 ? String(from + 2) : undefined));
    expect(await collect(everyItem(call, { size: 2 }, 'things'))).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await collect(everyPage(call, { size: 2 }))).toHaveLength(3);
  });

  it('ends when a cursor comes again, and at the bound', async () => {
    await expect(
      collect(
        everyPage(
          pages(() => '2'),
          { size: 2 },
        ),
      ),
    ).rejects.toThrow(/comes again/);
    const endless = pages((from) => String(from + 1));
    await expect(collect(everyPage(endless, { size: 2 }, { pagesMax: 5 }))).rejects.toThrow(/more than 5 pages/);
  });
});
