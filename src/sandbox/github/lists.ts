/** Lists by page, with GitHub's `Link` header. @module */
import { boundedCount, jsonReply, linkHeader, pageByNumber, type SandboxReply } from '../kit/index.js';
import type { GithubCall } from './answers.js';

const PAGE_MAX = 100;
const PAGE_DEFAULT = 30;

export function listReply<Item>(call: GithubCall, all: readonly Item[], shape: (item: Item) => unknown): SandboxReply {
  const { items, headers } = pageOf(call, all);
  return jsonReply(200, items.map(shape), headers);
}

/** The slice of this request, and the header that leads to the others. */
export function pageOf<Item>(
  { query, request, address }: GithubCall,
  all: readonly Item[],
): { items: Item[]; headers: Record<string, string> } {
  const size = boundedCount(query['per_page'], { fallback: PAGE_DEFAULT, max: PAGE_MAX });
  const page = boundedCount(query['page'], { fallback: 1, max: 1_000_000 });
  const { items, last } = pageByNumber(all, page, size);
  const url = new URL(`${address}${request.path}?${request.query.toString()}`);
  return { items, headers: linkHeader(url, page, last) };
}

/** Text of the query, or `undefined`. */
export function asked({ query }: GithubCall, name: string): string | undefined {
  const value = query[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
