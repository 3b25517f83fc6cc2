/** The simulated Slack against Slack's own description, and its signed events. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { webhooks as connectorWebhooks } from '../../src/connectors/slack/webhooks.js';
import { verifyDelivery } from '../../src/core/signature/index.js';
import { OAUTH_TROUBLES, SlackSandbox } from '../../src/sandbox/index.js';
import { clientOf, NOW_MS } from './client.js';
import { coverageText, officialDescription, specs, type Checker } from './official-description.js';

let checker: Checker | undefined;
beforeAll(async () => {
  if (!specs.available) return;
  checker = await officialDescription({
    file: 'slack/openapi.json',
    allowed: [
      // Added since 2021, when Slack last published its description.
      'metadata',
      // The description wants the token as a header of its own, beside Authorization.
      'parameter token',
      // It has forms only; Slack takes JSON, with lists as lists.
      'body/blocks',
      'body/attachments',
      // Not among its errors: the limit, what a scope error adds, and these words.
      'needed',
      'provided',
      'answer/error must be equal to one of the allowed values',
    ],
  });
});
afterAll(() =>
  console.log(checker === undefined ? `slack: unchecked, ${specs.reason}` : coverageText('slack', checker)),
);

function setUp() {
  const slack = new SlackSandbox({ ...(checker && { onExchange: checker.see }) });
  return { slack, ask: clientOf(slack, { authorization: `Bearer ${slack.token}` }) };
}

describe('the simulated Slack', () => {
  it('posts, changes and takes back a message, by JSON and by form', () => {
    const { ask, slack } = setUp();
    const posted = ask('POST /api/chat.postMessage', { json: { channel: 'C00GENERAL', text: 'Hello' } }).body;
    expect(posted).toMatchObject({ ok: true, message: { text: 'Hello' } });
    const { channel, ts } = posted;
    expect(ask('POST /api/chat.update', { form: { channel, ts, text: 'Hi' } }).body).toMatchObject({
      ok: true,
      text: 'Hi',
    });
    expect(ask(`GET /api/conversations.history?channel=${channel}`).body.messages).toMatchObject([{ text: 'Hi' }]);
    expect(ask('POST /api/chat.delete', { form: { channel, ts } }).body.ok).toBe(true);
    expect(ask('POST /api/chat.delete', { form: { channel, ts } }).body.error).toBe('message_not_found');
    expect(slack.posts).toEqual([]);
  });

  it('pages by cursor', () => {
    const { ask } = setUp();
    const names: string[] = [];
    let cursor = '';
    do {
      const { channels, response_metadata: more } = ask(`GET /api/conversations.list?limit=3&cursor=${cursor}`).body;
      names.push(...channels.map((one: { name: string }) => one.name));
      cursor = more.next_cursor;
    } while (cursor !== '');
    expect(names).toEqual(['general', 'releases', 'billing', 'archived', 'board']);
    expect(ask('GET /api/conversations.list?cursor=bm9uc2Vuc2U').body.error).toBe('invalid_cursor');
    expect(ask('GET /api/conversations.info?channel=C00GENERAL').body.channel.is_general).toBe(true);
  });

  it('keeps to one message a second and channel', () => {
    const { ask } = setUp();
    const post = (nowMs: number, channel = 'C00GENERAL') =>
      ask('POST /api/chat.postMessage', { json: { channel, text: 'x' }, nowMs });
    expect([1, 2, 3, 4, 5].map(() => post(NOW_MS).status)).toEqual([200, 200, 200, 200, 200]);
    expect(post(NOW_MS)).toMatchObject({
      status: 429,
      headers: { 'retry-after': '1' },
      body: { error: 'ratelimited' },
    });
    expect(post(NOW_MS, 'C00BILLING').status).toBe(200);
    expect(post(NOW_MS + 1000).status).toBe(200);
  });

  it('refuses what a token may not do, and what a fault says', () => {
    const { ask, slack } = setUp();
    const headers = { authorization: 'Bearer xoxb-sandbox-token-that-only-reads' };
    const json = { channel: 'C00GENERAL', text: 'x' };
    expect(ask('POST /api/chat.postMessage', { json, headers }).body).toEqual({
      ok: false,
      error: 'missing_scope',
      needed: 'chat:write',
      provided: 'channels:read',
    });
    const troubles = slack.troubles.filter((name) => !Object.hasOwn(OAUTH_TROUBLES, name));
    for (const name of troubles) slack.faults.add({ kind: 'business', name });
    const errors = troubles.map(() => ask('POST /api/chat.postMessage', { json }).body.error);
    expect(errors).toEqual(['channel_not_found', 'missing_scope', 'token_expired', 'ratelimited']);
  });

  it('tells subscribers, signed as the connector verifies, after asking them for a proof', () => {
    const { ask, slack } = setUp();
    slack.subscribe('https://in.test/slack', '0123456789abcdef0123456789abcdef', NOW_MS);
    ask('POST /api/chat.postMessage', { json: { channel: 'C00GENERAL', text: 'Hello' } });
    const [proof, event] = slack.webhooks.take();
    const secrets = ['0123456789abcdef0123456789abcdef'];
    const scheme = connectorWebhooks.schemes['slack-v0']!;
    for (const { headers, body } of [proof!, event!]) {
      expect(verifyDelivery(scheme, { headers, body, secrets, nowMs: NOW_MS })).toMatchObject({ ok: true });
    }
    expect(connectorWebhooks.identify(event!)).toMatchObject({ key: 'Ev0000000002' });
  });

  it.runIf(specs.available)('asks and answers as the official description says', () => {
    expect([...new Set(checker!.problems)]).toEqual([]);
    expect(checker!.checkedAnswers).toBeGreaterThan(10);
  });
});
