/** One request under one key, over REST: what the second, the wrong, the early and the orphaned one are answered. */
import type { Hono } from 'hono';
import { beforeEach, describe, expect, it } from 'vitest';
import { CONNECTORS } from '../../src/connectors/index.js';
import { knownCredentials, withKeys } from '../../src/doors/http/credentials.js';
import { restApp } from '../../src/doors/http/rest.js';
import { beginUnderKey } from '../../src/operations/answer-ledger.js';
import { OPERATIONS, operationNamed, operationTable, runOperation } from '../../src/operations/index.js';
import { createSetting, type Setting } from './setting.js';

const TOKEN = 'fll_of_this_test_and_of_nothing_else_0123456789';
const API_KEY = 'an-api-key-of-this-test';
const CREATE = { provider: 'github' };
const table = operationTable(CONNECTORS);
let setting: Setting;
let app: Hono;

beforeEach(async () => {
  setting = await createSetting();
  const { gateway } = setting;
  const identify = withKeys(knownCredentials({ local: TOKEN, apiKey: API_KEY }), gateway.apiKeys);
  app = restApp({ gateway, identify, environment: 'sandbox', via: 'rest' }, OPERATIONS);
});

interface Answer {
  status: number;
  headers: Headers;
  json: Record<string, unknown>;
  text: string;
}

async function send(method: string, path: string, key?: string, body?: unknown, more = {}): Promise<Answer> {
  const headers: Record<string, string> = {
    authorization: `Bearer ${TOKEN}`,
    'content-type': 'application/json',
    ...(key !== undefined && { 'idempotency-key': key }),
    ...more,
  };
  const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const response = await app.request(`http://localhost${path}`, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: JSON.parse(text) as Answer['json'] };
}

const create = (key?: string, body: unknown = CREATE, more = {}): Promise<Answer> =>
  send('POST', '/v1/sources', key, body, more);
const sources = async (): Promise<number> => ((await send('GET', '/v1/sources')).json['sources'] as unknown[]).length;

describe('the same request under one key', () => {
  it('takes place once, and the second gets the answer of the first, its secret included', async () => {
    const first = await create('k-1');
    const second = await create('k-1');
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(first.json['secret']).toMatch(/^whsec_/);
    expect(second.json).toEqual(first.json);
    expect([first, second].map(({ headers }) => headers.get('idempotent-replayed'))).toEqual([null, 'true']);
    expect(await sources()).toBe(1);
    const { entries } = (await send('GET', '/v1/audit?query=action%3Dsources.create')).json as {
      entries: { status: string }[];
    };
    expect(entries.map(({ status }) => status).sort()).toEqual(['replayed', 'started', 'succeeded']);
  });

  it('is known after four weeks and forgotten after six', async () => {
    await create('k-1');
    setting.clock.jumpWall(28 * 86_400_000);
    expect((await create('k-1')).headers.get('idempotent-replayed')).toBe('true');
    setting.clock.jumpWall(14 * 86_400_000);
    expect((await create('k-1')).headers.get('idempotent-replayed')).toBeNull();
    expect(await sources()).toBe(2);
  });

  it('shows its answer to nobody else', async () => {
    const { json } = await create('k-1');
    const secret = String(json['secret']);
    const calls = await send('GET', '/v1/calls');
    const [call] = calls.json['calls'] as { id: string; state: string; key: string; operation: string }[];
    expect(call).toMatchObject({ operation: 'sources.create', state: 'done' });
    expect(call!.key).not.toContain('k-1');
    expect(calls.text).not.toContain(secret);
    const kept = await setting.store.calls.get({ tenant: 'default', environment: 'sandbox' }, call!.id);
    expect(kept!.result).not.toContain(secret);
  });

  it('is another one of another principal, and in another environment', async () => {
    await create('k-1');
    await create('k-1', CREATE, { authorization: `Bearer ${API_KEY}` });
    await create('k-1', CREATE, { 'fairlead-environment': 'live' });
    expect(await sources()).toBe(2);
  });

  it('is found again in quotes and with the members in another order', async () => {
    await create('k-1', { provider: 'github', path: '/in/a' });
    const { headers } = await create('"k-1"', { path: '/in/a', provider: 'github' });
    expect(headers.get('idempotent-replayed')).toBe('true');
  });

  it.each([
    ['DELETE', (id: string) => `/v1/sources/${id}`, undefined],
    ['POST', (id: string) => `/v1/sources/${id}/rotate-secret`, {}],
  ])('is one of %s, too', async (method, path, body) => {
    const { id } = (await create()).json['source'] as { id: string };
    const [first, second] = [await send(method, path(id), 'k', body), await send(method, path(id), 'k', body)];
    expect([first.status, second.status, second.json]).toEqual([200, 200, first.json]);
    expect(second.headers.get('idempotent-replayed')).toBe('true');
  });

  it('is written to the audit log once', async () => {
    const entry = { action: 'crm.deleteContact', targetId: '4711' };
    const [first, second] = [await send('POST', '/v1/audit', 'k', entry), await send('POST', '/v1/audit', 'k', entry)];
    expect(second.json).toEqual(first.json);
    expect((await send('GET', '/v1/audit?query=action%3Dcrm.deleteContact')).json['entries']).toHaveLength(1);
  });
});

