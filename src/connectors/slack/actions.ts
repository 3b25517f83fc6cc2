/**
 * What Slack can be asked to do.
 *
 * @source slack-api-specs (chat.postMessage, conversations.history); message metadata and Incoming Webhooks from memory
 * @module
 */
import { z } from 'zod';
import { defineAction, type ActionRequest, type ConnectionView } from '../../core/connector.js';
import { isObject, parseJsonObject } from '../../core/json.js';
import type { HttpAnswer } from '../../core/ports.js';
import { found, NOT_FOUND, UNDECIDED, type Verdict } from '../../core/verdict.js';

const object = z.record(z.string(), z.unknown());

const messageInput = z
  .strictObject({
    channel: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('id or name of the channel; without it the message goes to the channel of the Incoming Webhook'),
    text: z.string().min(1).max(40_000).optional().describe('in mrkdwn; with blocks it is what a notification shows'),
    blocks: z.array(object).min(1).max(50).optional().describe('Block Kit'),
    attachments: z.array(object).min(1).max(100).optional().describe('the older form of rich content'),
    threadTs: z
      .string()
      .regex(/^\d{1,16}\.\d{1,9}$/, 'it is not a timestamp of Slack, e.g. 1503435956.000247')
      .optional()
      .describe('ts of the message to reply to'),
  })
  .refine(({ text, blocks, attachments }) => Boolean(text ?? blocks ?? attachments), {
    error: 'a message needs text, blocks or attachments',
    path: ['text'],
  })
  .refine(({ channel, threadTs }) => threadTs === undefined || channel !== undefined, {
    error: 'a reply needs the channel of the message it answers',
    path: ['channel'],
  });

const messageOutput = z.strictObject({
  via: z.enum(['webhook', 'web_api']),
  channel: z.string().optional().describe('id of the channel; a webhook does not tell'),
  ts: z.string().optional().describe('names the message inside its channel; a webhook does not tell'),
});

export type MessageInput = z.output<typeof messageInput>;
export type MessageOutput = z.output<typeof messageOutput>;

export const sendMessage = defineAction<MessageInput, MessageOutput>({
  summary: 'Posts a message to a Slack channel',
  effect: 'send',
  input: messageInput,
  output: messageOutput,
  target: ({ channel }) => ({ type: 'channel', id: channel ?? 'incoming-webhook' }),
  // A webhook is bound to its channel, so only a token can choose one, and a token must.
  accepts: ({ channel }) => (channel === undefined ? ['secret_url'] : ['bearer']),
  request: messageRequest,
  parse: messageFrom,
  idempotency: 'none',
  reconcile: { isPossible: canBeListed, request: listingRequest, read: findInListing },
  settleMs: 10_000,
  settleSource: 'memory: no page says it; messages show in a listing within a second',
  endpoint: 'POST /chat.postMessage',
  permissions: ['chat:write'],
  limits: ({ channel }) => [{ bucket: 'message', ...(channel !== undefined && { key: channel }) }],
  touches: ({ channel }) => (channel === undefined ? [] : [{ type: 'channel', id: channel }]),
});

function messageRequest(input: MessageInput, { credential }: ConnectionView, marker: string): ActionRequest {
  const { channel, text, blocks, attachments, threadTs } = input;
  const content = { ...(text && { text }), ...(blocks && { blocks }), ...(attachments && { attachments }) };
  if (credential === 'secret_url') return { method: 'POST', json: content };
  const reply = threadTs === undefined ? {} : { thread_ts: threadTs };
  // Slack recognises no repeat, but it keeps this with the message, so that a lost answer can be looked up.
  const metadata = { event_type: METADATA_TYPE, event_payload: { key: marker } };
  return { method: 'POST', url: '/chat.postMessage', json: { channel, ...content, ...reply, metadata } };
}

function messageFrom({ body }: HttpAnswer): unknown {
  const answer = parseJsonObject(body);
  if (answer === undefined) return Buffer.from(body).toString('utf8').trim() === 'ok' ? { via: 'webhook' } : undefined;
  return { via: 'web_api', channel: answer['channel'], ts: answer['ts'] };
}

const METADATA_TYPE = 'fairlead_call';
const LISTING_LIMIT = 200;
/** The clocks of Slack and of this machine may differ. */
const CLOCK_SKEW_MS = 120_000;

/** Only a token can list, and only a channel that is named by its id. */
function canBeListed({ channel }: MessageInput, { credential }: ConnectionView): boolean {
  return credential === 'bearer' && /^[CDG][A-Z0-9]{5,}$/.test(channel ?? '');
}

function listingRequest(
  { channel, threadTs }: MessageInput,
  _marker: string,
  _connection: ConnectionView,
  sinceMs: number,
): ActionRequest {
  const query = {
    channel,
    oldest: (Math.max(0, sinceMs - CLOCK_SKEW_MS) / 1000).toFixed(6),
    limit: LISTING_LIMIT,
    include_all_metadata: true,
    ts: threadTs,
  };
  return { method: 'GET', url: `/conversations.${threadTs === undefined ? 'history' : 'replies'}`, query };
}

function findInListing({ body }: HttpAnswer, { channel }: MessageInput, marker: string): Verdict<MessageOutput> {
  const listing = parseJsonObject(body);
  const messages = listing?.['messages'];
  if (!Array.isArray(messages)) return UNDECIDED;
  const message = messages.find((one: unknown) => isObject(one) && markerOf(one) === marker) as
    Record<string, unknown> | undefined;
  const ts = message?.['ts'];
  if (typeof ts === 'string') return found({ via: 'web_api', ts, ...(channel !== undefined && { channel }) });
  // On a page that is not the last, "not here" says nothing.
  return listing?.['has_more'] === true ? UNDECIDED : NOT_FOUND;
}

function markerOf({ metadata }: Record<string, unknown>): unknown {
  if (!isObject(metadata) || metadata['event_type'] !== METADATA_TYPE) return undefined;
  return isObject(metadata['event_payload']) ? metadata['event_payload']['key'] : undefined;
}
