/** Lists of Notion: where the next page of one begins, and what was made since an instant. @module */
import { z } from 'zod';
import { parseJsonObject, valueAt } from '../../core/json.js';
import { bodyCursor } from '../../core/pages.js';
import type { HttpAnswer } from '../../core/ports.js';

export const PAGE_SIZE = 100;

/** Notion tells times by the minute, and its clock and ours may differ. */
const SLACK_MS = 180_000;

export const sinceText = (sinceMs: number): string => new Date(Math.max(0, sinceMs - SLACK_MS)).toISOString();

/** Whether a thing may have been made since. A time that cannot be read is no alibi. */
export function isNew(one: unknown, sinceMs: number): boolean {
  return !(Date.parse(String(valueAt(one, 'created_time'))) < Date.parse(sinceText(sinceMs)));
}

export const cursor = z.string().min(1).max(500).optional().describe('nextCursor of the page before');

export const SETTLES = {
  settleMs: 15_000,
  settleSource: 'memory: no page says it; what was made shows in lists within seconds, in a search later',
} as const;

export interface Listed {
  results: unknown[] | undefined;
  /** Absent after the last page. */
  nextCursor: string | undefined;
}

export function listedIn({ body }: Pick<HttpAnswer, 'body'>): Listed {
  const answer = parseJsonObject(body);
  const results = answer?.['results'];
  return {
    results: Array.isArray(results) ? results : undefined,
    nextCursor: answer?.['has_more'] === true ? bodyCursor(answer, 'next_cursor') : undefined,
  };
}
