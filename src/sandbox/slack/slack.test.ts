import { describe, expect, it } from 'vitest';
import { looksLikePlaceholder } from '../../auth/index.js';
import { replyText, type SandboxRequest } from '../kit/index.js';
import { SlackSandbox } from './index.js';

const NOW = Date.UTC(2026, 0, 5);

function request(path: string, body: unknown, more: Partial<SandboxRequest> = {}): SandboxRequest {
  const [pathname = '', query = ''] = path.split('?');
  return {
    method: 'POST',
    path: pathname,
    query: new URLSearchParams(query),
    headers: { authorization: 'Bearer xoxb-sandbox-token', 'content-type': 'application/json; charset=utf-8' },
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    nowMs: NOW,
    ...more,
  };
}

const api = (slack: SlackSandbox, method: string, body: unknown = {}, more: Partial<SandboxRequest> = {}) =>
  JSON.parse(replyText(slack.handle(request(`/api/${method}`, body, more)))) as Record<string, unknown>;

describe('the simulated Slack', () => {
  it('posts by token, and knows what was posted', () => {
    const slack = new SlackSandbox();
    const metadata = { event_type: 'x', event_payload: { key: 'k' } };
    expect(api(slack, 'chat.postMessage', { channel: '#general', text: 'Hello', metadata })).toMatchObject({
      ok: true,
      channel: 'C00GENERAL',
      ts: '1767571200.000001',
    });
    expect(slack.posts).toEqual([
      { ts: '1767571200.000001', channel: 'C00GENERAL', via: 'web_api', text: 'Hello', metadata },
    ]);
    expect(slack.state()).toEqual({ posts: slack.posts });
  });

  it('posts by webhook', () => {
    const slack = new SlackSandbox();
    expect(slack.handle(request(slack.webhookPath, { text: 'Hello' }))).toMatchObject({ status: 200, body: 'ok' });
    expect(slack.posts).toMatchObject([{ via: 'webhook', text: 'Hello', channel: 'C00GENERAL' }]);
  });

  it.each<[string, unknown, string]>([
    ['chat.postMessage', { text: 'x' }, 'channel_not_found'],
    ['chat.postMessage', { channel: 'nowhere', text: 'x' }, 'channel_not_found'],
    ['chat.postMessage', { channel: 'archived', text: 'x' }, 'is_archived'],
    ['chat.postMessage', { channel: 'board', text: 'x' }, 'not_in_channel'],
    ['chat.postMessage', { channel: 'general' }, 'no_text'],
    ['chat.postMessage', { channel: 'general', text: '' }, 'no_text'],
    ['chat.postMessage', { channel: 'general', text: 'x'.repeat(40_001) }, 'msg_too_long'],
    ['chat.postMessage', { channel: 'general', text: 7 }, 'invalid_arguments'],
    ['chat.postMessage', { channel: 'general', blocks: {} }, 'invalid_blocks'],
    ['chat.postMessage', { channel: 'general', attachments: 'x' }, 'invalid_attachments'],
    [
      'chat.postMessage',
      { channel: 'general', attachments: Array.from({ length: 101 }, () => ({})) },
      'too_many_attachments',
    ],
    ['chat.postMessage', { channel: 'general', text: 'x', threadTs: '1.1' }, 'invalid_arg_name'],
    ['chat.postMessage', { channel: 'general', text: 'x', thread_ts: '1.1' }, 'thread_not_found'],
    ['chat.postMessage', '{', 'invalid_json'],
    ['conversations.history', { channel: 'general' }, 'channel_not_found'],
    ['chat.explode', {}, 'unknown_method'],
  ])('%s of %j is %s', (method, body, error) => {
    const slack = new SlackSandbox();
    expect(api(slack, method, body)).toEqual({ ok: false, error });
    expect(slack.posts).toEqual([]);
  });

  it.each<[Record<string, string>, string]>([
    [{}, 'not_authed'],
    [{ authorization: 'Bearer xoxb-other' }, 'invalid_auth'],
  ])('with %j says %s', (headers, error) => {
    expect(api(new SlackSandbox(), 'auth.test', {}, { headers })).toEqual({ ok: false, error });
  });

  it.each<[string, string, number, string]>([
    ['/services/T/B/other', '{"text":"x"}', 404, 'no_service'],
    ['', '{"text":"x","username":"y"}', 400, 'invalid_payload'],
    ['', 'text=x', 400, 'invalid_payload'],
    ['', '{}', 400, 'no_text'],
  ])('webhook %s with %s says %i %s', (path, body, status, word) => {
    const slack = new SlackSandbox();
    expect(slack.handle(request(path || slack.webhookPath, body))).toMatchObject({ status, body: word });
  });

  it('takes a form as well, with lists as JSON inside', () => {
    const slack = new SlackSandbox();
    const form = new URLSearchParams({ channel: 'C00BILLING', blocks: '[{"type":"divider"}]' }).toString();
    const headers = { authorization: 'Bearer xoxb-sandbox-token', 'content-type': 'application/x-www-form-urlencoded' };
    expect(api(slack, 'chat.postMessage', form, { headers })).toMatchObject({ ok: true, channel: 'C00BILLING' });
    expect(slack.posts[0]?.blocks).toEqual([{ type: 'divider' }]);
  });

  it('lists messages and replies, newest first, with metadata when asked', () => {
    const slack = new SlackSandbox();
    const metadata = { event_type: 'x', event_payload: { key: 'k' } };
    api(slack, 'chat.postMessage', { channel: 'general', text: 'one', metadata });
    api(slack, 'chat.postMessage', { channel: 'general', text: 'two' });
    api(slack, 'chat.postMessage', { channel: 'general', text: 'reply', thread_ts: '1767571200.000001' });
    const list = (query: string, method = 'history') =>
      JSON.parse(
        replyText(
          slack.handle(request(`/api/conversations.${method}?channel=C00GENERAL&${query}`, '', { method: 'GET' })),
        ),
      ) as { messages: { text: string; metadata?: unknown }[]; has_more: boolean };
    expect(list('').messages.map(({ text }) => text)).toEqual(['two', 'one']);
    expect(list('').messages[1]?.metadata).toBeUndefined();
    expect(list('include_all_metadata=true').messages[1]?.metadata).toEqual(metadata);
    expect(list('limit=1')).toMatchObject({ has_more: true, messages: [{ text: 'two' }] });
    expect(list('oldest=1767571201').messages).toEqual([]);
    expect(list('ts=1767571200.000001', 'replies').messages.map(({ text }) => text)).toEqual(['one', 'reply']);
    expect(list('ts=1.1', 'replies')).toEqual({ ok: false, error: 'thread_not_found' });
    const exactly = 'inclusive=true&oldest=1767571200.000002&latest=1767571200.000002';
    expect(list(exactly).messages.map(({ text }) => text)).toEqual(['two']);
  });

  it('says who it is, and which channels there are', () => {
    const slack = new SlackSandbox();
    expect(api(slack, 'auth.test')).toMatchObject({ ok: true, team: 'Sandbox' });
    expect(api(slack, 'conversations.list')['channels']).toContainEqual(
      expect.objectContaining({ name: 'archived', is_archived: true }),
    );
  });

  it('says how Fairlead is connected to it, in values that do not look like placeholders', () => {
    const variables = new SlackSandbox().variablesAt('http://127.0.0.1:4999/slack');
    expect(variables).toEqual({
      SLACK_BOT_TOKEN: 'xoxb-sandbox-token',
      SLACK_CLIENT_ID: 'fairlead-at-slack',
      SLACK_CLIENT_SECRET: 'simulated-slack-9b1f6e2c4d8a',
      SLACK_WEBHOOK_URL: 'http://127.0.0.1:4999/slack/services/T00SANDBOX/B00SANDBOX/sandbox-webhook',
    });
    expect(Object.values(variables).filter(looksLikePlaceholder)).toEqual([]);
  });

  it('misbehaves when told to, request by request', () => {
    const slack = new SlackSandbox();
    slack.faults.add({ kind: 'rate_limited', retryAfterSeconds: 7 });
    slack.faults.add({ kind: 'failure', status: 503 });
    slack.faults.add({ kind: 'slow', delayMs: 900 });
    slack.faults.add({ kind: 'lost_answer' });
    const send = () => slack.handle(request('/api/chat.postMessage', { channel: 'general', text: 'x' }));
    expect(send()).toMatchObject({ status: 429, headers: { 'retry-after': '7' } });
    expect(send()).toMatchObject({ status: 503 });
    expect(slack.posts).toHaveLength(0);
    expect(send()).toMatchObject({ status: 200, delayMs: 900 });
    // What only reads meets no fault.
    expect(api(slack, 'auth.test')).toMatchObject({ ok: true });
    expect(send()).toMatchObject({ lost: true });
    expect(slack.posts).toHaveLength(2);
    expect(slack.faults.waiting).toBe(0);
  });
});
