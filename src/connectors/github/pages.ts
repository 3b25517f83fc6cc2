/**
 * Going from page to page of GitHub's lists. The place in a list is taken out of the `next` link; what the list is of
 * comes from the input of every call, so that a cursor can lead nowhere else.
 *
 * @source @octokit/openapi (page, per_page, cursor); the `after` of lists of issues from memory
 * @module
 */
import { z } from 'zod';
import type { HttpAnswer } from '../../core/ports.js';
import { cursorQuery, nextLinkCursor } from '../../core/pages.js';

export const PAGE_SIZE = 100;

const PLACE = new Set(['page', 'after', 'before', 'cursor']);

export const cursor = z.string().min(1).max(1_000).optional().describe('nextCursor of the page before');

/** The place of the next page, absent after the last one. */
export function nextPage(answer: HttpAnswer): { nextCursor?: string } {
  const place = placeAt(nextLinkCursor(answer));
  return Object.keys(place).length === 0 ? {} : { nextCursor: new URLSearchParams(place).toString() };
}

/** The part of a query that a cursor stands for. */
export function placeAt(cursor: string | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(cursorQuery(cursor)).filter(([name]) => PLACE.has(name)));
}
