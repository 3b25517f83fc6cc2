/** The official client over HTTP, in both eras of the protocol, and requests that no client sends. */
import type { Client } from '@modelcontextprotocol/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallResult } from '../../src/core/call.js';
import { AppError } from '../../src/core/errors.js';
import { connect, openDoor, TOKEN, type Door, type Era } from './http-setting.js';

const SECRET = 'xoxb-1234567890-abcdefghijklmnop';
let door: Door;
let answers: (callId: string) => CallResult | undefined = () => undefined;

beforeEach(async () => {
  answers = () => undefined;
  door = await openDoor(({ context }) => answers(context.callId));
});
afterEach(() => door.close());

interface Answered {
  isError?: boolean;
  structuredContent: Record<string, unknown> & { error?: Record<string, unknown> };
  content: { text: string }[];
}

async function call(client: Client, name: string, given: Record<string, unknown> = {}): Promise<Answered> {
  return (await client.callTool({ name, arguments: given })) as unknown as Answered;
}

async function raw(headers: Record<string, string>, body: string, path = '/mcp', method = 'POST'): Promise<Response> {
  const init = {
    method,
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
  };
  return await fetch(`${door.url}${path}`, method === 'GET' ? init : { ...init, body });
}

const LIST = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} });
const AUTHORIZATION = { authorization: `Bearer ${TOKEN}` };

describe.each<[Era]>([['legacy'], ['auto']])('era %s', (era) => {
  let client: Client;
  beforeEach(async () => (client = await connect(door, era)));
  afterEach(() => client.close());

  it('lists the same tools twice', async () => {
    const [first, second] = [await client.listTools(), await client.listTools()];
    expect(first.tools.length).toBeGreaterThan(10);
    expect(JSON.stringify(second.tools)).toBe(JSON.stringify(first.tools));
  });

  it('calls an operation, and the audit log has the agent', async () => {
    expect((await call(client, 'events_list')).structuredContent).toEqual({ events: [], untrusted: ['events'] });
    const { rows } = await door.store.audit.search({ tenant: 'default', environment: 'sandbox' }, {}, { limit: 10 });
    const line = JSON.parse(rows[0]!.record!) as unknown;
    expect(line).toMatchObject({ actor: { type: 'agent' }, via: 'mcp', agent: { toolCallId: expect.any(String) } });
    // Without sessions only the newer era says with each request who the client is.
    if (era === 'auto') expect(line).toMatchObject({ agent: { client: 'a-test' } });
  });

  it('refuses a misspelled argument with the name that was meant', async () => {
    const { isError, structuredContent } = await call(client, 'audit_search', { qurey: 'x' });
    expect(isError).toBe(true);
    expect(structuredContent.error).toMatchObject({ code: 'invalid_argument', field: 'qurey', suggestions: ['query'] });
  });

  it('says what would fit', async () => {
    const wrong = await call(client, 'events_list', { limit: 'ten' });
    expect(wrong.structuredContent.error).toMatchObject({ field: 'limit', received: 'ten' });
    const missing = await call(client, 'github_create_issue', { repository: 'o/r' });
    expect(missing.structuredContent.error).toMatchObject({ field: 'title', expected: { type: 'string' } });
    expect(door.calls).toEqual([]);
  });

  it('does not say a secret again that stands where a tool is named', async () => {
    const answer = await call(client, SECRET);
    expect(answer.structuredContent.error).toMatchObject({ code: 'not_found', field: 'name' });
    expect(JSON.stringify([answer, door.lines])).not.toContain(SECRET);
  });

  it('refuses a secret in an argument, and it is nowhere', async () => {
    const answer = await call(client, 'slack_send_message', { channel: '#a', text: `use ${SECRET}` });
    expect(answer.structuredContent.error).toMatchObject({ code: 'secret_in_argument', field: 'text' });
    const { rows } = await door.store.audit.search({ tenant: 'default', environment: 'sandbox' }, {}, { limit: 10 });
    expect(JSON.stringify([answer, door.lines, rows])).not.toContain(SECRET);
    expect(rows).toHaveLength(1);
    expect(door.calls).toEqual([]);
  });

  it('knows no tool of another name, and says which there are', async () => {
    const { structuredContent } = await call(client, 'slack_sendmessage');
    expect(structuredContent.error).toMatchObject({
      code: 'not_found',
      suggestions: expect.arrayContaining(['slack_send_message']),
    });
  });

  it.each(['sources_create', 'secrets_set', 'connections_add', 'calls_settle', 'system_backup'])(
    'has no %s, by no name',
    async (name) => {
      expect((await call(client, name)).isError).toBe(true);
      const operation = name.replace('_', '.');
      const byName = await call(client, 'actions_run', { name: operation, input: {} });
      expect(byName.structuredContent.error).toMatchObject({ code: 'not_found' });
    },
  );

  it('finds an action and runs it by name', async () => {
    const found = await call(client, 'actions_search', { query: 'jobs', limit: 2 });
    expect(found.structuredContent).toMatchObject({ truncated: expect.any(Boolean) });
    expect((await call(client, 'actions_run', { name: 'jobs.list', input: {} })).structuredContent).toMatchObject({
      jobs: [],
    });
    const wrong = await call(client, 'actions_run', { name: 'jobs.list', input: { statee: 'dead' } });
    expect(wrong.structuredContent.error).toMatchObject({ suggestions: ['state'] });
    const renamed = await call(client, 'actions_run', { action: 'jobs.list', input: {} });
    expect(renamed.structuredContent.error).toMatchObject({ field: 'action', suggestions: ['name'] });
  });

  it('statement 38: never shows what was thrown', async () => {
    answers = () => {
      throw Object.assign(new TypeError(`boom ${SECRET} at /home/x.ts`));
    };
    const answer = await call(client, 'slack_send_message', { channel: '#a', text: 'hi' });
    expect(answer.structuredContent.error).toMatchObject({ code: 'internal' });
    expect(JSON.stringify(answer)).not.toMatch(/boom|xoxb|home/);
  });

  it('tells an agent who has to ask what a person can do', async () => {
    const error = new AppError('approval_required', { operation: 'slack.sendMessage' }).view();
    answers = (callId) => ({ callId, idempotencyKey: 'k', state: 'pending_approval', error });
    const { isError, structuredContent } = await call(client, 'slack_send_message', { channel: '#a', text: 'hi' });
    expect(isError).toBe(true);
    expect(structuredContent['state']).toBe('denied');
    expect(String(structuredContent.error?.['expected'])).toContain('fairlead action run slack.sendMessage');
  });

  it('statement 20: cleans what a stranger wrote and marks it', async () => {
    const hidden = 'a\u{e0041}b\u202ec\u200bd';
    answers = (callId) => ({ callId, idempotencyKey: 'k', state: 'done', output: { id: hidden } });
    const { structuredContent } = await call(client, 'slack_send_message', { channel: '#a', text: 'hi' });
    expect(structuredContent).toMatchObject({ output: { id: 'abcd' }, untrusted: ['output'] });
  });

  it('reads resources and prompts', async () => {
    const page = await client.readResource({ uri: 'fairlead://errors/policy_denied' });
    expect(JSON.stringify(page.contents)).toContain('policy_denied');
    await expect(client.readResource({ uri: 'fairlead://events/evt_none' })).rejects.toThrow();
    await expect(client.readResource({ uri: 'file:///etc/passwd' })).rejects.toThrow();
    const { prompts } = await client.listPrompts();
    expect(prompts.every(({ description }) => description !== undefined)).toBe(true);
    expect((await client.getPrompt({ name: 'explain', arguments: { id: 'call_1' } })).messages).toHaveLength(1);
  });

  it.each<[string, Record<string, unknown>]>([
    ['a prototype', JSON.parse('{"__proto__": {"x": 1}, "query": "a"}') as Record<string, unknown>],
    ['constructor', { constructor: 'x' }],
    ['a lone surrogate', { query: '\ud800' }],
    ['a long name', { ['q'.repeat(5_000)]: 1 }],
    ['nothing but null', { query: null }],
    ['nested lists', { query: [[[[[[]]]]]] }],
  ])('stands %s', async (_what, given) => {
    const { structuredContent, content } = await call(client, 'audit_search', given);
    expect(JSON.stringify(structuredContent).length).toBeLessThan(5_000);
    expect(JSON.parse(content[0]!.text)).toEqual(structuredContent);
  });
});

