/**
 * The official SDKs of nine APIs, each with a real script, behind the proxy. They hold a key of Fairlead and nothing
 * else; what they do is in the audit log, a pair of lines a write.
 */
import { calendar } from '@googleapis/calendar';
import { drive } from '@googleapis/drive';
import { LinearClient } from '@linear/sdk';
import { Client as NotionClient } from '@notionhq/client';
import { Octokit } from '@octokit/rest';
import sendgrid from '@sendgrid/mail';
import { WebClient } from '@slack/web-api';
import { Resend } from 'resend';
import Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditRecord } from '../../src/core/audit.js';
import { KEY, openSetting, type Setting } from './setting.js';

const PROVIDERS = ['github', 'google', 'linear', 'notion', 'resend', 'sendgrid', 'slack', 'stripe'];

let setting: Setting;
beforeAll(async () => {
  setting = await openSetting(PROVIDERS, ['stripe', 'google']);
});
afterAll(() => setting.close());

const at = (provider: string): string => `${setting.url}/proxy/${provider}`;

/** What the log says of a provider: how each write ended, and how many lines of reads there are. */
async function logOf(provider: string): Promise<{ writes: string[]; reads: number; unpaired: number }> {
  const mine = (await setting.records()).filter((one) => one.provider === provider);
  const outcome = (callId: string | undefined): AuditRecord[] =>
    mine.filter((one) => one.phase === 'outcome' && one.callId === callId && one.status !== 'replayed');
  const intents = mine.filter(({ phase }) => phase === 'intent');
  return {
    writes: intents.map(({ callId }) => outcome(callId)[0]?.status ?? 'none'),
    reads: mine.filter(({ effect, phase }) => effect === 'read' && phase === 'outcome').length,
    unpaired: intents.filter(({ callId }) => outcome(callId).length !== 1).length,
  };
}

