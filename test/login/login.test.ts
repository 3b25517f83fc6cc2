import { createHash } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { safeReturnPath } from '../../src/core/return-path.js';
import { operationNamed, runOperation } from '../../src/operations/index.js';
import { Browser, createSetting, type Setting } from '../oauth/setting.js';

const APP = 'com.example.app:/signed-in';
const FRAGMENT_APP = 'com.example.fragment:/signed-in';
const SESSION_APP = 'https://app.example.com/signed-in';
const VERIFIER = 'v'.repeat(43);
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');
const ISS = 'https://accounts.google.com';

let google: { privateKey: Awaited<ReturnType<typeof generateKeyPair>>['privateKey']; jwk: object };
let setting: Setting;
/** What the providers say of whoever comes. */
let claims: Record<string, unknown>;
let github: { user: object; emails: object[] };

beforeAll(async () => {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  google = { privateKey, jwk: { ...(await exportJWK(publicKey)), kid: 'g1', alg: 'RS256' } };
});

beforeEach(async () => {
  const apps = [
    { redirectUri: APP },
    { redirectUri: FRAGMENT_APP, fragment: true },
    { redirectUri: SESSION_APP, fragment: 'session' as const },
  ];
  setting = await createSetting({ file: { login: { apps } } });
  claims = { sub: 'g-1', email: 'ada@gmail.com', email_verified: true, name: 'Ada' };
  github = { user: { id: 7, login: 'ada' }, emails: [{ email: 'ada@gmail.com', primary: true, verified: true }] };
  let nonce = '';
  setting.net.on('GET https://www.googleapis.com/oauth2/v3/certs', () => ({ body: { keys: [google.jwk] } }));
  setting.net.on('POST https://oauth2.googleapis.com/token', async ({ body }) => {
    nonce = new URLSearchParams(new TextDecoder().decode(body)).get('code') ?? '';
    const iat = Math.floor(setting.clock.nowMs() / 1000);
    const token = new SignJWT({ iss: ISS, aud: 'client-of-google', iat, exp: iat + 600, nonce, ...claims });
    const id_token = await token.setProtectedHeader({ alg: 'RS256', kid: 'g1' }).sign(google.privateKey);
    return { body: { access_token: 'ya29.x', token_type: 'Bearer', expires_in: 3600, id_token } };
  });
  setting.net.on('POST https://github.com/login/oauth/access_token', () => ({
    body: { access_token: 'gho_1', token_type: 'bearer' },
  }));
  setting.net.on('GET https://api.github.com/user', () => ({ body: github.user }));
  setting.net.on('GET https://api.github.com/user/emails', () => ({ body: github.emails }));
});

afterEach(() => setting.close());

const at = (path: string): string => `${setting.origin}${path}`;
const LIVE = { tenant: 'default', environment: 'live' } as const;
const people = async () => (await setting.store.people.list(LIVE, { limit: 100 })).rows;

/** What became of each of an action, the newest first. */
async function written(action: string): Promise<string[]> {
  const { rows } = await setting.store.audit.search(LIVE, { action }, { limit: 10 });
  return rows.map(({ record }) => (JSON.parse(record!) as { status: string }).status);
}

async function begin(browser: Browser, provider: string, query = ''): Promise<URL> {
  const answer = await browser.get(at(`/login/${provider}${query}`));
  return new URL(answer.headers.get('location') ?? `about:blank?status=${answer.status}`);
}

/** The sandbox of it: the code is the nonce, so that whoever answers can put it into the token. */
function callbackOf(provider: string, sent: URL): string {
  const { searchParams: query } = sent;
  return at(`/login/${provider}/callback?code=${query.get('nonce') ?? 'c'}&state=${query.get('state')}`);
}

async function signIn(provider: string, browser = new Browser(), query = ''): Promise<Response> {
  return await browser.get(callbackOf(provider, await begin(browser, provider, query)));
}

async function post(path: string, body: object, headers: Record<string, string> = {}) {
  const answer = await fetch(at(path), {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });
  return { status: answer.status, json: (await answer.json()) as Record<string, string> };
}

