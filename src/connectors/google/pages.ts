/** Going from page to page of Google's lists. @source discovery documents (pageToken, nextPageToken) @module */
import { z } from 'zod';
import { bodyCursor } from '../../core/pages.js';

export const cursor = z.string().min(1).max(4_000).optional().describe('nextCursor of the page before');

export function nextPage(listing: unknown): { nextCursor?: string } {
  const nextCursor = bodyCursor(listing, 'nextPageToken');
  return nextCursor === undefined ? {} : { nextCursor };
}

/** `{ [name]: value }`, and nothing for null, absent and empty. */
export function optional<Name extends string>(name: Name, value: unknown): { [N in Name]?: unknown } {
  return (value === null || value === undefined || value === '' ? {} : { [name]: value }) as { [N in Name]?: unknown };
}

/** Every entry of a list as `shape` reads it; what is no list stays what it is, for the schema to refuse. */
export function each(list: unknown, shape: (entry: unknown) => unknown): unknown {
  return Array.isArray(list) ? list.map(shape) : list;
}
