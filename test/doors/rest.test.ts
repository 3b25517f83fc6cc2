/** The REST interface over a composed Fairlead: credentials, inputs, errors, streams. */
import type { Hono } from 'hono';
import { beforeEach, describe, expect, it } from 'vitest';
import { CONNECTORS } from '../../src/connectors/index.js';
import { AppError, ERRORS, type ErrorCode } from '../../src/core/errors.js';
import { knownCredentials } from '../../src/doors/http/credentials.js';
import { restApp } from '../../src/doors/http/rest.js';
import { operationTable } from '../../src/operations/index.js';
import { createSetting, type Setting } from './setting.js';

const TOKEN = 'fll_of_this_test_and_of_nothing_else_0123456789';
const API_KEY = 'an-api-key-of-this-test';
let setting: Setting;
let app: Hono;

beforeEach(async () => {
  setting = await createSetting();
  const identify = knownCredentials({ local: TOKEN, apiKey: API_KEY });
  const parts = { gateway: setting.gateway, identify, environment: 'sandbox', via: 'rest' } as const;
  app = restApp(parts, operationTable(CONNECTORS));
});

interface Answer {
  status: number;
  headers: Headers;
  text: string;
  json: Record<string, unknown>;
}

async function send(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: string,
): Promise<Answer> {
  const init = {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, ...headers },
    ...(body === undefined ? {} : { body }),
  };
  const response = await app.request(`http://localhost${path}`, init);
  const text = await response.text();
  const json = text.startsWith('{') && !text.includes('\n') ? (JSON.parse(text) as Record<string, unknown>) : {};
  return { status: response.status, headers: response.headers, text, json };
}

const JSON_TYPE = { 'content-type': 'application/json' };
const create = (body: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  send('POST', '/v1/sources', { ...JSON_TYPE, ...headers }, JSON.stringify(body));

describe('the root', () => {
  const NO_CREDENTIAL = { authorization: '' };

  it('says to a program what this is, and where to go on', async () => {
    const { status, json, text } = await send('GET', '/', NO_CREDENTIAL);
    expect([status, json['name']]).toEqual([200, 'Fairlead']);
    expect(text).not.toContain(setting.gateway.version);
    const places = Object.keys(json['places'] as object);
    // Whether it is ready, the listener itself says.
    for (const path of places.filter((one) => one !== '/readyz')) expect((await send('GET', path)).status).toBe(200);
  });

  it('is a page for a browser', async () => {
    const { status, headers, text } = await send('GET', '/', { ...NO_CREDENTIAL, accept: 'text/html,*/*;q=0.8' });
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(text).toContain('<a href="/docs/errors">');
  });
});

describe('credentials', () => {
  it.each([
    ['none', ''],
    ['another scheme', `Basic ${TOKEN}`],
    ['a wrong token', 'Bearer nope'],
    ['a token that goes on', `Bearer ${TOKEN}x`],
    ['a beginning of the token', `Bearer ${TOKEN.slice(0, -1)}`],
    ['a very long one', `Bearer ${'x'.repeat(10_000)}`],
    ['two', `Bearer ${TOKEN}, Bearer ${TOKEN}`],
  ])('%s is refused', async (_what, authorization) => {
    const { status, headers, json } = await send('GET', '/v1/sources', { authorization });
    expect([status, headers.get('www-authenticate'), json['code']]).toEqual([
      401,
      'Bearer resource_metadata="http://127.0.0.1:4650/.well-known/oauth-protected-resource/v1", scope="read write"',
      'unauthenticated',
    ]);
  });

  it('of the operator work, too, and must be long', async () => {
    expect((await send('GET', '/v1/sources', { authorization: `Bearer ${API_KEY}` })).status).toBe(200);
    expect(() => knownCredentials({ local: TOKEN, apiKey: 'short' })).toThrow(/20 characters/);
  });

  /** What is stated, what is asked, and whether it is allowed: a statement can only take away. */
  const STATEMENTS: [stated: string | undefined, admin: boolean][] = [
    [undefined, true],
    ['person', true],
    ['api_key', true],
    ['agent', false],
    ['system', false],
    ['handler', false],
    ['PERSON', false],
    ['', false],
  ];

  it.each(STATEMENTS)('stated as %s: administration %s', async (stated, admin) => {
    const headers: Record<string, string> = stated === undefined ? {} : { 'fairlead-principal-type': stated };
    const { status } = await create({ provider: 'github' }, headers);
    expect(status).toBe(admin ? 200 : 403);
    expect((await send('GET', '/v1/sources', headers)).status).toBe(200);
  });

  it('of nobody can approve', () => {
    const identify = knownCredentials({ local: TOKEN, apiKey: API_KEY });
    for (const token of [TOKEN, API_KEY]) {
      for (const principalType of [undefined, 'person', 'api_key', 'agent', 'system']) {
        const { principal } = identify(`Bearer ${token}`, { principalType, agentClient: undefined }, 'rest');
        expect(principal.scopes).not.toContain('approve');
        if (token === API_KEY) expect(principal.type).not.toBe('person');
      }
    }
  });
});

describe('input', () => {
  it('comes from the path, the query and the body', async () => {
    const { json } = await create({ provider: 'github' });
    const { id } = json['source'] as { id: string };
    expect((await send('POST', `/v1/sources/${id}/rotate-secret`, JSON_TYPE, '{"overlapHours":1}')).status).toBe(200);
    expect((await send('DELETE', `/v1/sources/${id}`)).json).toEqual({ deleted: true });
    expect((await send('GET', '/v1/events?limit=5&state=dead&since=24h&until=1790000000000')).json).toEqual({
      events: [],
    });
  });

  it.each([
    ['an unknown field', 'GET', '/v1/sources?x=1', undefined, 'invalid_argument'],
    ['a field twice', 'GET', '/v1/events?limit=1&limit=2', undefined, 'invalid_argument'],
    ['text for a number', 'GET', '/v1/events?limit=many', undefined, 'invalid_argument'],
    ['__proto__ in the query', 'GET', '/v1/sources?__proto__=1', undefined, 'invalid_argument'],
    ['no JSON', 'POST', '/v1/sources', '{', 'invalid_argument'],
    ['a list', 'POST', '/v1/sources', '[]', 'invalid_argument'],
    ['a million brackets', 'POST', '/v1/sources', '['.repeat(1_000_000), 'invalid_argument'],
    [
      'a field of the path in the body',
      'POST',
      '/v1/sources/src_1/rotate-secret',
      '{"id":"src_2"}',
      'invalid_argument',
    ],
    ['a body over 1 MiB', 'POST', '/v1/sources', `{"provider":"${'x'.repeat(1_100_000)}"}`, 'body_too_large'],
    ['an unknown address', 'GET', '/v1/nothing', undefined, 'not_found'],
    ['an unknown thing', 'GET', '/v1/events/evt_x', undefined, 'not_found'],
  ])('%s is refused', async (_what, method, path, body, code) => {
    const { status, headers, json } = await send(method, path, JSON_TYPE, body);
    expect([status, json['code']]).toEqual([ERRORS[code as ErrorCode].status, code]);
    expect(headers.get('content-type')).toBe('application/problem+json');
  });

  it('that is invalid UTF-8 is refused', async () => {
    const body = new Uint8Array([...new TextEncoder().encode('{"provider":"'), 0xff, 0xfe, 0x22, 0x7d]);
    const headers = { authorization: `Bearer ${TOKEN}`, ...JSON_TYPE };
    const response = await app.request('http://localhost/v1/sources', { method: 'POST', headers, body });
    expect([response.status, ((await response.json()) as { detail: string }).detail]).toEqual([
      400,
      'body: it is not UTF-8',
    ]);
  });

  it('as a form is refused: that is what other pages can send', async () => {
    for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data']) {
      const { status, json } = await send('POST', '/v1/sources', { 'content-type': type }, '{"provider":"github"}');
      expect([status, json['detail']]).toEqual([400, 'content-type: it must be application/json']);
    }
  });
});