describe('requests', () => {
  it.each([
    ['a foreign Origin', { origin: 'http://evil.example' }],
    ['a page of another site', { 'sec-fetch-site': 'cross-site' }],
  ])('%s is refused', async (_what, headers) => {
    expect((await raw({ ...AUTHORIZATION, ...headers }, LIST)).status).toBe(403);
  });

  it('without a credential there is a way to find out', async () => {
    const answer = await raw({}, LIST);
    const header = answer.headers.get('www-authenticate') ?? '';
    expect([answer.status, header]).toEqual([401, expect.stringContaining('resource_metadata=')]);
    const address = /resource_metadata="([^"]+)"/.exec(header)![1]!;
    const metadata = (await (await fetch(address)).json()) as Record<string, unknown>;
    expect(metadata).toMatchObject({ resource: `${door.url}/mcp`, bearer_methods_supported: ['header'] });
    expect(header).not.toContain('invalid_token');
  });

  it('a wrong credential is said to be wrong', async () => {
    const answer = await raw({ authorization: 'Bearer nope' }, LIST);
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringContaining('invalid_token'),
    ]);
  });

  it.each([
    ['a batch', `[${LIST}]`, 400],
    ['broken JSON', '{', 400],
    ['deep JSON', '['.repeat(200) + ']'.repeat(200), 400],
    ['a body of 2 MiB', JSON.stringify('x'.repeat(2 * 1024 * 1024)), 413],
  ])('statement 30: %s is refused', async (_what, body, status) => {
    expect((await raw(AUTHORIZATION, body)).status).toBe(status);
  });

  it('are posted as JSON', async () => {
    expect((await raw({ ...AUTHORIZATION, 'content-type': 'text/plain' }, LIST)).status).toBe(415);
    expect((await raw(AUTHORIZATION, '', '/mcp', 'GET')).status).toBe(405);
  });

  it('statement 26: a token in the query is none', async () => {
    expect((await raw({}, LIST, `/mcp?access_token=${TOKEN}`)).status).toBe(401);
  });
});
