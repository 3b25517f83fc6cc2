/** Changing and deleting messages, channels and people: what we send and how we read it. Run as tests. @module */
import type { CallExample, ReconcileExample } from '../../core/connector.js';

const PLACE = { channel: 'C1H9RESGL', ts: '1503435956.000247' };
const MARK = { event_type: 'fairlead_call', event_payload: { key: 'example-key' } };

const CHANNEL = {
  id: 'C1H9RESGL',
  name: 'releases',
  is_private: false,
  is_archived: false,
  is_member: true,
  topic: { value: 'What is out', creator: '', last_set: 0 },
  purpose: { value: '', creator: '', last_set: 0 },
  num_members: 4,
};
const READ_CHANNEL = {
  id: 'C1H9RESGL',
  name: 'releases',
  isPrivate: false,
  isArchived: false,
  isMember: true,
  topic: 'What is out',
  purpose: '',
  members: 4,
};
const OTHER = { ...CHANNEL, id: 'C2', name: 'other' };

const USER = {
  id: 'W012A3CDE',
  name: 'ada',
  real_name: 'Ada Example',
  deleted: false,
  is_bot: false,
  profile: { email: 'ada@example.com' },
};
const READ_USER = {
  id: 'W012A3CDE',
  name: 'ada',
  realName: 'Ada Example',
  email: 'ada@example.com',
  isBot: false,
  isDeactivated: false,
};

export const moreCalls: Record<string, CallExample[]> = {
  updateMessage: [
    {
      input: { ...PLACE, channel: 'releases', text: 'Done', threadTs: '1503435950.000001' },
      lookups: [
        { body: { ok: true, channels: [OTHER], response_metadata: { next_cursor: 'dGVhbTpDMDYxRkE1UEI=' } } },
        { body: { ok: true, channels: [CHANNEL], response_metadata: { next_cursor: '' } } },
      ],
      request: { method: 'POST', url: '/chat.update', json: { ...PLACE, text: 'Done', metadata: MARK } },
      answer: { body: { ok: true, ...PLACE, text: 'Done', message: {} } },
      output: PLACE,
    },
  ],
  deleteMessage: [
    {
      input: PLACE,
      request: { method: 'POST', url: '/chat.delete', json: PLACE },
      answer: { body: { ok: true, ...PLACE } },
      output: PLACE,
    },
  ],
  listChannels: [
    {
      input: { types: ['public', 'private'], withArchived: true, cursor: 'dGVhbTpDMDYxRkE1UEI=' },
      request: {
        method: 'GET',
        url: '/conversations.list',
        query: {
          types: 'public_channel,private_channel',
          exclude_archived: false,
          limit: 200,
          cursor: 'dGVhbTpDMDYxRkE1UEI=',
        },
      },
      answer: { body: { ok: true, channels: [CHANNEL], response_metadata: { next_cursor: 'bmV4dA==' } } },
      output: { channels: [READ_CHANNEL], nextCursor: 'bmV4dA==' },
    },
    {
      input: {},
      request: {
        method: 'GET',
        url: '/conversations.list',
        query: { types: 'public_channel', exclude_archived: true, limit: 200 },
      },
      answer: { body: { ok: true, channels: [], response_metadata: { next_cursor: '' } } },
      output: { channels: [] },
    },
  ],
  getChannel: [
    {
      input: { channel: '#releases' },
      lookups: [{ body: { ok: true, channels: [OTHER, CHANNEL] } }],
      request: {
        method: 'GET',
        url: '/conversations.info',
        query: { channel: 'C1H9RESGL', include_num_members: true },
      },
      answer: { body: { ok: true, channel: CHANNEL } },
      output: READ_CHANNEL,
    },
  ],
  getUser: [
    {
      input: { user: 'ada@example.com' },
      lookups: [{ body: { ok: true, user: USER } }],
      request: { method: 'GET', url: '/users.info', query: { user: 'W012A3CDE' } },
      answer: { body: { ok: true, user: USER } },
      output: READ_USER,
    },
    {
      input: { user: '@ada' },
      lookups: [
        { body: { ok: true, members: [{ ...USER, deleted: true }], response_metadata: { next_cursor: 'x' } } },
        { body: { ok: true, members: [USER] } },
      ],
      request: { method: 'GET', url: '/users.info', query: { user: 'W012A3CDE' } },
      answer: { body: { ok: true, user: { ...USER, real_name: undefined, profile: {} } } },
      output: { id: 'W012A3CDE', name: 'ada', realName: '', isBot: false, isDeactivated: false },
    },
  ],
};

export const moreReconciles: Record<string, ReconcileExample[]> = {
  updateMessage: [
    {
      input: { ...PLACE, text: 'Done' },
      answers: [{ body: { ok: true, messages: [{ ts: PLACE.ts, metadata: MARK }], has_more: false } }],
      means: { found: PLACE },
    },
    {
      input: { ...PLACE, text: 'Done' },
      answers: [{ body: { ok: true, messages: [{ ts: PLACE.ts }], has_more: false } }],
      means: 'not_found',
    },
  ],
  deleteMessage: [
    { input: PLACE, answers: [{ body: { ok: true, messages: [] } }], means: { found: PLACE } },
    {
      input: { ...PLACE, threadTs: '1503435950.000001' },
      answers: [{ body: { ok: true, messages: [{ ts: '1503435950.000001' }] } }],
      means: { found: PLACE },
    },
    { input: PLACE, answers: [{ body: { ok: true, messages: [{ ts: PLACE.ts }] } }], means: 'not_found' },
    { input: PLACE, answers: [{ body: { ok: true } }], means: 'undecided' },
  ],
};
