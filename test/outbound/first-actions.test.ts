/** `slack.sendMessage` and `http.post` against the simulated Slack and the simulated internal tool. */
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import type { Principal } from '../../src/core/principal.js';
import { InternalToolSandbox, SlackSandbox } from '../../src/sandbox/index.js';
import { sandboxRoute } from '../../src/testing/sandbox-route.js';
import { outboundWorld, type WorldOptions } from './world.js';

const SLACK = 'https://slack.com';
const HOOKS = 'https://hooks.slack.com';
const TOOL = 'https://tools.test';
const BOT = 'xoxb-123456-abcdef';
const SAAS_TOKEN = 'token-of-the-internal-tool';
const FORWARD_SECRET = `whsec_${Buffer.from('a signing secret of the forwarder').toString('base64')}`;
const HANDLER: Principal = { type: 'handler', id: 'record', scopes: [], via: 'webhook' };

async function firstActions(options: WorldOptions = {}) {
  const slack = new SlackSandbox({ token: BOT, webhook: 'abcdefghijklmnop' });
  const tool = new InternalToolSandbox();
  const env = { SLACK_BOT_TOKEN: BOT, SLACK_WEBHOOK_URL: HOOKS + slack.webhookPath, FORWARD_SECRET, ...options.env };
  const world = await outboundWorld({ ...options, env });
  for (const base of [SLACK, HOOKS]) world.net.on(`* ${base}`, sandboxRoute(slack, base, world.clock));
  world.net.on(`* ${TOOL}`, sandboxRoute(tool, TOOL, world.clock));
  return { ...world, slack, tool };
}

const post = { url: `${TOOL}/customers`, json: { email: 'ada@example.com' } };
const KEY = { idempotencyKey: 'stripe:evt_1:record:http.post:1' };

