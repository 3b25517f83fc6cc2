/** Keys of Fairlead's own, as REST sees them: made once, good for what they were given, ended, limited. */
import type { Hono } from 'hono';
import { beforeEach, describe, expect, it } from 'vitest';
import { CONNECTORS } from '../../src/connectors/index.js';
import { knownCredentials, withKeys } from '../../src/doors/http/credentials.js';
import { restApp } from '../../src/doors/http/rest.js';
import { operationTable } from '../../src/operations/index.js';
import { run } from './fake-world.js';
import { createSetting, type Setting } from './setting.js';

const TOKEN = 'fll_of_this_test_and_of_nothing_else_0123456789';
const DAY_MS = 86_400_000;
let setting: Setting;
let app: Hono;

beforeEach(async () => {
  setting = await createSetting();
  const identify = withKeys(knownCredentials({ local: TOKEN }), setting.gateway.apiKeys);
  const parts = { gateway: setting.gateway, identify, environment: 'sandbox', via: 'rest' } as const;
  app = restApp(parts, operationTable(CONNECTORS));
});

async function send(method: string, path: string, token = TOKEN, body?: object, headers: Record<string, string> = {}) {
  const response = await app.request(`http://localhost${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const json = (await response.json()) as Record<string, never> & { key: string; id: string; code: string };
  return { status: response.status, headers: response.headers, json };
}

const create = async (body: object, headers: Record<string, string> = {}) =>
  (await send('POST', '/v1/keys', TOKEN, { name: 'ci', ...body }, headers)).json;

describe('a key', () => {
  it('S-701: is shown once and kept as a hash', async () => {
    const made = await create({ owner: 'ops' });
    expect(made.key).toMatch(/^flk_[\w-]{43}$/);
    const listed = await send('GET', '/v1/keys');
    expect(listed.json['keys']).toMatchObject([{ id: made.id, prefix: made.key.slice(0, 10), owner: 'ops' }]);
    expect(JSON.stringify(listed.json)).not.toContain(made.key);
    const lines = await send('GET', '/v1/audit');
    expect(JSON.stringify(lines.json)).not.toContain(made.key);
  });

  it('S-702: opens what its scopes open, in its environment, and says so', async () => {
    const { key, id } = await create({ scopes: ['read'] });
    expect((await send('GET', '/v1/sources', key)).status).toBe(200);
    const refused = await send('POST', '/v1/queues/pause', key, {});
    expect(refused.json).toMatchObject({ code: 'insufficient_scope' });
    const elsewhere = await send('GET', '/v1/sources', key, undefined, { 'fairlead-environment': 'live' });
    expect(elsewhere.json).toMatchObject({ code: 'invalid_argument' });
    const used = await send('GET', '/v1/keys');
    expect(used.json['keys']).toMatchObject([{ id, lastUsedAt: '2026-01-31T12:00:00.000Z' }]);
  });

  it('for live is in live without saying so', async () => {
    const { key } = await create({ scopes: ['read'] }, { 'fairlead-environment': 'live' });
    await send('POST', '/v1/sources', TOKEN, { provider: 'github' }, { 'fairlead-environment': 'live' });
    expect((await send('GET', '/v1/sources', key)).json['sources']).toHaveLength(1);
  });

  it('of an agent makes an agent of everybody, and never an administrator', async () => {
    const { key } = await create({ type: 'agent', scopes: ['read', 'write', 'operate', 'admin'] });
    const refused = await send('POST', '/v1/sources', key, { provider: 'github' });
    expect(refused.json).toMatchObject({ code: 'policy_denied' });
    expect((await send('GET', '/v1/keys', key)).json).toMatchObject({ code: 'policy_denied' });
  });

  it('cannot be given the scope to approve', async () => {
    expect(await create({ scopes: ['approve'] })).toMatchObject({ code: 'invalid_argument' });
  });

  it('ends at its time, or when it is revoked', async () => {
    const [short, other] = [await create({ expiresInDays: 1 }), await create({})];
    await setting.clock.advance(DAY_MS);
    const late = await send('GET', '/v1/sources', short.key);
    expect([late.status, late.json.code]).toEqual([401, 'unauthenticated']);
    expect((await send('DELETE', `/v1/keys/${other.id}`)).json).toMatchObject({ state: 'revoked' });
    expect((await send('GET', '/v1/sources', other.key)).status).toBe(401);
    expect((await send('GET', '/v1/sources', `${other.key.slice(0, -1)}x`)).status).toBe(401);
  });

  it('is replaced without a gap', async () => {
    const old = await create({ scopes: ['read'], ratePerMinute: 30 });
    const next = (await send('POST', `/v1/keys/${old.id}/rotate`, TOKEN, { overlapHours: 1 })).json;
    expect(next).toMatchObject({ name: 'ci', scopes: ['read'], ratePerMinute: 30 });
    for (const key of [old.key, next.key]) expect((await send('GET', '/v1/sources', key)).status).toBe(200);
    await setting.clock.advance(3_600_000);
    expect((await send('GET', '/v1/sources', old.key)).status).toBe(401);
    expect((await send('GET', '/v1/sources', next.key)).status).toBe(200);
  });

  it('S-704: that asks too fast is told when to come back', async () => {
    const { key } = await create({ ratePerMinute: 10 });
    expect((await send('GET', '/v1/sources', key)).status).toBe(200);
    const refused = await send('GET', '/v1/sources', key);
    expect([refused.status, refused.json.code, refused.headers.get('retry-after')]).toEqual([429, 'key_limited', '6']);
    await setting.clock.advance(6_000);
    expect((await send('GET', '/v1/sources', key)).status).toBe(200);
  });
});

describe('the passphrase of an approver', () => {
  it('comes from a prompt, a file or stdin, never from a flag', async () => {
    const setting = await createSetting();
    const flag = await run(setting, 'key create bot --by ada --by-passphrase hunter-two-and-more');
    expect(flag).toMatchObject({ exit: 2, stdout: '' });
    expect(flag.stderr).not.toContain('hunter-two');
    const help = await run(setting, 'key create --help');
    expect(help.stdout).toContain('--by-passphrase-file <file>');
    expect(help.stdout).toContain('--by-passphrase-stdin');
    expect(help.stdout).not.toMatch(/--by-passphrase </);
    const asked = await run(setting, 'key create bot --by ada', { isTty: true, answers: ['a passphrase of nobody'] });
    expect(asked.stderr).toContain('byPassphrase: ');
    const unasked = await run(setting, 'key create bot', { isTty: true });
    expect(unasked.stderr).not.toContain('byPassphrase: ');
  });
});