async function tokens(): Promise<Record<string, string>> {
  const query = `?redirect_uri=${APP}&code_challenge=${CHALLENGE}&code_challenge_method=S256&state=s1`;
  const to = new URL((await signIn('google', new Browser(), query)).headers.get('location')!);
  expect([to.protocol, to.searchParams.get('state')]).toEqual(['com.example.app:', 's1']);
  const code = to.searchParams.get('code')!;
  return {
    code,
    ...(await post('/login/token', { grant_type: 'authorization_code', code, code_verifier: VERIFIER })).json,
  };
}

describe('signing in', () => {
  it('with Google makes a person and a session of the page', async () => {
    const browser = new Browser();
    const sent = await signIn('google', browser, '?return_to=/console');
    expect([sent.status, sent.headers.get('location')]).toEqual([303, '/console']);
    expect(await people()).toMatchObject([{ email: 'ada@gmail.com', isVerified: true }]);
    expect(await (await browser.get(at('/login'))).text()).toContain('As ada@gmail.com, without a role.');
  });

  it('says a denial in words, and one account that another provider opened', async () => {
    const browser = new Browser();
    const denied = await begin(browser, 'github');
    const answer = await browser.get(
      at(`/login/github/callback?error=access_denied&state=${denied.searchParams.get('state')}`),
    );
    expect(await answer.text()).toContain('You did not agree at the provider');
    await signIn('google');
    github.emails = [{ email: 'ada@gmail.com', primary: true, verified: false }];
    claims = { ...claims, sub: 'g-2', email_verified: 'true' };
    const taken = await signIn('google');
    expect([taken.status, await taken.text()]).toMatchObject([403, expect.stringContaining('signs in with Google')]);
  });

  it('S-402: login CSRF: what an attacker began does nothing in another browser, and a state is good once', async () => {
    const sent = await begin(new Browser(), 'google');
    const victim = new Browser();
    expect(await (await victim.get(callbackOf('google', sent))).text()).toContain('begun in another browser');
    expect(victim.cookies.size).toBe(0);
    const browser = new Browser();
    const own = await begin(browser, 'google');
    const before = [...browser.cookies];
    expect((await browser.get(callbackOf('google', own))).status).toBe(303);
    for (const [name, value] of before) browser.cookies.set(name, value);
    expect((await browser.get(callbackOf('google', own))).status).toBe(403);
  });

  it('an id_token of another audience, issuer, nonce or time is nobody', async () => {
    const wrong = [
      { aud: 'other' },
      { iss: 'https://evil.example' },
      { nonce: 'n' },
      { exp: 1 },
      { azp: 'other' },
      { sub: '' },
    ];
    for (const one of wrong) {
      claims = { ...claims, ...one };
      expect((await signIn('google')).status, JSON.stringify(one)).toBe(403);
      claims = { sub: 'g-1', email: 'ada@gmail.com', email_verified: true };
    }
    expect(await people()).toEqual([]);
  });
});

describe('S-408, S-409: accounts are joined by an address only where that is safe', () => {
  it('joins Google and GitHub where both have authority', async () => {
    await signIn('google');
    expect((await signIn('github')).status).toBe(303);
    const all = await people();
    expect(all).toHaveLength(1);
    expect(await setting.store.people.identities(LIVE, all[0]!.id)).toHaveLength(2);
  });

  it('classic-federated merge, unexpired session: the attacker who only claims an address is out', async () => {
    const attacker = new Browser();
    claims = { sub: 'evil', email: 'victim@corp.example', email_verified: false };
    await signIn('google', attacker);
    expect(await (await attacker.get(at('/login'))).text()).toContain('As victim@corp.example');
    github.emails = [{ email: 'victim@corp.example', primary: true, verified: true }];
    await signIn('github');
    expect(await (await attacker.get(at('/login'))).text()).toContain('Sign in with');
    expect(await people()).toHaveLength(2);
  });

  it('trojan identifier, unexpired e-mail change: another address at the provider leads to no other account', async () => {
    await signIn('google');
    claims = { sub: 'evil', email: 'evil@gmail.com', email_verified: true };
    await signIn('google');
    claims = { sub: 'evil', email: 'ada@gmail.com', email_verified: true };
    const browser = new Browser();
    await signIn('google', browser);
    expect(await (await browser.get(at('/login'))).text()).toContain('As evil@gmail.com');
  });

  it.each([
    ['a text', { email_verified: 'false' }],
    ['no flag', { email_verified: undefined }],
    ['hearsay', { email: 'ada@corp.example', hd: undefined }],
    ['another domain', { email: 'ada@corp.example', hd: 'evil.example' }],
  ])('non-verifying provider: %s joins nothing', async (_name, over) => {
    github.emails = [{ email: 'email' in over ? over.email : 'ada@gmail.com', primary: true, verified: true }];
    await signIn('github');
    claims = { ...claims, ...over };
    expect((await signIn('google')).status).toBe(403);
    expect(await people()).toHaveLength(1);
  });

  it('upper case is the same address, a look-alike is none', async () => {
    await signIn('github');
    claims = { ...claims, sub: 'g-9', email: '\u0430da@gmail.com' };
    await signIn('google');
    expect(await people()).toHaveLength(2);
    claims = { ...claims, sub: 'g-1', email: 'ADA@Gmail.com' };
    await signIn('google');
    expect(await people()).toHaveLength(2);
  });
});

