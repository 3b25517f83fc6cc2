/**
 * A simulated Slack: posting by token and by Incoming Webhook, listing what was posted, and Slack's own words for what
 * went wrong. Fields that Slack's API description does not know are refused, so a misspelt one does not pass here.
 *
 * @source slack-api-specs (fields, error words, answers); Incoming Webhooks and message metadata from memory
 * @module
 */
import { isObject, parseJsonObject } from '../../core/json.js';
import { Faults } from '../faults.js';
import type { SandboxProvider, SandboxRequest } from '../provider.js';
import { jsonReply, textReply, type SandboxReply } from '../reply.js';
import { CHANNELS, Messages, type Post } from './messages.js';

export interface SlackSandboxOptions {
  /** The token that is accepted. */
  token?: string;
  /** The secret end of the webhook's path. */
  webhook?: string;
}

const TEXT_CHARACTERS_MAX = 40_000;
const ATTACHMENTS_MAX = 100;
const MESSAGE_FIELDS = new Set(
  'channel text blocks attachments thread_ts metadata mrkdwn parse link_names unfurl_links'.split(' '),
);
const WEBHOOK_FIELDS = new Set(['text', 'blocks', 'attachments']);

export class SlackSandbox implements SandboxProvider {
  readonly name = 'slack';
  readonly faults = new Faults();
  readonly token: string;
  /** Path of the Incoming Webhook below the address of this provider. */
  readonly webhookPath: string;
  readonly #messages = new Messages();

  constructor({ token = 'xoxb-sandbox-token', webhook = 'sandbox-webhook' }: SlackSandboxOptions = {}) {
    this.token = token;
    this.webhookPath = `/services/T00SANDBOX/B00SANDBOX/${webhook}`;
  }

  /** The variables that connect Fairlead to this Slack, served at `address`. */
  variablesAt(address: string): Record<string, string> {
    return { SLACK_BOT_TOKEN: this.token, SLACK_WEBHOOK_URL: address + this.webhookPath };
  }

  /** What a client has to set to be accepted here. */
  get variables(): Record<string, string> {
    return { SLACK_BOT_TOKEN: this.token };
  }

  /** Everything that was posted, oldest first. */
  get posts(): readonly Post[] {
    return this.#messages.all();
  }

  state(): unknown {
    return { posts: this.posts };
  }

  handle(request: SandboxRequest): SandboxReply {
    if (request.path.startsWith('/services/')) return this.#webhook(request);
    const method = /^\/api\/([A-Za-z.]+)$/.exec(request.path)?.[1];
    if (method === undefined) return textReply(404, 'no such page');
    return this.#webApi(request, method);
  }

  #webApi(request: SandboxRequest, method: string): SandboxReply {
    const token = /^Bearer (.+)$/.exec(request.headers['authorization'] ?? '')?.[1];
    if (token === undefined) return refused('not_authed');
    if (token !== this.token) return refused('invalid_auth');
    const fields = fieldsOf(request);
    if (fields === undefined) return refused('invalid_json');
    switch (method) {
      case 'auth.test':
        return accepted({
          url: 'https://sandbox.slack.com/',
          team: 'Sandbox',
          team_id: 'T00SANDBOX',
          user: 'fairlead',
          user_id: 'U00FAIRLEAD',
        });
      case 'conversations.list':
        return accepted({
          channels: CHANNELS.map(({ id, name, archived }) => ({ id, name, is_channel: true, is_archived: archived })),
          response_metadata: { next_cursor: '' },
        });
      case 'conversations.history':
        return this.#list(fields, false);
      case 'conversations.replies':
        return this.#list(fields, true);
      case 'chat.postMessage':
        return this.faults.meet(() => this.#post(fields, request.nowMs), tooFast);
      default:
        return refused('unknown_method');
    }
  }