describe('an official SDK behind the proxy', () => {
  it('stripe', async () => {
    const { hostname, port } = new URL(setting.ownUrl('stripe'));
    const stripe = new Stripe(KEY, { host: hostname, port, protocol: 'http', maxNetworkRetries: 1 });
    for (let number = 1; number <= 5; number++) await stripe.customers.create({ name: `Customer ${number}` });
    const names: (string | null | undefined)[] = [];
    for await (const { name } of stripe.customers.list({ limit: 2 })) names.push(name);
    expect(names.filter((name) => name?.startsWith('Customer '))).toHaveLength(5);
    const [first] = (await stripe.customers.list({ limit: 1 })).data;
    const keyed = { idempotencyKey: 'order-7' };
    const asked = { amount: 1250, currency: 'eur', customer: first!.id };
    const intent = await stripe.paymentIntents.create(asked, keyed);
    const again = await stripe.paymentIntents.create(asked, keyed);
    expect(again.id).toBe(intent.id);
    expect(again.lastResponse.headers['idempotent-replayed']).toBe('true');
    await expect(stripe.customers.retrieve('cus_nobody')).rejects.toMatchObject({
      type: 'StripeInvalidRequestError',
      statusCode: 404,
    });
    const { writes, unpaired } = await logOf('stripe');
    expect([writes.length, new Set(writes), unpaired]).toEqual([6, new Set(['succeeded']), 0]);
  });

  it('@octokit/rest', async () => {
    const octokit = new Octokit({ auth: KEY, baseUrl: at('github'), log: silent });
    const repo = { owner: 'octo', repo: 'widgets' };
    const { data: issue } = await octokit.issues.create({ ...repo, title: 'Through the proxy' });
    expect((await octokit.issues.get({ ...repo, issue_number: issue.number })).data.title).toBe('Through the proxy');
    // The pages are found by the addresses of the Link header.
    const commits = await octokit.paginate(octokit.repos.listCommits, { ...repo, per_page: 10 });
    expect(commits.length).toBeGreaterThan(20);
    await expect(octokit.issues.get({ ...repo, issue_number: 999_999 })).rejects.toMatchObject({ status: 404 });
    expect(await logOf('github')).toMatchObject({ writes: ['succeeded'], unpaired: 0 });
  });

  it('@slack/web-api', async () => {
    const slack = new WebClient(KEY, { slackApiUrl: `${at('slack')}/`, logger: noLogger });
    const { channels } = await slack.conversations.list({ limit: 2 });
    expect(channels!.length).toBeGreaterThan(0);
    const names: string[] = [];
    for await (const page of slack.paginate('conversations.list', { limit: 1 })) {
      names.push(...(page as unknown as { channels: { name: string }[] }).channels.map(({ name }) => name));
      if (names.length >= 3) break;
    }
    expect(names.length).toBeGreaterThan(1);
    const posted = await slack.chat.postMessage({ channel: channels![0]!.id!, text: 'through the proxy' });
    expect(posted.ok).toBe(true);
    await expect(slack.chat.postMessage({ channel: 'C0NOBODY', text: 'x' })).rejects.toMatchObject({
      data: { error: 'channel_not_found' },
    });
    expect(await logOf('slack')).toMatchObject({ writes: ['succeeded', 'failed'], unpaired: 0 });
  });

  it('@googleapis/calendar and @googleapis/drive', async () => {
    const options = { rootUrl: `${setting.ownUrl('google')}/`, headers: { authorization: `Bearer ${KEY}` } };
    const events = calendar({ version: 'v3', ...options }).events;
    const made = await events.insert({
      calendarId: 'primary',
      requestBody: {
        summary: 'Through the proxy',
        start: { dateTime: '2026-12-01T10:00:00Z' },
        end: { dateTime: '2026-12-01T11:00:00Z' },
      },
    });
    expect(made.data.summary).toBe('Through the proxy');
    let pages = 0;
    for (let pageToken: string | undefined; pages === 0 || pageToken !== undefined; pages++) {
      const { data } = await events.list({ calendarId: 'primary', maxResults: 2, ...(pageToken && { pageToken }) });
      pageToken = data.nextPageToken ?? undefined;
    }
    expect(pages).toBeGreaterThan(1);
    await expect(events.get({ calendarId: 'primary', eventId: 'nobody' })).rejects.toMatchObject({ status: 404 });
    const { files } = drive({ version: 'v3', ...options });
    const listed = (await files.list({ pageSize: 10 })).data.files!;
    expect(listed.length).toBeGreaterThan(0);
    const facts = await files.get({ fileId: listed[0]!.id! });
    expect(facts.data.name).toBe(listed[0]!.name);
    expect(await logOf('google')).toMatchObject({ writes: ['succeeded'], unpaired: 0 });
  });

  it('@sendgrid/mail', async () => {
    sendgrid.setApiKey(KEY);
    (
      sendgrid as unknown as { client: { setDefaultRequest(name: string, value: string): void } }
    ).client.setDefaultRequest('baseUrl', `${at('sendgrid')}/`);
    const mail = { from: 'shop@example.com', to: 'ada@example.com', subject: 'Hello', text: 'Through the proxy' };
    const [{ statusCode }] = await sendgrid.send(mail);
    expect(statusCode).toBe(202);
    await expect(sendgrid.send({ ...mail, from: 'shop@unverified.example' })).rejects.toMatchObject({ code: 403 });
    expect(await logOf('sendgrid')).toMatchObject({ writes: ['succeeded', 'failed'], unpaired: 0 });
  });

  it('resend', async () => {
    const resend = new Resend(KEY, { baseUrl: at('resend') });
    const mail = { from: 'shop@example.com', to: 'ada@example.com', subject: 'Hello', text: 'Through the proxy' };
    const first = await resend.emails.send(mail, { idempotencyKey: 'mail-1' });
    const again = await resend.emails.send(mail, { idempotencyKey: 'mail-1' });
    expect([first.error, again.data?.id]).toEqual([null, first.data!.id]);
    expect((await resend.emails.get(first.data!.id)).data?.subject).toBe('Hello');
    expect((await resend.emails.get('00000000-0000-0000-0000-000000000000')).error?.name).toBe('not_found');
    expect(await logOf('resend')).toMatchObject({ writes: ['succeeded'], unpaired: 0 });
  });

  it('@notionhq/client', async () => {
    const notion = new NotionClient({ auth: KEY, baseUrl: at('notion'), notionVersion: '2025-09-03', retry: false });
    const me = await notion.users.me({});
    expect(me.object).toBe('user');
    const found = await notion.search({ page_size: 2 });
    expect(found.results.length).toBeGreaterThan(0);
    const page = found.results.find(({ object }) => object === 'page')!;
    const blocks = await notion.blocks.children.append({
      block_id: page.id,
      children: [{ paragraph: { rich_text: [{ text: { content: 'Through the proxy' } }] } }],
    });
    expect(blocks.results).toHaveLength(1);
    await expect(notion.pages.retrieve({ page_id: '00000000-0000-4000-8000-00000000dead' })).rejects.toMatchObject({
      code: 'object_not_found',
    });
    expect(await logOf('notion')).toMatchObject({ writes: ['succeeded'], unpaired: 0 });
  });

  it('@linear/sdk', async () => {
    const linear = new LinearClient({ apiKey: KEY, apiUrl: `${at('linear')}/graphql` });
    const teams = await linear.teams({ first: 1 });
    expect(teams.nodes).toHaveLength(1);
    const payload = await linear.createIssue({ teamId: teams.nodes[0]!.id, title: 'Through the proxy' });
    expect(payload.success).toBe(true);
    await expect(linear.createIssue({ teamId: 'nobody', title: 'x' })).rejects.toMatchObject({
      name: expect.any(String),
    });
    const { writes, reads, unpaired } = await logOf('linear');
    expect([writes, reads > 0, unpaired]).toEqual([['succeeded', 'failed'], true, 0]);
  });

  it('never held a secret of a provider', async () => {
    const tokens = PROVIDERS.flatMap((name) => Object.values(setting.sandbox(name).variables));
    expect(tokens.length).toBeGreaterThanOrEqual(PROVIDERS.length);
    expect(tokens).not.toContain(KEY);
    const log = JSON.stringify(await setting.records());
    for (const token of [...tokens, KEY]) expect(log).not.toContain(token);
  });
});