describe('slack.sendMessage', () => {
  it('goes to the channel of the webhook when it names none', async () => {
    const world = await firstActions();
    expect(await world.call('slack.sendMessage', { text: 'Hello' })).toMatchObject({
      state: 'done',
      output: { via: 'webhook' },
    });
    expect(world.slack.posts).toMatchObject([{ via: 'webhook', text: 'Hello' }]);
    expect(world.net.requests[0]!.headers).not.toHaveProperty('authorization');
  });

  it('goes by token to a channel it names, with blocks and as a reply', async () => {
    const world = await firstActions();
    const first = await world.call('slack.sendMessage', { channel: '#releases', text: 'Hello' });
    expect(first).toMatchObject({ state: 'done', output: { via: 'web_api', channel: 'C00RELEASES' } });
    const { ts } = first.output as { ts: string };
    const blocks = [{ type: 'divider' }];
    await world.call('slack.sendMessage', { channel: 'C00RELEASES', blocks, threadTs: ts });
    expect(world.slack.posts).toMatchObject([{ text: 'Hello' }, { blocks, threadTs: ts }]);
    expect(world.net.requests[0]!.headers['authorization']).toBe(`Bearer ${BOT}`);
  });

  it.each<[object, string, RegExp]>([
    [{}, 'invalid_argument', /text: a message needs text/],
    [{ text: 'x', threadTs: '1.2' }, 'invalid_argument', /channel: a reply needs/],
    [{ channel: 'C1', text: 'x', threadTs: 'now' }, 'invalid_argument', /threadTs/],
    [{ text: 'x', chanel: 'C1' }, 'invalid_argument', /chanel/],
    [{ channel: 'nowhere', text: 'x' }, 'provider_rejected', /Slack: there is no such channel/],
    [{ channel: 'archived', text: 'x' }, 'provider_rejected', /Slack: the channel is archived/],
  ])('%j fails with %s, in words', async (input, code, detail) => {
    const world = await firstActions();
    const { state, error } = await world.call('slack.sendMessage', input);
    expect([state, error?.code]).toEqual(['failed', code]);
    expect(error?.detail).toMatch(detail);
    expect(world.slack.posts).toEqual([]);
  });

  it('says what is missing when only the other way is set up', async () => {
    const world = await firstActions({ env: { SLACK_BOT_TOKEN: 'xoxb-xxx' } });
    const { error } = await world.call('slack.sendMessage', { channel: 'C1', text: 'x' });
    expect(error?.detail).toContain('Set SLACK_BOT_TOKEN. SLACK_WEBHOOK_URL cannot carry this call as it is.');
  });

  it('is posted once when its answer is lost, and found again by its mark', async () => {
    const world = await firstActions();
    const call = () => world.call('slack.sendMessage', { channel: 'C00BILLING', text: 'Paid' }, KEY);
    world.slack.faults.add({ kind: 'lost_answer' });
    const lost = await call();
    expect(lost.state).toBe('unknown');
    await world.clock.advance(lost.retryAfterMs!);
    expect(await call()).toMatchObject({ state: 'done', output: { via: 'web_api', channel: 'C00BILLING' } });
    expect(world.slack.posts).toHaveLength(1);
  });

  it('stays unknown when the webhook loses the answer: there is nothing to ask', async () => {
    const world = await firstActions();
    world.slack.faults.add({ kind: 'lost_answer' });
    const lost = await world.call('slack.sendMessage', { text: 'Paid' }, KEY);
    expect(lost).toMatchObject({ state: 'unknown', error: { code: 'outcome_unknown' } });
    expect(lost.retryAfterMs).toBeUndefined();
    expect((await world.call('slack.sendMessage', { text: 'Paid' }, KEY)).state).toBe('unknown');
    expect(world.slack.posts).toHaveLength(1);
  });

  it('obeys "slow down", and does not trust an answer that is no answer', async () => {
    const world = await firstActions();
    world.slack.faults.add({ kind: 'rate_limited', retryAfterSeconds: 2 });
    expect((await world.call('slack.sendMessage', { text: 'x' })).state).toBe('done');
    world.slack.faults.add({ kind: 'failure', status: 503 });
    expect((await world.call('slack.sendMessage', { text: 'x' })).state).toBe('unknown');
    expect(world.slack.posts).toHaveLength(1);
  });

  it('never shows the address of the webhook', async () => {
    const world = await firstActions();
    const dry = await world.call('slack.sendMessage', { text: 'x' }, { dryRun: true });
    expect(dry.preview?.url).toBe('(the secret address of env:slack)');
    world.slack.faults.add({ kind: 'failure', status: 500 });
    const result = await world.call('slack.sendMessage', { text: 'x' });
    const traces = JSON.stringify([dry, result, await world.records(), world.lines]);
    expect(traces).not.toContain('abcdefghijklmnop');
    expect(traces).not.toContain('/services/');
  });

  it.each(['https://evil.test/services/T/B/abcdefgh', 'http://hooks.slack.com/services/T/B/abcdefgh'])(
    'does not post to %s, whoever wrote that there',
    async (address) => {
      const world = await firstActions({ env: { SLACK_WEBHOOK_URL: address } });
      const result = await world.call('slack.sendMessage', { text: 'x' });
      expect(result).toMatchObject({ state: 'failed', error: { code: 'egress_denied' } });
      expect(world.net.requests).toEqual([]);
    },
  );

  it('goes to a simulated Slack when the base URL says so', async () => {
    const base = 'http://127.0.0.1:4999/slack';
    const slack = new SlackSandbox({ token: BOT, webhook: 'abcdefghijklmnop' });
    const world = await firstActions({
      env: { SLACK_WEBHOOK_URL: base + slack.webhookPath },
      settings: { connections: { slack: { baseUrl: `${base}/api` } } },
    });
    world.net.on(`* ${base}`, sandboxRoute(slack, base, world.clock));
    await world.call('slack.sendMessage', { text: 'by webhook' });
    await world.call('slack.sendMessage', { channel: 'general', text: 'by token' });
    expect(slack.posts.map(({ via }) => via)).toEqual(['webhook', 'web_api']);
  });
});

