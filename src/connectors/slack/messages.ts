/**
 * Posting, changing and deleting messages.
 *
 * @source slack-api-specs (chat.postMessage, chat.update, chat.delete); message metadata and Incoming Webhooks from memory
 * @module
 */
import { z } from 'zod';
import { defineAction, type ActionRequest, type ConnectionView } from '../../core/connector.js';
import { parseJsonObject } from '../../core/json.js';
import type { HttpAnswer } from '../../core/ports.js';
import { found, next, NOT_FOUND, UNDECIDED } from '../../core/verdict.js';
import { channel, channelLookUp, isListable, personLookUp, touchesChannel, ts } from './channel.js';
import { bearsMark, listedIn, markedBy, messageAt, postedSince, SETTLES } from './listing.js';
import { quiet } from './quiet.js';

const object = z.record(z.string(), z.unknown());

const content = {
  text: z.string().min(1).max(40_000).optional().describe('in mrkdwn; with blocks it is what a notification shows'),
  blocks: z.array(object).min(1).max(50).optional().describe('Block Kit'),
  attachments: z.array(object).min(1).max(100).optional().describe('the older form of rich content'),
  mentionAll: z.boolean().optional().describe('lets <!channel>, <!here> and groups notify; else they are plain text'),
};
type Content = {
  text?: string | undefined;
  blocks?: unknown[] | undefined;
  attachments?: unknown[] | undefined;
  mentionAll?: boolean | undefined;
};

const hasContent = ({ text, blocks, attachments }: Content): boolean => Boolean(text ?? blocks ?? attachments);
const NO_CONTENT = { error: 'a message needs text, blocks or attachments', path: ['text'] };

function contentOf({ text, blocks, attachments, mentionAll }: Content) {
  const content = { ...(text && { text }), ...(blocks && { blocks }), ...(attachments && { attachments }) };
  return mentionAll === true ? content : quiet(content);
}

/** To notify everybody is to reach more than the channel: a rule about channels has to name it. */
const EVERYONE = { type: 'channel', id: '!everyone' } as const;

function touches(input: { channel?: string | undefined; mentionAll?: boolean | undefined }) {
  return [...touchesChannel(input), ...(input.mentionAll === true ? [EVERYONE] : [])];
}

const sendInput = z
  .strictObject({
    channel: channel
      .optional()
      .describe(`${channel.description}; without it the message goes to the channel of the Incoming Webhook`),
    ...content,
    threadTs: ts.optional().describe('ts of the message to reply to'),
    broadcast: z.boolean().optional().describe('shows a reply in the channel, too'),
  })
  .refine(hasContent, NO_CONTENT)
  .refine(({ channel, threadTs }) => threadTs === undefined || channel !== undefined, {
    error: 'a reply needs the channel of the message it answers',
    path: ['channel'],
  })
  .refine(({ broadcast, threadTs }) => broadcast === undefined || threadTs !== undefined, {
    error: 'only a reply can be shown in the channel, too',
    path: ['broadcast'],
  });

const sendOutput = z.strictObject({
  via: z.enum(['webhook', 'web_api']),
  channel: z.string().optional().describe('id of the channel; a webhook does not tell'),
  ts: z.string().optional().describe('names the message inside its channel; a webhook does not tell'),
});

export type MessageInput = z.output<typeof sendInput>;
export type MessageOutput = z.output<typeof sendOutput>;

function sendRequest(input: MessageInput, { credential }: ConnectionView, marker: string): ActionRequest {
  if (credential === 'secret_url') return { method: 'POST', json: contentOf(input) };
  const { channel, threadTs: thread_ts, broadcast: reply_broadcast } = input;
  const json = { channel, ...contentOf(input), thread_ts, reply_broadcast, metadata: markedBy(marker) };
  return { method: 'POST', url: '/chat.postMessage', json };
}

function sentFrom({ body }: HttpAnswer): unknown {
  const answer = parseJsonObject(body);
  if (answer === undefined) return Buffer.from(body).toString('utf8').trim() === 'ok' ? { via: 'webhook' } : undefined;
  return { via: 'web_api', channel: answer['channel'], ts: answer['ts'] };
}

