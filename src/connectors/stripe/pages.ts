/** Going through Stripe's lists, newest first. @source docs.stripe.com/api/pagination @module */
import { z } from 'zod';
import { lastIdCursor } from '../../core/pages.js';
import { parseJsonObject } from '../../core/json.js';
import type { Body } from './answers.js';

export const PAGE_SIZE = 100;

export const cursor = z
  .string()
  .regex(/^\w{1,255}$/, 'it is no nextCursor of this list')
  .optional()
  .describe('nextCursor of the page before');

/** The id after which the next page begins, absent after the last one. */
export function nextPage({ body }: Body): { nextCursor?: string } {
  const nextCursor = lastIdCursor(parseJsonObject(body), 'data', 'has_more');
  return nextCursor === undefined ? {} : { nextCursor };
}