describe('S-405: where a browser is sent', () => {
  const hostile = [
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    'https://evil.example',
    'javascript:alert(1)',
    '/\t/evil.example',
    '/\n/evil',
    ' //evil.example',
    '/ /evil.example',
    'data:text/html,x',
    '///evil.example',
    '/%2f/evil.example',
    '/%5cevil.example',
    '/.//evil.example',
    '/..//evil.example',
    '/a/..//evil.example',
    'evil.example',
    '@evil.example',
    '/\u0000/evil',
    '/\u3002/evil',
    'http:evil.example',
    'https:/evil.example',
    '',
    '.',
    '?a=//evil',
    '#//evil',
  ];
  it.each(hostile.flatMap((one) => [one, one.toUpperCase(), `${one}/../x`]))('%j leads to a path of ours', (text) => {
    const path = safeReturnPath(text);
    expect(new URL(path, 'https://ours.example').origin).toBe('https://ours.example');
    expect(path.startsWith('//')).toBe(false);
  });
  it('paths stay what they are', () => expect(safeReturnPath('/console/events?a=b#c')).toBe('/console/events?a=b#c'));
});

describe('S-410: applications', () => {
  it('a code is good once; a second use ends the session of the first', async () => {
    const pair = await tokens();
    const { sessions } = await setting.gateway.login();
    expect(await sessions.ofAccessToken(pair['access_token']!)).toBeDefined();
    const again = await post('/login/token', {
      grant_type: 'authorization_code',
      code: pair['code'],
      code_verifier: VERIFIER,
    });
    expect([again.status, again.json]).toEqual([400, { error: 'invalid_grant' }]);
    expect(await sessions.ofAccessToken(pair['access_token']!)).toBe(undefined);
  });

  it('a wrong verifier gets nothing, a fragment nobody chose and an address nobody listed are 400', async () => {
    const ok = `code_challenge=${CHALLENGE}&code_challenge_method=S256`;
    const to = new URL((await signIn('google', new Browser(), `?redirect_uri=${APP}&${ok}`)).headers.get('location')!);
    const wrong = {
      grant_type: 'authorization_code',
      code: to.searchParams.get('code'),
      code_verifier: 'w'.repeat(43),
    };
    expect((await post('/login/token', wrong)).status).toBe(400);
    for (const query of [
      `redirect_uri=${APP}&response_mode=fragment`,
      `redirect_uri=${APP}x&${ok}`,
      `redirect_uri=${APP}`,
      `redirect_uri=${APP}&code_challenge=${CHALLENGE}&code_challenge_method=plain`,
    ]) {
      expect((await fetch(at(`/login/google?${query}`), { redirect: 'manual' })).status, query).toBe(400);
    }
  });

  it('a fragment holds a token for one exchange; the session itself only where that was chosen, with a warning', async () => {
    const sent = await signIn('google', new Browser(), `?redirect_uri=${FRAGMENT_APP}&response_mode=fragment`);
    const to = sent.headers.get('location')!;
    expect([sent.headers.get('referrer-policy'), sent.headers.get('cache-control')]).toEqual([
      'no-referrer',
      'no-store',
    ]);
    const token = new URLSearchParams(to.split('#')[1]).get('token')!;
    const { sessions } = await setting.gateway.login();
    expect(await sessions.ofAccessToken(token)).toBe(undefined);
    expect((await post('/login/token', { grant_type: 'exchange_token', token })).status).toBe(200);
    expect((await post('/login/token', { grant_type: 'exchange_token', token })).status).toBe(400);
    const whole = (
      await signIn('google', new Browser(), `?redirect_uri=${SESSION_APP}&response_mode=fragment`)
    ).headers.get('location')!;
    expect(await sessions.ofAccessToken(new URLSearchParams(whole.split('#')[1]).get('token')!)).toBeDefined();
    const lines = JSON.stringify(setting.lines);
    expect(lines).toContain('a session token was given out');
    expect(lines).not.toContain(token);
  });
});