describe('another request under a known key', () => {
  it.each([
    ['with another body', 'POST', '/v1/sources', { provider: 'stripe' }],
    ['to another address', 'POST', '/v1/audit', { action: 'crm.deleteContact' }],
  ])('%s is refused', async (_what, method, path, body) => {
    await create('k-1');
    const { status, json } = await send(method, path, 'k-1', body);
    expect([status, json['code']]).toEqual([422, 'idempotency_mismatch']);
    expect(json['detail']).toContain('k-1');
    expect(await sources()).toBe(1);
  });
});

describe('a request whose first one', () => {
  const context = {
    scope: { tenant: 'default', environment: 'sandbox' },
    principal: { type: 'person', id: 'local', scopes: ['admin'], via: 'rest' },
    callId: 'call_of_the_first',
    idempotencyKey: 'k-1',
    dryRun: false,
  } as const;
  const begin = async (): Promise<void> => {
    const operation = operationNamed('sources.create');
    const entry = setting.gateway.entry(context, { phase: 'intent', status: 'started', action: operation.name });
    await beginUnderKey(setting.gateway, operation, context, CREATE, entry);
  };

  it('still runs is told to come back', async () => {
    await begin();
    const { status, headers, json } = await create('k-1');
    expect([status, headers.get('retry-after'), json['code']]).toEqual([409, '1', 'call_in_flight']);
  });

  it('never ended is not run again before a person has looked', async () => {
    await begin();
    setting.clock.jumpWall(3_600_000);
    for (let i = 0; i < 2; i++) {
      const { status, json } = await create('k-1');
      expect([status, json['code']]).toEqual([504, 'outcome_unknown']);
    }
    const settle = { outcome: 'did-not' };
    expect((await send('POST', '/v1/calls/call_of_the_first/settle', undefined, settle)).status).toBe(200);
    expect((await create('k-1')).status).toBe(200);
    expect(await sources()).toBe(1);
  });

  it('was refused did nothing, so that it may be sent again', async () => {
    const taken = { provider: 'github', path: '/in/taken' };
    const { id } = (await create(undefined, taken)).json['source'] as { id: string };
    expect((await create('k-2', taken)).status).toBe(409);
    await send('DELETE', `/v1/sources/${id}`);
    expect((await create('k-2', taken)).status).toBe(200);
  });

  it('was not allowed has not used the key', async () => {
    const asAgent = { 'fairlead-principal-type': 'agent' };
    expect((await create('k-3', CREATE, asAgent)).status).toBe(403);
    expect((await send('GET', '/v1/calls')).json['calls']).toEqual([]);
  });
});

describe('a key', () => {
  it('that is none is refused', async () => {
    const forms = ['""', '"a', '"a" ; b', '"a", "b"', 'a, b', '"a\\b"', 'x'.repeat(256), 'caf\u00e9'];
    for (const key of forms) {
      const { status, json } = await create(key);
      expect([status, json['code']], key).toEqual([400, 'invalid_argument']);
    }
  });

  it.each(['rest', 'mcp', 'cli', 'library'] as const)(
    'is held to one rule, and refused in one way: %s',
    async (via) => {
      const principal = { type: 'person', id: 'local', scopes: ['admin', 'read', 'write'], via } as const;
      const by = (idempotencyKey: string) => ({
        scope: { tenant: 'default', environment: 'sandbox' as const },
        principal,
        idempotencyKey,
      });
      const problem = 'it must be 1 to 255 characters of printable ASCII, and not only spaces';
      const run = (name: string, key: string, input: unknown): Promise<unknown> =>
        runOperation(
          setting.gateway,
          table.find((one) => one.name === name)!,
          by(key),
          input,
        );
      for (const key of ['', ' ', 'x'.repeat(256), 'caf\u00e9', 'a\tb']) {
        const refused = { code: 'invalid_argument', data: { argument: 'idempotencyKey', problem } };
        await expect(run('sources.create', key, CREATE), key).rejects.toMatchObject(refused);
        await expect(run('slack.sendMessage', key, { channel: '#a', text: 'b' }), key).rejects.toMatchObject(refused);
        await expect(run('sources.list', key, {}), key).rejects.toMatchObject(refused);
      }
      await run('sources.create', `${via} ${'x'.repeat(200)}`, CREATE);
    },
  );

  it('says so over REST in the same words', async () => {
    const { json } = await create('x'.repeat(256));
    expect(json['detail']).toContain('it must be 1 to 255 characters of printable ASCII');
  });

  it('of every other form is taken', async () => {
    const forms = ['a b', 'a"b', '"a\\"b"', 'x'.repeat(255), '8e03978e-40d5-43dd-bc93-6894a57f9324'];
    for (const key of forms) expect((await create(key)).status, key).toBe(200);
  });

  it('of what reads is nothing to it', async () => {
    for (let i = 0; i < 2; i++) {
      const { headers } = await send('GET', '/v1/sources', 'k');
      expect(headers.get('idempotent-replayed')).toBeNull();
    }
  });
});
