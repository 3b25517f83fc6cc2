/**
 * Looking for a message in the listing of its channel or thread, by the mark in its metadata or by its timestamp.
 *
 * @source slack-api-specs (conversations.history); conversations.replies and message metadata from memory
 * @module
 */
import type { ActionRequest } from '../../core/connector.js';
import { isObject, parseJsonObject } from '../../core/json.js';
import { bodyCursor } from '../../core/pages.js';
import type { HttpAnswer } from '../../core/ports.js';

const METADATA_TYPE = 'fairlead_call';
const PAGE_SIZE = 200;
/** The clocks of Slack and of this machine may differ. */
const CLOCK_SKEW_MS = 120_000;

export const SETTLES = {
  settleMs: 10_000,
  settleSource: 'memory: no page says it; messages show in a listing within a second',
} as const;

/** Slack recognises no repeat, but it keeps this with the message, so that a lost answer can be looked up. */
export function markedBy(marker: string) {
  return { event_type: METADATA_TYPE, event_payload: { key: marker } };
}

export function bearsMark(message: Record<string, unknown>, marker: string): boolean {
  const { metadata } = message;
  if (!isObject(metadata) || metadata['event_type'] !== METADATA_TYPE) return false;
  return isObject(metadata['event_payload']) && metadata['event_payload']['key'] === marker;
}

export interface Place {
  channel: string;
  /** Of a thread. */
  threadTs?: string | undefined;
}

/** What was posted since an instant. */
export function postedSince({ channel, threadTs }: Place, sinceMs: number, cursor?: string): ActionRequest {
  const oldest = (Math.max(0, sinceMs - CLOCK_SKEW_MS) / 1000).toFixed(6);
  return listing({ channel, threadTs }, { oldest, limit: PAGE_SIZE, cursor });
}

/** One message, as far as it is there; a thread also lists the message it begins with. */
export function messageAt(place: Place, ts: string): ActionRequest {
  return listing(place, { oldest: ts, latest: ts, inclusive: true, limit: 2 });
}

function listing({ channel, threadTs }: Place, query: ActionRequest['query']): ActionRequest {
  const method = threadTs === undefined ? 'history' : 'replies';
  const which = { channel, ts: threadTs, include_all_metadata: true };
  return { method: 'GET', url: `/conversations.${method}`, query: { ...which, ...query } };
}

export interface Listed {
  messages: Record<string, unknown>[];
  /** Where the next page begins. */
  cursor: string | undefined;
  hasMore: boolean;
}

export function listedIn({ body }: Pick<HttpAnswer, 'body'>): Listed | undefined {
  const answer = parseJsonObject(body);
  const messages = answer?.['messages'];
  if (!Array.isArray(messages)) return undefined;
  const cursor = bodyCursor(answer, 'response_metadata.next_cursor');
  return { messages: messages.filter(isObject), cursor, hasMore: answer?.['has_more'] === true };
}