describe('a secret where none belongs', () => {
  const SECRET = 'xoxb-1234567890-abcdefghijklmnop';

  it.each<[what: string, method: string, path: string, headers: Record<string, string>, body?: object, code?: string]>([
    ['an address', 'GET', `/v1/events/${SECRET}`, {}, undefined, 'not_found'],
    ['a query', 'GET', `/v1/events?${SECRET}=1`, {}],
    ['a field', 'POST', '/v1/sources', JSON_TYPE, { provider: 'github', [SECRET]: 1 }],
    [
      'a key',
      'POST',
      '/v1/sources',
      { ...JSON_TYPE, 'idempotency-key': SECRET },
      { provider: 'github' },
      'secret_in_argument',
    ],
    [
      'the key of an action',
      'POST',
      '/v1/actions/slack.sendMessage',
      { ...JSON_TYPE, 'idempotency-key': SECRET },
      { channel: 'C024BE91L', text: 'x' },
      'secret_in_argument',
    ],
  ])('as %s is not said again and not kept', async (_what, method, path, headers, body, code = 'invalid_argument') => {
    const { json, text } = await send(method, path, headers, body && JSON.stringify(body));
    expect(json['code']).toBe(code);
    expect(text).not.toContain(SECRET);
    const { text: calls } = await send('GET', '/v1/calls');
    const { text: audit } = await send('GET', '/v1/audit');
    expect(calls + audit).not.toContain(SECRET);
  });

  it('as a key begins no call', async () => {
    const headers = { ...JSON_TYPE, 'idempotency-key': SECRET };
    await send('POST', '/v1/actions/slack.sendMessage', headers, JSON.stringify({ channel: 'C1', text: 'x' }));
    expect((await send('GET', '/v1/calls')).json['calls']).toEqual([]);
  });
});