export const sendMessage = defineAction<MessageInput, MessageOutput>({
  summary: 'Posts a message to a Slack channel',
  effect: 'send',
  endpoint: 'POST /chat.postMessage',
  permissions: ['chat:write', 'channels:history'],
  input: sendInput,
  output: sendOutput,
  target: ({ channel }) => ({ type: 'channel', id: channel ?? 'incoming-webhook' }),
  touches,
  // A webhook is bound to its channel, so only a token can choose one, and a token must.
  accepts: ({ channel }) => (channel === undefined ? ['secret_url'] : ['bearer']),
  lookups: [personLookUp('channel'), channelLookUp()],
  request: sendRequest,
  parse: sentFrom,
  idempotency: 'none',
  reconcile: {
    // Only a token can list, and only a channel that is named by its id.
    isPossible: ({ channel }, { credential }) => credential === 'bearer' && isListable(channel),
    request: ({ channel = '', threadTs }, _marker, _connection, sinceMs) => postedSince({ channel, threadTs }, sinceMs),
    read(answer, { channel = '', threadTs }, marker, _step, sinceMs) {
      const listed = listedIn(answer);
      if (listed === undefined) return UNDECIDED;
      const ours = listed.messages.find((one) => bearsMark(one, marker))?.['ts'];
      if (typeof ours === 'string') return found({ via: 'web_api', channel, ts: ours });
      if (listed.cursor !== undefined) return next(postedSince({ channel, threadTs }, sinceMs, listed.cursor));
      // On a page that is not the last, "not here" says nothing.
      return listed.hasMore ? UNDECIDED : NOT_FOUND;
    },
  },
  ...SETTLES,
  limits: ({ channel }) => [{ bucket: 'message', ...(channel !== undefined && { key: channel }) }],
});

const place = {
  channel: channel.describe('id or name of the channel of the message'),
  ts,
  threadTs: ts.optional().describe('of a reply: ts of the message it answers, so that it is looked up in its thread'),
};
const placed = z.strictObject({ channel: z.string(), ts: z.string() });
type Placed = z.output<typeof placed>;

const placedFrom = ({ body }: HttpAnswer): unknown => {
  const answer = parseJsonObject(body);
  return { channel: answer?.['channel'], ts: answer?.['ts'] };
};
const messageTarget = ({ channel, ts }: Placed) => ({ type: 'message', id: `${channel}/${ts}` });

const updateInput = z.strictObject({ ...place, ...content }).refine(hasContent, NO_CONTENT);

export const updateMessage = defineAction<z.output<typeof updateInput>, Placed>({
  summary: 'Changes a message that was posted to a Slack channel',
  effect: 'update',
  endpoint: 'POST /chat.update',
  permissions: ['chat:write', 'channels:history'],
  input: updateInput,
  output: placed,
  target: messageTarget,
  touches,
  accepts: () => ['bearer'],
  lookups: [channelLookUp()],
  request: ({ channel, ts, ...input }, _connection, marker) => ({
    method: 'POST',
    url: '/chat.update',
    json: { channel, ts, ...contentOf(input), metadata: markedBy(marker) },
  }),
  parse: placedFrom,
  idempotency: 'none',
  reconcile: {
    isPossible: ({ channel }) => isListable(channel),
    request: (input) => messageAt(input, input.ts),
    read(answer, { channel, ts }, marker) {
      const listed = listedIn(answer);
      if (listed === undefined) return UNDECIDED;
      const message = listed.messages.find((one) => one['ts'] === ts);
      return message !== undefined && bearsMark(message, marker) ? found({ channel, ts }) : NOT_FOUND;
    },
  },
  ...SETTLES,
  limits: () => [{ bucket: 'tier3', key: 'chat.update' }],
});

const deleteInput = z.strictObject(place);

export const deleteMessage = defineAction<z.output<typeof deleteInput>, Placed>({
  summary: 'Deletes a message that was posted to a Slack channel',
  effect: 'delete',
  endpoint: 'POST /chat.delete',
  permissions: ['chat:write', 'channels:history'],
  input: deleteInput,
  output: placed,
  target: messageTarget,
  touches: touchesChannel,
  accepts: () => ['bearer'],
  lookups: [channelLookUp()],
  request: ({ channel, ts }) => ({ method: 'POST', url: '/chat.delete', json: { channel, ts } }),
  parse: placedFrom,
  idempotency: 'none',
  reconcile: {
    isPossible: ({ channel }) => isListable(channel),
    request: (input) => messageAt(input, input.ts),
    read(answer, { channel, ts }) {
      const listed = listedIn(answer);
      if (listed === undefined) return UNDECIDED;
      // A message with replies leaves a stone in its place.
      const isThere = listed.messages.some((one) => one['ts'] === ts && one['subtype'] !== 'tombstone');
      return isThere ? NOT_FOUND : found({ channel, ts });
    },
  },
  ...SETTLES,
  limits: () => [{ bucket: 'tier3', key: 'chat.delete' }],
});
