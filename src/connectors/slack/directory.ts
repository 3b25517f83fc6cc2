/**
 * Which channels and people there are.
 *
 * @source slack-api-specs (conversations.list, conversations.info, users.info)
 * @module
 */
import { z } from 'zod';
import { defineAction } from '../../core/connector.js';
import { isObject, parseJsonObject, valueAt } from '../../core/json.js';
import { bodyCursor } from '../../core/pages.js';
import { channel, channelLookUp, personLookUp, touchesChannel } from './channel.js';

const PAGE_SIZE = 200;

const channelView = z.strictObject({
  id: z.string(),
  name: z.string(),
  isPrivate: z.boolean(),
  isArchived: z.boolean(),
  isMember: z.boolean().describe('whether the app is in it'),
  topic: z.string(),
  purpose: z.string(),
  members: z.int().optional(),
});

function channelFrom(value: unknown): unknown {
  if (!isObject(value)) return undefined;
  const { id, name, num_members: members } = value;
  return {
    id,
    name,
    isPrivate: value['is_private'] ?? false,
    isArchived: value['is_archived'] ?? false,
    isMember: value['is_member'] ?? false,
    topic: valueAt(value, 'topic.value') ?? '',
    purpose: valueAt(value, 'purpose.value') ?? '',
    ...(typeof members === 'number' && { members }),
  };
}

const listInput = z.strictObject({
  types: z
    .array(z.enum(['public', 'private']))
    .min(1)
    .max(2)
    .optional()
    .describe('default: public'),
  withArchived: z.boolean().optional(),
  cursor: z.string().min(1).max(1_000).optional().describe('nextCursor of the page before'),
});
const channelPage = z.strictObject({ channels: z.array(channelView), nextCursor: z.string().optional() });

export const listChannels = defineAction<z.output<typeof listInput>, z.output<typeof channelPage>>({
  summary: 'Lists the channels of a Slack workspace',
  effect: 'read',
  endpoint: 'GET /conversations.list',
  permissions: ['channels:read'],
  input: listInput,
  output: channelPage,
  target: () => ({ type: 'channel', id: '*' }),
  accepts: () => ['bearer'],
  request: ({ types = ['public'], withArchived = false, cursor }) => ({
    method: 'GET',
    url: '/conversations.list',
    query: {
      types: types.map((type) => `${type}_channel`).join(','),
      exclude_archived: !withArchived,
      limit: PAGE_SIZE,
      cursor,
    },
  }),
  parse({ body }) {
    const answer = parseJsonObject(body);
    const channels = answer?.['channels'];
    const nextCursor = bodyCursor(answer, 'response_metadata.next_cursor');
    const listed = Array.isArray(channels) ? channels.map(channelFrom) : undefined;
    return { channels: listed, ...(nextCursor !== undefined && { nextCursor }) };
  },
  idempotency: 'none',
  settleMs: 0,
  limits: () => [{ bucket: 'tier2', key: 'conversations.list' }],
  pages: { items: 'channels' },
});

const getChannelInput = z.strictObject({ channel: channel.describe('id or name of the channel') });

export const getChannel = defineAction<z.output<typeof getChannelInput>, z.output<typeof channelView>>({
  summary: 'Reads one channel of a Slack workspace, by id or by name',
  effect: 'read',
  endpoint: 'GET /conversations.info',
  permissions: ['channels:read'],
  input: getChannelInput,
  output: channelView,
  target: ({ channel }) => ({ type: 'channel', id: channel }),
  touches: touchesChannel,
  accepts: () => ['bearer'],
  lookups: [channelLookUp()],
  request: ({ channel }) => ({
    method: 'GET',
    url: '/conversations.info',
    query: { channel, include_num_members: true },
  }),
  parse: ({ body }) => channelFrom(parseJsonObject(body)?.['channel']),
  idempotency: 'none',
  settleMs: 0,
  limits: () => [{ bucket: 'tier3', key: 'conversations.info' }],
});

const getUserInput = z.strictObject({ user: z.string().min(1).max(200).describe('id, @name or e-mail address') });
const userView = z.strictObject({
  id: z.string(),
  name: z.string(),
  realName: z.string(),
  email: z.string().optional().describe('only with the permission users:read.email'),
  isBot: z.boolean(),
  isDeactivated: z.boolean(),
});

function userFrom(value: unknown): unknown {
  if (!isObject(value)) return undefined;
  const email = valueAt(value, 'profile.email');
  return {
    id: value['id'],
    name: value['name'],
    realName: value['real_name'] ?? valueAt(value, 'profile.real_name') ?? '',
    ...(typeof email === 'string' && { email }),
    isBot: value['is_bot'] ?? false,
    isDeactivated: value['deleted'] ?? false,
  };
}

export const getUser = defineAction<z.output<typeof getUserInput>, z.output<typeof userView>>({
  summary: 'Reads one person of a Slack workspace, by id, by name or by e-mail address',
  effect: 'read',
  endpoint: 'GET /users.info',
  permissions: ['users:read', 'users:read.email'],
  input: getUserInput,
  output: userView,
  target: ({ user }) => ({ type: 'user', id: user }),
  accepts: () => ['bearer'],
  lookups: [personLookUp('user')],
  request: ({ user }) => ({ method: 'GET', url: '/users.info', query: { user } }),
  parse: ({ body }) => userFrom(parseJsonObject(body)?.['user']),
  idempotency: 'none',
  settleMs: 0,
  limits: () => [{ bucket: 'tier4', key: 'users.info' }],
});