describe('environment, dry run and keys', () => {
  it('are headers', async () => {
    await create({ provider: 'github' }, { 'fairlead-environment': 'live' });
    expect((await send('GET', '/v1/sources')).json).toEqual({ sources: [] });
    expect((await send('GET', '/v1/sources', { 'fairlead-environment': 'live' })).text).toContain(
      '"environment":"live"',
    );
  });

  it.each([
    ['fairlead-environment', 'production'],
    ['fairlead-dry-run', 'yes'],
    ['idempotency-key', 'x'.repeat(256)],
    ['idempotency-key', 'caf\u00e9'],
  ])('%s: %s is refused', async (header, value) => {
    expect((await create({ provider: 'github' }, { [header]: value })).status).toBe(400);
  });

  it('a dry run of what cannot be previewed is refused, not done', async () => {
    expect((await create({ provider: 'github' }, { 'fairlead-dry-run': 'true' })).status).toBe(400);
    expect((await send('GET', '/v1/sources')).json).toEqual({ sources: [] });
  });
});

describe('answers', () => {
  it('are not to be kept or guessed at, and carry an id', async () => {
    for (const path of ['/v1/sources', '/openapi.json', '/docs/errors', '/docs/errors/conflict', '/nothing']) {
      const { headers } = await send('GET', path);
      expect(headers.get('cache-control'), path).toBe('no-store');
      expect(headers.get('x-content-type-options'), path).toBe('nosniff');
    }
    const { headers, json } = await send('GET', '/v1/events/evt_x', { 'x-request-id': 'mine-1' });
    expect([headers.get('x-request-id'), json['instance']]).toEqual(['mine-1', 'mine-1']);
    const hostile = await send('GET', '/v1/sources', { 'x-request-id': 'a b;c' });
    expect(hostile.headers.get('x-request-id')).toMatch(/^req_/);
  });

  it.each(Object.keys(ERRORS) as ErrorCode[])('tell %s as a problem', async (code) => {
    setting.gateway.status = () => Promise.reject(new AppError(code, {} as never));
    const { status, json } = await send('GET', '/v1/status');
    expect(status).toBe(code === 'cancelled' ? 408 : ERRORS[code].status);
    expect(json).toMatchObject({ type: `/docs/errors/${code}`, title: ERRORS[code].title, status, code });
    expect(await send('GET', `/docs/errors/${code}`)).toMatchObject({ status: 200 });
  });

  it('keep the text of an unknown failure to the log', async () => {
    setting.gateway.status = () => Promise.reject(new TypeError('the password is hunter2'));
    const { status, text } = await send('GET', '/v1/status');
    expect([status, text.includes('hunter2')]).toEqual([500, false]);
  });

  it('of a call that failed carry the call', async () => {
    const { status, json } = await send(
      'POST',
      '/v1/actions/slack.sendMessage',
      JSON_TYPE,
      '{"channel":"C1","text":"x"}',
    );
    expect(json).toMatchObject({
      code: 'not_connected',
      call: { state: 'failed', callId: expect.stringMatching(/^call_/) },
    });
    expect(status).toBe(ERRORS.not_connected.status);
  });
});

describe('streams', () => {
  it('are text with what belongs to them', async () => {
    await create({ provider: 'github' });
    const { status, headers, text } = await send('GET', '/v1/audit/export?whole=true');
    expect([status, headers.get('content-type')]).toEqual([200, 'application/x-ndjson']);
    const note = Buffer.from(headers.get('fairlead-checkpoint')!, 'base64').toString('utf8');
    expect(Number(note.split('\n')[1])).toBe(text.trimEnd().split('\n').length);
    expect((await send('GET', '/v1/audit/export?format=csv')).text).toMatch(/^seq,id,ts,/);
  });

  it('are refused as a problem', async () => {
    const { status, json } = await send('GET', '/v1/audit/export?format=csv&proofs=true');
    expect([status, json['code']]).toEqual([400, 'invalid_argument']);
  });
});

describe('lists as lines', () => {
  it('come page by page, all of them', async () => {
    for (let i = 0; i < 7; i++) await create({ provider: 'github', path: `/in/${i}` });
    const { headers, text } = await send('GET', '/v1/audit?query=action%3Dsources.create&limit=3', {
      accept: 'application/x-ndjson',
    });
    expect(headers.get('content-type')).toBe('application/x-ndjson');
    const lines = text.trimEnd().split('\n');
    expect(lines.length).toBe(14);
    expect(lines.every((line) => (JSON.parse(line) as { action: string }).action === 'sources.create')).toBe(true);
  });

  it('refuse as a problem when the first page is refused', async () => {
    const { status, json } = await send('GET', '/v1/events?since=never', { accept: 'application/x-ndjson' });
    expect([status, json['code']]).toEqual([400, 'invalid_argument']);
  });
});