describe('http.post', () => {
  const idempotent = { settings: { idempotentHosts: ['tools.test'] } };

  it('always carries its key, and gives back what the tool said', async () => {
    const world = await firstActions();
    expect(await world.call('http.post', post, KEY)).toMatchObject({
      state: 'done',
      output: { status: 201, json: { id: 'rec_1', recorded: true } },
    });
    expect(world.tool.effects).toMatchObject([{ path: '/customers', key: KEY.idempotencyKey, body: post.json }]);
    const { callId } = await world.call('http.post', post);
    expect(world.tool.effects[1]?.key).toBe(callId);
  });

  it('sends a key that no header can carry as its hash', async () => {
    const world = await firstActions();
    await world.call('http.post', post, { idempotencyKey: 'schlüssel mit ü' });
    await world.call('http.post', post, { idempotencyKey: 'k'.repeat(300) });
    for (const { key } of world.tool.effects) expect(key).toMatch(/^fl_[0-9a-f]{64}$/);
    expect(new Set(world.tool.effects.map(({ key }) => key)).size).toBe(2);
  });

  it('has one effect when the answer is lost, at a target that goes by the key', async () => {
    const world = await firstActions(idempotent);
    world.tool.faults.add({ kind: 'lost_answer' }, 2);
    expect((await world.call('http.post', post, KEY)).state).toBe('done');
    expect(world.tool.effects).toMatchObject([{ repeats: 2 }]);
  });

  it('is unknown when the answer is lost, at a target of which nothing is known', async () => {
    const world = await firstActions();
    world.tool.faults.add({ kind: 'lost_answer' });
    expect((await world.call('http.post', post, KEY)).state).toBe('unknown');
    expect(world.tool.effects).toMatchObject([{ repeats: 0 }]);
  });

  it('goes on under the same key when it was given up, and ends once', async () => {
    const world = await firstActions(idempotent);
    world.tool.faults.add({ kind: 'lost_answer' }, 5);
    const first = await world.call('http.post', post, KEY);
    expect(first.state).toBe('unknown');
    await world.clock.advance(first.retryAfterMs!);
    expect(await world.call('http.post', post, KEY)).toMatchObject({ state: 'done', callId: first.callId });
    expect(world.tool.effects).toMatchObject([{ repeats: 5 }]);
    expect((await world.call('http.post', post, KEY)).state).toBe('replayed');
    const statuses = (await world.records()).map(({ status }) => status);
    expect(statuses).toEqual(['started', 'unknown', 'started', 'succeeded', 'replayed']);
  });

  it('sends the token to the hosts that are listed', async () => {
    for (const [saasHosts, sent] of [
      [['tools.test'], true],
      [['other.test'], false],
      [[], false],
    ] as const) {
      const world = await firstActions({ env: { SAAS_API_TOKEN: SAAS_TOKEN }, settings: { saasHosts } });
      await world.call('http.post', post);
      expect(world.net.requests[0]!.headers['authorization']).toBe(sent ? `Bearer ${SAAS_TOKEN}` : undefined);
    }
  });

  it('does not send the token in the clear, unless the operator wrote http', async () => {
    for (const [url, saasHosts, sent] of [
      ['http://tools.test/x', ['tools.test'], false],
      ['http://tools.test/x', ['http://tools.test'], true],
      ['http://127.0.0.1:5123/x', ['127.0.0.1'], true],
      ['http://127.0.0.1:5123/x', ['127.0.0.1:5124'], false],
    ] as const) {
      const world = await firstActions({ env: { SAAS_API_TOKEN: SAAS_TOKEN }, settings: { saasHosts } });
      world.net.on('POST http://', () => ({ status: 204 }));
      await world.call('http.post', { url });
      expect(world.net.requests[0]!.headers['authorization']).toBe(sent ? `Bearer ${SAAS_TOKEN}` : undefined);
    }
  });

  it('says why, when the tool wanted the token that was withheld', async () => {
    const world = await firstActions({ env: { SAAS_API_TOKEN: SAAS_TOKEN } });
    world.net.on(`POST ${TOOL}`, () => ({ status: 401 }));
    const { error } = await world.call('http.post', post);
    expect(error?.detail).toContain('because tools.test is not in FAIRLEAD_SAAS_HOSTS');
  });

  it.each<[object, RegExp]>([
    [{ url: 'ftp://tools.test/' }, /url/],
    [{ url: 'https://user:pass@tools.test/' }, /url/],
    [{ url: 'tools.test' }, /url/],
    [{ url: TOOL, json: {}, text: 'x' }, /either json or text/],
    [{ url: TOOL, headers: { Authorization: 'x' } }, /Authorization/],
    [{ url: TOOL, headers: { 'transfer-encoding': 'chunked' } }, /transfer-encoding/],
    [{ url: TOOL, headers: { Connection: 'close' } }, /Connection/],
    [{ url: TOOL, headers: { Cookie: 'a=b' } }, /Cookie/],
    [{ url: TOOL, headers: { Host: 'evil.test' } }, /Host/],
    [{ url: TOOL, headers: { 'Idempotency-Key': 'mine' } }, /Idempotency-Key/],
    [{ url: TOOL, headers: { 'x-a': 'b\r\nc: d' } }, /x-a/],
    [{ url: TOOL, headers: { 'bad name': 'x' } }, /bad name/],
    [{ url: TOOL, method: 'DELETE' }, /method/],
  ])('refuses %j', async (input, detail) => {
    const world = await firstActions();
    const { state, error } = await world.call('http.post', input);
    expect([state, error?.code]).toEqual(['failed', 'invalid_argument']);
    expect(error?.detail).toMatch(detail);
    expect(world.net.requests).toEqual([]);
  });

  it('sends text as it is, under the type that was asked for', async () => {
    const world = await firstActions();
    await world.call('http.post', { url: `${TOOL}/a`, text: 'a,b\n1,2' });
    await world.call('http.post', {
      url: `${TOOL}/b`,
      text: 'a,b',
      headers: { 'Content-Type': 'text/csv', 'X-A': '1' },
    });
    const [plain, csv] = world.net.requests;
    expect(plain!.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(Buffer.from(plain!.body!).toString()).toBe('a,b\n1,2');
    expect(csv!.headers).toMatchObject({ 'content-type': 'text/csv', 'x-a': '1' });
  });

  it('keeps the query of an address out of the audit log', async () => {
    const world = await firstActions();
    await world.call('http.post', { ...post, url: `${TOOL}/customers?signature=abcdef123456` });
    expect(JSON.stringify([await world.records(), world.lines])).not.toContain('abcdef123456');
  });

  it('cuts an answer that is too long to be kept', async () => {
    const world = await firstActions();
    world.net.on(`POST ${TOOL}`, () => ({ body: 'x'.repeat(100_000) }));
    const { output } = await world.call('http.post', post);
    expect(output).toMatchObject({ status: 200, cut: true, text: 'x'.repeat(64 * 1024) });
  });
});

describe('http.forward', () => {
  const event = {
    url: `${TOOL}/hooks`,
    secret: 'env:FORWARD_SECRET',
    eventId: 'evt_1',
    type: 'invoice.paid',
    provider: 'stripe',
    contentType: 'application/json',
    bodyBase64: Buffer.from('{"id":"evt_stripe_1"}').toString('base64'),
  };
  const asHandler = { principal: HANDLER, uses: ['http.forward'], ...KEY };

  it('sends the event byte for byte, signed as the official library signs', async () => {
    const world = await firstActions({ env: { SAAS_API_TOKEN: SAAS_TOKEN }, settings: { saasHosts: ['tools.test'] } });
    expect((await world.call('http.forward', event, asHandler)).output).toEqual({ status: 201 });
    const [sent] = world.net.requests;
    expect(Buffer.from(sent!.body!).toString()).toBe('{"id":"evt_stripe_1"}');
    expect(sent!.headers).toMatchObject({
      'webhook-id': 'evt_1',
      'fairlead-provider': 'stripe',
      'fairlead-event-type': 'invoice.paid',
    });
    expect(sent!.headers).not.toHaveProperty('authorization');
    const { 'webhook-timestamp': seconds, 'webhook-signature': signature } = sent!.headers;
    const official = new Webhook(FORWARD_SECRET);
    const at = new Date(Number(seconds) * 1_000);
    expect(signature).toBe(official.sign('evt_1', at, '{"id":"evt_stripe_1"}'));
  });

  it('is sent again when an answer was lost, with the time of the attempt', async () => {
    const world = await firstActions({ latencyMs: 1_000 });
    world.tool.faults.add({ kind: 'lost_answer' });
    expect((await world.call('http.forward', event, asHandler)).state).toBe('done');
    const times = world.net.requests.map(({ headers }) => Number(headers['webhook-timestamp']));
    expect(times[1]).toBeGreaterThan(times[0]!);
  });

  it.each<[string, Partial<Parameters<Awaited<ReturnType<typeof firstActions>>['call']>[2]>]>([
    ['a person', {}],
    ['a handler that did not declare it', { principal: HANDLER, uses: ['http.post'] }],
    ['an agent that says it declares it', { principal: { ...HANDLER, type: 'agent' }, uses: ['http.forward'] }],
  ])('is not for %s: its input names secrets', async (_, context) => {
    const world = await firstActions();
    const result = await world.call('http.forward', { ...event, secret: 'exec:touch /tmp/x' }, context);
    expect(result).toMatchObject({ state: 'denied', error: { code: 'policy_denied' } });
    expect(world.net.requests).toEqual([]);
  });

  it('leaves out of the headers what a stranger wrote and no header can carry', async () => {
    const world = await firstActions();
    const odd = { ...event, type: 'évènement\r\nx-evil: 1', contentType: 'text/plain\nx: y' };
    expect((await world.call('http.forward', odd, asHandler)).state).toBe('done');
    expect(world.net.requests[0]!.headers).not.toHaveProperty('fairlead-event-type');
    expect(world.net.requests[0]!.headers['content-type']).toBe('application/octet-stream');
  });
});
