/** The methods of the simulated Web API. @module */
import { isObject } from '../../core/json.js';
import { boundedCount, pageAtCursor, type Routes, type SandboxReply } from '../kit/index.js';
import { accepted, refused, type SlackCall, type SlackState } from './answers.js';
import { contentOf, fieldsOf } from './fields.js';
import { CHANNELS, Messages, type Channel, type Post } from './messages.js';
import { directMessageOf } from './people.js';

const MESSAGE_FIELDS = new Set(
  'channel text blocks attachments thread_ts reply_broadcast metadata mrkdwn parse link_names unfurl_links'.split(' '),
);
const UPDATE_FIELDS = new Set('channel ts text blocks attachments metadata parse link_names'.split(' '));

export const messageRoutes: Routes<SlackState> = {
  '* /api/chat.postMessage': { scopes: ['chat:write'], run: post },
  '* /api/chat.update': { scopes: ['chat:write'], run: update },
  '* /api/chat.delete': { scopes: ['chat:write'], run: remove },
  '* /api/conversations.history': {
    scopes: ['channels:history'],
    reads: true,
    run: (call) => list(call, undefined),
  },
  '* /api/conversations.replies': {
    scopes: ['channels:history'],
    reads: true,
    run: (call) => list(call, String(fieldsOf(call)['ts'])),
  },
};

export const channelRoutes: Routes<SlackState> = {
  '* /api/auth.test': {
    reads: true,
    run: () =>
      accepted({
        url: 'https://sandbox.slack.com/',
        team: 'Sandbox',
        team_id: 'T00SANDBOX',
        user: 'fairlead',
        user_id: 'U00FAIRLEAD',
      }),
  },
  '* /api/conversations.list': { scopes: ['channels:read'], reads: true, run: listChannels },
  '* /api/conversations.info': { scopes: ['channels:read'], reads: true, run: channelInfo },
};

function post(call: SlackCall): SandboxReply {
  const fields = fieldsOf(call);
  const { messages } = call.state;
  if (Object.keys(fields).some((name) => !MESSAGE_FIELDS.has(name))) return refused('invalid_arg_name');
  const channel = placeOf(String(fields['channel'] ?? ''));
  if (channel === undefined) return refused('channel_not_found');
  if (channel.archived) return refused('is_archived');
  if (!channel.member) return refused('not_in_channel');
  const content = contentOf(fields);
  if (typeof content === 'string') return refused(content);
  const threadTs = fields['thread_ts'];
  if (typeof threadTs === 'string' && messages.find(channel.id, threadTs) === undefined) {
    return refused('thread_not_found');
  }
  const metadata = isObject(fields['metadata']) ? { metadata: fields['metadata'] } : {};
  const reply = typeof threadTs === 'string' ? { threadTs } : {};
  const stored = messages.add({ channel: channel.id, via: 'web_api', ...content, ...reply, ...metadata }, call.nowMs);
  call.emit('message', { ...messageOf(stored, false), channel: channel.id, event_ts: stored.ts });
  return accepted({ channel: channel.id, ts: stored.ts, message: messageOf(stored, false) });
}

/** A channel, or the conversation with a person. */
function placeOf(text: string): Pick<Channel, 'id' | 'archived' | 'member'> | undefined {
  const direct = directMessageOf(text);
  return direct === undefined ? Messages.channel(text) : { id: direct, archived: false, member: true };
}

function update(call: SlackCall): SandboxReply {
  const fields = fieldsOf(call);
  if (Object.keys(fields).some((name) => !UPDATE_FIELDS.has(name))) return refused('invalid_arg_name');
  const found = findPost(call);
  if (typeof found === 'string') return refused(found);
  if (found.via === 'webhook') return refused('cant_update_message');
  const content = contentOf(fields);
  if (typeof content === 'string') return refused(content);
  Object.assign(found, content, isObject(fields['metadata']) ? { metadata: fields['metadata'] } : {});
  const message = messageOf(found, false);
  call.emit('message', { type: 'message', subtype: 'message_changed', channel: found.channel, message });
  return accepted({
    channel: found.channel,
    ts: found.ts,
    text: found.text ?? '',
    message: { text: found.text ?? '' },
  });
}

function remove(call: SlackCall): SandboxReply {
  const found = findPost(call);
  if (typeof found === 'string') return refused(found);
  if (found.via === 'webhook') return refused('cant_delete_message');
  call.state.messages.remove(found);
  return accepted({ channel: found.channel, ts: found.ts });
}

/** The message that `channel` and `ts` name, or Slack's word for why there is none. */
function findPost(call: SlackCall): Post | string {
  const { channel, ts } = fieldsOf(call);
  if (!isConversation(channel)) return 'channel_not_found';
  return call.state.messages.find(channel, String(ts)) ?? 'message_not_found';
}

/** Ids only: a name is no conversation here, and neither is a person. */
function isConversation(value: unknown): value is string {
  return typeof value === 'string' && (CHANNELS.some(({ id }) => id === value) || /^D00\w+$/.test(value));
}

function list(call: SlackCall, threadTs: string | undefined): SandboxReply {
  const fields = fieldsOf(call);
  const { channel } = fields;
  const { messages } = call.state;
  if (!isConversation(channel)) return refused('channel_not_found');
  if (threadTs !== undefined && messages.find(channel, threadTs) === undefined) return refused('thread_not_found');
  const size = boundedCount(fields['limit'], { fallback: 100, max: 999 });
  const all = messages.list(channel, {
    ...(threadTs !== undefined && { threadTs }),
    oldest: Number(fields['oldest'] ?? 0) || 0,
    latest: Number(fields['latest'] ?? Infinity) || Infinity,
    inclusive: String(fields['inclusive']) === 'true',
  });
  const page = pageAtCursor(all, textOf(fields['cursor']), size);
  if (page === undefined) return refused('invalid_cursor');
  const withMetadata = String(fields['include_all_metadata']) === 'true';
  return accepted({
    messages: page.items.map((one) => messageOf(one, withMetadata)),
    has_more: page.hasMore,
    pin_count: 0,
    channel_actions_ts: null,
    channel_actions_count: 0,
    ...(page.next !== undefined && { response_metadata: { next_cursor: page.next } }),
  });
}

function listChannels(call: SlackCall): SandboxReply {
  const fields = fieldsOf(call);
  const size = boundedCount(fields['limit'], { fallback: 100, max: 999 });
  const withArchived = String(fields['exclude_archived']) !== 'true';
  const page = pageAtCursor(
    CHANNELS.filter(({ archived }) => withArchived || !archived),
    textOf(fields['cursor']),
    size,
  );
  if (page === undefined) return refused('invalid_cursor');
  return accepted({
    channels: page.items.map(channelShape),
    response_metadata: { next_cursor: page.next ?? '' },
  });
}

function channelInfo(call: SlackCall): SandboxReply {
  const channel = CHANNELS.find(({ id }) => id === fieldsOf(call)['channel']);
  return channel === undefined ? refused('channel_not_found') : accepted({ channel: channelShape(channel) });
}

const CREATED_S = 1_735_689_600;

function channelShape({ id, name, archived, member }: Channel) {
  const topic = { value: '', creator: '', last_set: 0 };
  return {
    id,
    name,
    name_normalized: name,
    is_channel: true,
    is_group: false,
    is_im: false,
    is_mpim: false,
    is_private: false,
    is_archived: archived,
    is_general: name === 'general',
    is_member: member,
    is_shared: false,
    is_org_shared: false,
    created: CREATED_S,
    creator: 'U00FAIRLEAD',
    unlinked: 0,
    topic,
    purpose: topic,
    num_members: 3,
  };
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

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
