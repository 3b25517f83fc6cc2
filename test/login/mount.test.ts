/** Signing in inside servers of the user's own: Express, Hono, the Fetch standard. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import express from 'express';
import { Hono } from 'hono';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loginMount, type LoginMount, type LoginPerson } from '../../src/doors/http/index.js';
import { ofNode } from '../../src/doors/http/web-request.js';
import { createSetting, type Setting } from '../oauth/setting.js';

const LIVE = { tenant: 'default', environment: 'live' } as const;

let setting: Setting;
let login: LoginMount;
let cookie: string;
let server: Server | undefined;

beforeEach(async () => {
  setting = await createSetting();
  login = loginMount(setting.gateway);
  const { people } = setting.store;
  const person = { id: 'prn_ada', email: 'ada@gmail.com', isVerified: true, facts: JSON.stringify({ name: 'Ada' }) };
  await people.add(LIVE, person, { iss: 'i', sub: 's', provider: 'google' });
  await people.setRole(LIVE, 'prn_ada', 'viewer');
  cookie = `fairlead-session=${await (await setting.gateway.login()).sessions.beginCookie('prn_ada')}`;
});
afterEach(() => {
  server?.close();
  server = undefined;
  setting.close();
});

async function listening(made: Server): Promise<string> {
  server = made;
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(made.address() as AddressInfo).port}`;
}

function honoApp(): Hono<{ Variables: { person: LoginPerson } }> {
  const app = new Hono<{ Variables: { person: LoginPerson } }>();
  app.use(login.hono);
  app.use('/mine', login.honoGuard());
  app.all('/mine', (context) => context.json(context.get('person')));
  app.use('/admin', login.honoGuard({ roles: ['admin', 'approver'] }));
  app.get('/admin', (context) => context.text('admin'));
  app.get('/', (context) => context.text('mine'));
  return app;
}

function expressApp(): express.Express {
  const app = express();
  app.use(express.urlencoded());
  app.use(login.express);
  app.all('/mine', login.guard(), (request, response) => {
    response.json((request as unknown as { person: LoginPerson }).person);
  });
  app.get('/admin', login.guard({ roles: ['admin', 'approver'] }), (_request, response) => void response.send('admin'));
  app.get('/', (_request, response) => void response.send('mine'));
  return app;
}

const ways = {
  async express() {
    const origin = await listening(createServer(expressApp()));
    return (path: string, init?: RequestInit) => fetch(origin + path, { redirect: 'manual', ...init });
  },
  async hono() {
    const app = honoApp();
    return async (path: string, init?: RequestInit) => await app.request(setting.origin + path, init);
  },
};

describe.each(['express', 'hono'] as const)('in %s', (way) => {
  it('has the pages, and leaves other paths alone', async () => {
    const ask = await ways[way]();
    expect(await (await ask('/login')).text()).toContain('Sign in with Google');
    expect(await (await ask('/login', { headers: { cookie } })).text()).toContain('As ada@gmail.com, viewer.');
    expect(((await (await ask('/.well-known/jwks.json')).json()) as { keys: unknown[] }).keys).toHaveLength(1);
    expect((await ask('/login/token', { method: 'POST', body: new URLSearchParams({ grant_type: 'x' }) })).status).toBe(
      400,
    );
    expect((await ask('/login/google', { redirect: 'manual' })).headers.get('set-cookie')).toMatch(/^fairlead-login-/);
    expect(await (await ask('/')).text()).toBe('mine');
    expect((await ask('/nothing')).status).toBe(404);
  });

  it('lets in who is signed in, by cookie or token, and shows nothing of a secret', async () => {
    const ask = await ways[way]();
    const byCookie = await ask('/mine', { headers: { cookie } });
    const person = (await byCookie.json()) as LoginPerson;
    expect(person).toMatchObject({ id: 'prn_ada', email: 'ada@gmail.com', name: 'Ada', role: 'viewer' });
    expect(JSON.stringify(person)).not.toContain(cookie.split('=')[1]);
    const { sessions } = await setting.gateway.login();
    const token = await sessions.issueAccess('prn_ada');
    expect((await ask('/mine', { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
    expect((await ask('/mine', { headers: { authorization: `Bearer ${token}x`, cookie } })).status).toBe(401);
    expect((await ask('/mine', { headers: { authorization: 'Basic x', cookie } })).status).toBe(401);
    await sessions.end(person.session.id);
    expect((await ask('/mine', { headers: { cookie } })).status).toBe(401);
  });

  it('sends browsers to the sign-in and back, and programs away', async () => {
    const ask = await ways[way]();
    const sent = await ask('/mine?a=b', { headers: { accept: 'text/html' } });
    expect([sent.status, sent.headers.get('location')]).toEqual([303, '/login?return_to=%2Fmine%3Fa%3Db']);
    const page = await (await ask(sent.headers.get('location')!)).text();
    expect(page).toContain('href="/login/google?return_to=%2Fmine%3Fa%3Db"');
    const refused = await ask('/mine');
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect((await ask('/admin', { headers: { cookie } })).status).toBe(403);
  });

  it('S-504: what changes something comes from a page of ours', async () => {
    const ask = await ways[way]();
    const post = async (headers: Record<string, string>) =>
      (await ask('/mine', { method: 'POST', headers: { cookie, ...headers } })).status;
    const foreign: Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: `${setting.origin}.evil.example` },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ];
    expect(await post({ origin: setting.origin })).toBe(200);
    for (const headers of foreign) expect(await post(headers), JSON.stringify(headers)).toBe(403);
  });
});

it('answers 429 with the time to wait, in words, and the rest of the pages goes on', async () => {
  const ask = await ways.express();
  let last = await ask('/login/google');
  for (let at = 0; at < 60; at++) last = await ask('/login/google');
  expect([last.status, last.headers.get('retry-after')]).toEqual([429, '1']);
  expect(await last.text()).toContain('Signing in from this address is possible again in 1 s.');
  expect((await ask('/login')).status).toBe(200);
  const token = () => ask('/login/token', { method: 'POST', body: new URLSearchParams({ grant_type: 'x' }) });
  for (let at = 0; at < 120; at++) last = await token();
  expect(last.status).toBe(400);
  last = await token();
  expect([last.status, last.headers.get('retry-after'), ((await last.json()) as { error: string }).error]).toEqual([
    429,
    '1',
    'temporarily_unavailable',
  ]);
});

it('a body that ends in the middle is the end of a request, not a fault of ours', async () => {
  async function* aborted(): AsyncGenerator<Buffer> {
    yield Buffer.from('grant_type=');
    throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
  }
  const request = Object.assign(Readable.from(aborted()), { method: 'POST', url: '/login/token', headers: {} });
  await expect(ofNode(request as never, []).fields()).rejects.toMatchObject({ code: 'cancelled' });
});

it('a body that was read before is an error that says what to do', async () => {
  const request = new Request(`${setting.origin}/login/token`, { method: 'POST', body: 'grant_type=x' });
  await request.text();
  const answer = await login.fetch(request, '198.51.100.7');
  expect([answer.status, await answer.text()]).toMatchObject([500, expect.stringContaining('before anything reads')]);
  expect((await login.fetch(new Request(`${setting.origin}/other`))).status).toBe(404);
});