describe('a write whose answer is lost', () => {
  it('is not repeated by stripe, which is told so', async () => {
    const { hostname, port } = new URL(setting.ownUrl('stripe'));
    const post = await fetch(
      `http://${hostname}:${port}/v1/customers`,
      await lost('stripe', '/v1/customers', 'name=Once'),
    );
    expect(post.status).toBe(409);
    expect(Object.fromEntries(post.headers)).toMatchObject({
      'stripe-should-retry': 'false',
      'x-should-retry': 'false',
      'fairlead-error': 'outcome_unknown',
    });
    const stripe = new Stripe(KEY, { host: hostname, port, protocol: 'http', maxNetworkRetries: 2 });
    const once = (await stripe.customers.list({ limit: 100 })).data.filter(({ name }) => name === 'Once');
    expect(once).toHaveLength(1);
  });

  it('is made once by stripe under the key of its SDK', async () => {
    const { hostname, port } = new URL(setting.ownUrl('stripe'));
    const stripe = new Stripe(KEY, { host: hostname, port, protocol: 'http', maxNetworkRetries: 2 });
    await setting.fault('stripe', { kind: 'lost_answer' }, { method: 'POST', path: '/v1/customers' });
    const made = await stripe.customers.create({ name: 'Once under a key' });
    const all = (await stripe.customers.list({ limit: 100 })).data.filter(({ name }) => name === made.name);
    expect(all).toHaveLength(1);
  });

  it('is not repeated by the SDK of Slack, which repeats whatever is no 200', async () => {
    const slack = new WebClient(KEY, { slackApiUrl: `${at('slack')}/`, logger: noLogger });
    const channel = (await slack.conversations.list({})).channels![0]!.id!;
    await setting.fault('slack', { kind: 'lost_answer' }, { method: 'POST', path: '/api/chat.postMessage' });
    await expect(slack.chat.postMessage({ channel, text: 'once' })).rejects.toMatchObject({
      data: { error: 'outcome_unknown' },
    });
    const { writes } = await logOf('slack');
    expect(writes.at(-1)).toBe('unknown');
  });

  it('is not repeated by octokit, resend and @sendgrid/mail', async () => {
    const octokit = new Octokit({ auth: KEY, baseUrl: at('github'), log: silent });
    await setting.fault('github', { kind: 'lost_answer' }, { method: 'POST', path: '/repos/*' });
    const issue = octokit.issues.create({ owner: 'octo', repo: 'widgets', title: 'once' });
    await expect(issue).rejects.toMatchObject({ status: 409 });
    await setting.fault('sendgrid', { kind: 'lost_answer' }, { method: 'POST', path: '/v3/mail/send' });
    const mail = { from: 'shop@example.com', to: 'ada@example.com', subject: 'Once', text: 'x' };
    await expect(sendgrid.send(mail)).rejects.toMatchObject({ code: 409 });
    expect((await logOf('github')).writes.at(-1)).toBe('unknown');
    expect((await logOf('sendgrid')).writes.at(-1)).toBe('unknown');
  });

  async function lost(provider: string, path: string, body: string): Promise<RequestInit> {
    await setting.fault(provider, { kind: 'lost_answer' }, { method: 'POST', path });
    const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/x-www-form-urlencoded' };
    return { method: 'POST', headers, body };
  }
});