  #post(fields: Record<string, unknown>, nowMs: number): SandboxReply {
    if (Object.keys(fields).some((name) => !MESSAGE_FIELDS.has(name))) return refused('invalid_arg_name');
    const channel = Messages.channel(String(fields['channel'] ?? ''));
    if (channel === undefined) return refused('channel_not_found');
    if (channel.archived) return refused('is_archived');
    const content = contentOf(fields);
    if (typeof content === 'string') return refused(content);
    const threadTs = fields['thread_ts'];
    if (typeof threadTs === 'string' && this.#messages.find(channel.id, threadTs) === undefined) {
      return refused('thread_not_found');
    }
    const metadata = isObject(fields['metadata']) ? { metadata: fields['metadata'] } : {};
    const reply = typeof threadTs === 'string' ? { threadTs } : {};
    const post = this.#messages.add({ channel: channel.id, via: 'web_api', ...content, ...reply, ...metadata }, nowMs);
    return accepted({ channel: channel.id, ts: post.ts, message: messageOf(post, false) });
  }

  #list(fields: Record<string, unknown>, replies: boolean): SandboxReply {
    const channel = CHANNELS.find(({ id }) => id === fields['channel']);
    if (channel === undefined) return refused('channel_not_found');
    const limit = Math.min(Math.max(Math.trunc(Number(fields['limit'] ?? 100)) || 100, 1), 999);
    const oldest = Number(fields['oldest'] ?? 0) || 0;
    const threadTs = replies ? { threadTs: String(fields['ts']) } : {};
    const { posts, hasMore } = this.#messages.list(channel.id, { ...threadTs, oldest, limit });
    const withMetadata = String(fields['include_all_metadata']) === 'true';
    return accepted({ messages: posts.map((post) => messageOf(post, withMetadata)), has_more: hasMore });
  }

  #webhook(request: SandboxRequest): SandboxReply {
    if (request.path !== this.webhookPath) return textReply(404, 'no_service');
    if (request.method !== 'POST') return textReply(405, 'method_not_allowed');
    return this.faults.meet(
      () => this.#hooked(request),
      () => textReply(429, 'rate_limited'),
    );
  }

  #hooked({ body, nowMs }: SandboxRequest): SandboxReply {
    const fields = parseJsonObject(body);
    if (fields === undefined || Object.keys(fields).some((name) => !WEBHOOK_FIELDS.has(name))) {
      return textReply(400, 'invalid_payload');
    }
    const content = contentOf(fields);
    if (typeof content === 'string') return textReply(400, content);
    this.#messages.add({ channel: 'C00GENERAL', via: 'webhook', ...content }, nowMs);
    return textReply(200, 'ok');
  }
}

/** Slack takes JSON, a form, and for reads the query. */
function fieldsOf({ method, headers, query, body }: SandboxRequest): Record<string, unknown> | undefined {
  const inQuery = Object.fromEntries(query);
  if (method === 'GET' || body.byteLength === 0) return inQuery;
  if ((headers['content-type'] ?? '').startsWith('application/json')) return parseJsonObject(body);
  return { ...inQuery, ...Object.fromEntries(new URLSearchParams(Buffer.from(body).toString('utf8'))) };
}

/** What a message shows, or Slack's word for why it shows nothing. */
function contentOf(fields: Record<string, unknown>): Pick<Post, 'text' | 'blocks' | 'attachments'> | string {
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

function messageOf(post: Post, withMetadata: boolean): Record<string, unknown> {
  const { ts, text = '', blocks, attachments, threadTs, metadata } = post;
  return {
    type: 'message',
    subtype: 'bot_message',
    bot_id: 'B00FAIRLEAD',
    ts,
    text,
    ...(blocks && { blocks }),
    ...(attachments && { attachments }),
    ...(threadTs !== undefined && { thread_ts: threadTs }),
    ...(withMetadata && metadata !== undefined && { metadata }),
  };
}

function accepted(fields: Record<string, unknown>): SandboxReply {
  return jsonReply(200, { ok: true, ...fields });
}

function refused(error: string): SandboxReply {
  return jsonReply(200, { ok: false, error });
}

function tooFast(): SandboxReply {
  return jsonReply(429, { ok: false, error: 'ratelimited' });
}