describe('S-703: tenants', () => {
  it('a key is of its tenant, sees nothing of another, and ends with it', async () => {
    await setting.call('tenants.create', { name: 'acme' });
    const { key } = (await setting.call('keys.create', { name: 'a', scopes: ['read', 'admin'], tenant: 'acme' })) as {
      key: string;
    };
    const known = await setting.gateway.apiKeys.identify(key);
    expect(known).toMatchObject({ tenant: 'acme' });
    const theirs = (name: string, input: object) =>
      runOperation(
        setting.gateway,
        operationNamed(name),
        { scope: known, principal: { type: 'api_key', id: known.id, scopes: known.scopes, via: 'rest' } },
        input,
      );
    await setting.call('sources.create', { provider: 'github' });
    expect(await theirs('sources.list', {})).toMatchObject({ sources: [] });
    expect(await theirs('keys.list', {})).toMatchObject({ keys: [{ id: known.id }] });
    await expect(theirs('tenants.list', {})).rejects.toMatchObject({ code: 'policy_denied' });
    await expect(theirs('keys.create', { name: 'b', tenant: 'default' })).rejects.toMatchObject({
      code: 'policy_denied',
    });
    await setting.call('tenants.delete', { name: 'acme' });
    await expect(setting.gateway.apiKeys.identify(key)).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(setting.call('keys.create', { name: 'c', tenant: 'acme' })).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});

describe('sessions', () => {
  it('S-502: refresh tokens rotate, a copy ends the family, logout ends at once', async () => {
    const first = await tokens();
    const refresh = (refresh_token: string | undefined) =>
      post('/login/token', { grant_type: 'refresh_token', refresh_token });
    const second = await refresh(first['refresh_token']);
    expect(second.status).toBe(200);
    expect((await refresh(first['refresh_token'])).status).toBe(400);
    expect((await refresh(second.json['refresh_token'])).status).toBe(400);
    expect(await written('people.token_reuse')).toEqual(['denied']);
    const other = await tokens();
    const authorization = `Bearer ${other['access_token']}`;
    expect((await post('/login/logout', {}, { authorization })).status).toBe(200);
    expect((await post('/login/logout', {}, { authorization })).status).toBe(401);
  });

  it('a parameter that is given twice is refused, and uses nothing up', async () => {
    const { refresh_token } = await tokens();
    const twice = `grant_type=refresh_token&refresh_token=x&refresh_token=${refresh_token}`;
    const answer = await fetch(at('/login/token'), { method: 'POST', body: new URLSearchParams(twice) });
    expect([answer.status, await answer.json()]).toMatchObject([400, { error: 'invalid_request' }]);
    expect((await post('/login/token', { grant_type: 'refresh_token', refresh_token })).status).toBe(200);
  });

  it('S-503: a new cookie at each sign-in, the one before ends; idle and absolute end', async () => {
    const browser = new Browser();
    browser.cookies.set('fairlead-session', 'f'.repeat(43));
    const answer = await signIn('google', browser);
    expect(answer.headers.getSetCookie().at(-1)).toMatch(
      /^fairlead-session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=43200$/,
    );
    const first = browser.cookies.get('fairlead-session')!;
    expect(first).not.toBe('f'.repeat(43));
    await signIn('google', browser);
    const { sessions } = await setting.gateway.login();
    expect(await sessions.ofCookie(first)).toBe(undefined);
    const second = browser.cookies.get('fairlead-session')!;
    expect(await sessions.ofCookie(second)).toBeDefined();
    await setting.clock.advance(30 * 60_000);
    expect(await sessions.ofCookie(second)).toBe(undefined);
  });

  it('S-504: a form of another site signs nobody out and makes nobody an admin', async () => {
    const browser = new Browser();
    await signIn('google', browser);
    const csrf = /name="csrf" value="([^"]+)"/.exec(await (await browser.get(at('/login'))).text())![1]!;
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const form = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
      fetch(at(path), {
        method: 'POST',
        redirect: 'manual',
        body: new URLSearchParams(fields),
        headers: { cookie, ...headers },
      });
    expect((await form('/login/logout', {})).status).toBe(401);
    expect((await form('/login/logout', { csrf }, { origin: 'https://evil.example' })).status).toBe(403);
    expect((await form('/login/admin', { csrf, code: 'x'.repeat(43) })).status).toBe(403);
    expect(await written('people.first_admin')).toEqual(['denied']);
    const code = await (await setting.gateway.login()).sessions.issueAdminCode();
    expect((await form('/login/admin', { csrf, code })).status).toBe(200);
    expect(await people()).toMatchObject([{ role: 'admin' }]);
    expect(await written('people.first_admin')).toEqual(['succeeded', 'denied']);
    expect((await form('/login/admin', { csrf, code })).status).toBe(401);
  });

  it('S-501: 25 forged tokens open nothing, and nothing is fetched for them', async () => {
    const good = (await tokens())['access_token']!;
    const { sessions, keys } = await setting.gateway.login();
    expect(await sessions.ofAccessToken(good)).toBeDefined();
    const key = (await keys.all())[0]!;
    const [head, body, signature] = good.split('.') as [string, string, string];
    const read = (text: string) => JSON.parse(Buffer.from(text, 'base64url').toString()) as Record<string, unknown>;
    const sign = (header: object, over: object) =>
      new SignJWT({ ...read(body), ...over }).setProtectedHeader({ ...read(head), ...header } as never).sign(key.key);
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const { createHmac } = await import('node:crypto');
    const hs = (header: object) => {
      const text = `${part({ ...read(head), ...header })}.${body}`;
      return `${text}.${createHmac('sha256', key.jwk.x).update(text).digest('base64url')}`;
    };
    const { privateKey } = await generateKeyPair('EdDSA');
    const forged = [
      `${part({ alg: 'none', typ: 'at+jwt' })}.${body}.`,
      `${part({ ...read(head), alg: 'none' })}.${body}.${signature}`,
      `${part({ ...read(head), alg: 'NoNe' })}.${body}.`,
      hs({ alg: 'HS256' }),
      hs({ alg: 'HS512' }),
      `${head}.${part({ ...read(body), sub: 'prn_admin' })}.${signature}`,
      `${head}.${body}.${signature.slice(0, -4)}AAAA`,
      `${head}.${body}.`,
      `${head}.${body}`,
      `${good}.x`,
      await new SignJWT(read(body)).setProtectedHeader(read(head) as never).sign(privateKey),
      ...(await Promise.all([
        sign({ kid: '../../etc/passwd' }, {}),
        sign({ kid: "' or 1=1 --" }, {}),
        sign({ kid: undefined }, {}),
        sign({ jku: 'https://evil.example/jwks' }, {}),
        sign({ x5u: 'https://evil.example/x' }, {}),
        sign({ jwk: key.jwk }, {}),
        sign({ typ: 'JWT' }, {}),
        sign({ typ: 'exchange+jwt' }, {}),
        sign({}, { iss: 'https://evil.example' }),
        sign({}, { aud: 'https://evil.example' }),
        sign({}, { exp: 1 }),
        sign({}, { exp: undefined }),
        sign({}, { iat: undefined }),
        sign({}, { jti: undefined }),
        sign({}, { sid: 'ses_other' }),
        sign({}, { sub: 'prn_other' }),
        sign({}, { tenant: 'other' }),
        sign({}, { exp: Math.floor(setting.clock.nowMs() / 1000) + 86_400 }),
        sign({}, { iat: Math.floor(setting.clock.nowMs() / 1000) + 600 }),
      ])),
    ];
    expect(forged.length).toBeGreaterThanOrEqual(25);
    const sent = setting.net.requests.length;
    for (const [at, one] of forged.entries()) expect(await sessions.ofAccessToken(one), String(at)).toBe(undefined);
    expect(setting.net.requests.length).toBe(sent);
    await setting.clock.advance(16 * 60_000);
    expect(await sessions.ofAccessToken(good)).toBe(undefined);
  });
});