describe('the proxy itself', () => {
  it.each<[string, string, Record<string, string>, number, string]>([
    ['without a credential', '/proxy/github/user', {}, 401, 'unauthenticated'],
    [
      'with a credential of somebody else',
      '/proxy/github/user',
      { authorization: 'token ghp_x' },
      401,
      'unauthenticated',
    ],
    ['to a provider nobody has', '/proxy/nobody/user', { authorization: `Bearer ${KEY}` }, 404, 'not_found'],
    ['to any address', '/proxy/http/x', { authorization: `Bearer ${KEY}` }, 404, 'not_found'],
    ['that goes up', '/proxy/github/a/%2e%2e%2fb', { authorization: `Bearer ${KEY}` }, 400, 'invalid_argument'],
    [
      'through a connection nobody has',
      '/proxy/github@con_x/user',
      { authorization: `Bearer ${KEY}` },
      404,
      'not_found',
    ],
  ])('refuses a request %s', async (_, path, headers, status, code) => {
    const answer = await fetch(setting.url + path, { headers });
    expect([answer.status, answer.headers.get('fairlead-error')]).toEqual([status, code]);
    expect(answer.headers.get('x-should-retry')).toBe('false');
  });

  it.each([
    ['Basic with the key as user', `Basic ${Buffer.from(`${KEY}:`).toString('base64')}`],
    ['Basic with the key as password', `Basic ${Buffer.from(`any:${KEY}`).toString('base64')}`],
    ['token', `token ${KEY}`],
    ['bare', KEY],
  ])('takes a credential as %s', async (_, authorization) => {
    expect((await fetch(`${at('github')}/user`, { headers: { authorization } })).status).toBe(200);
  });

  it('passes on HEAD as a read, without a body', async () => {
    const answer = await fetch(`${at('github')}/user`, {
      method: 'HEAD',
      headers: { authorization: `Bearer ${KEY}` },
    });
    // The simulated provider has no such route; that it was asked, in these words, is what counts.
    expect([answer.headers.get('fairlead-error'), await answer.text()]).toEqual([null, '']);
    expect((await setting.received('github')).at(-1)).toMatchObject({ method: 'HEAD', path: '/user' });
  });

  it('sends a payment without a key once, and refuses it where no SDK asks', async () => {
    const form = { authorization: `Bearer ${KEY}`, 'content-type': 'application/x-www-form-urlencoded' };
    const body = 'amount=700&currency=eur';
    const paid = await fetch(`${setting.ownUrl('stripe')}/v1/payment_intents`, { method: 'POST', headers: form, body });
    expect([paid.status, paid.headers.get('fairlead-state')]).toEqual([200, 'done']);
    const asked = { provider: 'stripe', method: 'POST', url: '/v1/payment_intents', text: body };
    const refused = await fetch(`${setting.url}/v1/requests`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...asked, contentType: 'application/x-www-form-urlencoded' }),
    });
    expect(await refused.json()).toMatchObject({ code: 'idempotency_required' });
  });

  it('passes on no headers but those it knows', async () => {
    const headers = {
      authorization: `Bearer ${KEY}`,
      cookie: 'a=b',
      'x-forwarded-for': '1.2.3.4',
      'x-http-method-override': 'DELETE',
    };
    const answer = await fetch(`${at('github')}/user`, { headers });
    expect(answer.status).toBe(200);
    const last = JSON.stringify((await setting.received('github')).at(-1) ?? {});
    expect(last).not.toMatch(/1\.2\.3\.4|override/);
  });
});

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const noLogger = { ...silent, setLevel: () => {}, getLevel: () => 'error' as never, setName: () => {} };
