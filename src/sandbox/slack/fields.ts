/** What requests to the simulated Slack carry, and what messages hold. @module */
import { parseJsonObject } from '../../core/json.js';
import type { Call, Fields } from '../kit/index.js';
import type { SlackState } from './answers.js';
import type { Post } from './messages.js';

const TEXT_CHARACTERS_MAX = 40_000;
const ATTACHMENTS_MAX = 100;

/** Slack takes JSON, a form, and for reads the query. */
export function fieldsOf({ request, query, fields }: Call<SlackState>): Fields {
  if (request.method === 'GET' || request.body.byteLength === 0) return query;
  return (request.headers['content-type'] ?? '').startsWith('application/json') ? fields : { ...query, ...fields };
}

/** What a message shows, or Slack's word for why it shows nothing. */
export function contentOf(fields: Fields): Pick<Post, 'text' | 'blocks' | 'attachments'> | string {
  const { text } = fields;
  const blocks = listOf(fields['blocks']);
  const attachments = listOf(fields['attachments']);
  if (text !== undefined && typeof text !== 'string') return 'invalid_arguments';
  if (blocks === 'no list') return 'invalid_blocks';
  if (attachments === 'no list') return 'invalid_attachments';
  if (!text && !blocks?.length && !attachments?.length) return 'no_text';
  if (text !== undefined && text.length > TEXT_CHARACTERS_MAX) return 'msg_too_long';
  if ((attachments?.length ?? 0) > ATTACHMENTS_MAX) return 'too_many_attachments';
  return { ...(text && { text }), ...(blocks && { blocks }), ...(attachments && { attachments }) };
}

/** A list as JSON has it, or as text inside a form. */
function listOf(value: unknown): unknown[] | 'no list' | undefined {
  if (value === undefined) return undefined;
  if (Array.isArray(value)) return value;
  const wrapped = typeof value === 'string' ? parseJsonObject(Buffer.from(`{"list":${value}}`)) : undefined;
  const list = wrapped?.['list'];
  return Array.isArray(list) ? list : 'no list';
}
