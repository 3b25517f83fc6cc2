/** What is promised of the authorization server, by the numbers of the statements about identity and tokens. */
import { SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RESOURCE_METADATA } from '../../src/core/protected-resource.js';
import { Browser, SANDBOX } from '../oauth/setting.js';
import { BACK, CHALLENGE, challengeOf, CLIENT, LIVE, LOCAL_TOKEN, openWorld, VERIFIER, type World } from './world.js';

let world: World;

beforeEach(async () => void (world = await openWorld()));
afterEach(() => world.close());

const back = (answer: Response): URL => new URL(answer.headers.get('location') ?? `about:blank?${answer.status}`);
const refresh = (refresh_token: string, over: Record<string, string> = {}) =>
  world.token({ grant_type: 'refresh_token', client_id: CLIENT, refresh_token, ...over });
const opens = async (token: string): Promise<number> => (await world.mcp(token)).status;

describe('statement 21: a token opens what it is for, and nothing else', () => {
  it('statement 21: of two resources, each token opens one', async () => {
    const forAgents = await world.tokens();
    expect([await opens(forAgents.access_token), forAgents.expires_in, forAgents.scope]).toEqual([
      200,
      900,
      'read write',
    ]);
    expect((await world.rest('/v1/jobs', forAgents.access_token)).status).toBe(401);
    const forRest = await world.tokens({ resource: world.resource('rest') });
    expect((await world.rest('/v1/jobs', forRest.access_token)).status).toBe(200);
    expect(await opens(forRest.access_token)).toBe(401);
    // What a request says of its door changes nothing.
    const headers = { 'fairlead-door': 'mcp' };
    expect((await world.rest('/v1/jobs', forAgents.access_token, { headers })).status).toBe(401);
    await world.clock.advance(16 * 60_000);
    expect(await opens(forAgents.access_token)).toBe(401);
  });

  it("statement 21: a person's own token is no token of the door for agents, and a program's is no person's", async () => {
    const { sessions } = await world.gateway.login();
    const own = await sessions.issueAccess(world.person);
    expect([await opens(own), (await world.rest('/v1/jobs', own)).status]).toEqual([401, 200]);
    const { access_token, refresh_token } = await world.tokens();
    expect(await sessions.ofAccessToken(access_token)).toBe(undefined);
    const body = { grant_type: 'refresh_token', refresh_token };
    const answer = await fetch(`${world.origin}/login/token`, { method: 'POST', body: new URLSearchParams(body) });
    expect(answer.status).toBe(400);
  });

  it('statement 21: forged claims open nothing: audience, issuer, tenant, client, session, scope, kind', async () => {
    const { access_token } = await world.tokens();
    const { keys } = await world.gateway.login();
    const { key } = (await keys.all())[0]!;
    const [head, body] = access_token.split('.').map((one) => one && Buffer.from(one, 'base64url').toString());
    const claims = JSON.parse(body!) as Record<string, unknown>;
    expect(claims).toMatchObject({
      iss: world.origin,
      aud: world.resource('mcp'),
      client_id: CLIENT,
      tenant: 'default',
    });
    const sign = (over: object, header: object = {}) =>
      new SignJWT({ ...claims, ...over })
        .setProtectedHeader({ ...(JSON.parse(head!) as object), ...header } as never)
        .sign(key);
    expect(await opens(await sign({}))).toBe(200);
    const wrong = [
      sign({ aud: 'https://evil.example/mcp' }),
      sign({ aud: world.origin }),
      sign({ aud: [world.resource('mcp'), world.origin, 'x'].slice(1) }),
      sign({ iss: 'https://evil.example' }),
      sign({ tenant: 'acme' }),
      sign({ client_id: 'https://evil.example/c' }),
      sign({ sid: 'ses_00000000000000000000000000' }),
      sign({ sub: 'prn_other' }),
      sign({ scope: 'admin approve' }),
      sign({ scope: undefined }),
      sign({}, { typ: 'JWT' }),
      sign({}, { kid: 'other' }),
    ];
    for (const [at, one] of wrong.entries()) expect(await opens(await one), String(at)).toBe(401);
  });
});

describe('statement 22: tokens stay where they belong', () => {
  it('statement 22: no code and no token is in the log, in the audit log or in the store as it is', async () => {
    const to = await world.allow();
    const { json } = await world.redeem(to);
    const secrets = [to.searchParams.get('code')!, String(json['access_token']), String(json['refresh_token'])];
    const seen = JSON.stringify([world.lines, await world.entries(), world.net.requests]);
    for (const secret of secrets) expect(seen).not.toContain(secret.slice(-43));
  });
});

describe('statement 23: whoever lacks something is told what', () => {
  it('statement 23: 401 leads to the metadata, and the metadata to the server', async () => {
    const answer = await world.mcp(undefined);
    const header = answer.headers.get('www-authenticate')!;
    expect([answer.status, header]).toEqual([401, expect.stringContaining('scope="read write"')]);
    const address = /resource_metadata="([^"]+)"/.exec(header)![1]!;
    expect(address).toBe(`${world.origin}${RESOURCE_METADATA}/mcp`);
    const resource = (await (await fetch(address)).json()) as Record<string, string[]>;
    expect(resource).toMatchObject({ resource: world.resource('mcp'), authorization_servers: [world.origin] });
    const found = await fetch(`${resource['authorization_servers']![0]}/.well-known/oauth-authorization-server`);
    expect(await found.json()).toMatchObject({
      issuer: world.origin,
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
      client_id_metadata_document_supported: true,
      token_endpoint_auth_methods_supported: ['none'],
    });
    const rest = (await (await fetch(`${world.origin}${RESOURCE_METADATA}/v1`)).json()) as object;
    expect(rest).toMatchObject({ resource: world.resource('rest') });
  });

  it('statement 23: a scope that was not given is 403 with its name, and the line in the audit log says so', async () => {
    const { access_token } = await world.tokens({ scope: 'read' });
    const denied = await world.mcp(access_token, 'tools/call', {
      name: 'slack_send_message',
      arguments: { channel: '#a', text: 'hi' },
    });
    expect([denied.status, denied.headers.get('www-authenticate')]).toEqual([
      403,
      expect.stringMatching(/error="insufficient_scope".*resource_metadata=.*scope="read write"/),
    ]);
    const byName = {
      name: 'actions_run',
      arguments: { name: 'slack.sendMessage', input: { channel: '#a', text: 'x' } },
    };
    expect((await world.mcp(access_token, 'tools/call', byName)).status).toBe(403);
    expect(world.net.requests.some(({ url }) => url.includes('slack'))).toBe(false);
    expect((await world.entries(SANDBOX)).map(({ action, status }) => [action, status])).toContainEqual([
      'slack.sendMessage',
      'denied',
    ]);
    const more = await world.tokens({ scope: 'read write' });
    expect((await world.mcp(more.access_token, 'tools/call', { name: 'jobs_list', arguments: {} })).status).toBe(200);
  });

  it('statement 23: REST says the same', async () => {
    const none = await fetch(`${world.origin}/v1/jobs`);
    const document = `resource_metadata="${world.origin}${RESOURCE_METADATA}/v1"`;
    expect([none.status, none.headers.get('www-authenticate')]).toEqual([401, expect.stringContaining(document)]);
    const { access_token } = await world.tokens({ scope: 'read', resource: world.resource('rest') });
    for (const [path, scope] of [
      ['/v1/events/replay', 'operate'],
      ['/v1/actions/slack.sendMessage', 'write'],
    ]) {
      const init = {
        method: 'POST',
        body: JSON.stringify(path!.includes('slack') ? { channel: '#a', text: 'x' } : {}),
      };
      const headers = { 'content-type': 'application/json' };
      const denied = await world.rest(path!, access_token, { ...init, headers });
      const says = denied.headers.get('www-authenticate');
      expect([path, denied.status, says]).toEqual([path, 403, expect.stringContaining(`scope="${scope}"`)]);
      expect(says).toContain('error="insufficient_scope"');
    }
  });

  it('statement 23: what the person could not give either is told by the tool, and asks for no new consent', async () => {
    await world.close();
    world = await openWorld('viewer', 11);
    const { access_token, scope } = await world.tokens({ scope: 'read write operate' });
    expect(scope).toBe('read');
    const denied = await world.mcp(access_token, 'tools/call', {
      name: 'slack_send_message',
      arguments: { channel: '#a', text: 'hi' },
    });
    expect([denied.status, await denied.text()]).toEqual([200, expect.stringContaining('insufficient_scope')]);
  });
});

describe('statement 24: codes and tokens', () => {
  it.each([
    ['no PKCE', { code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
    ['plain PKCE', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['PKCE without a method', { code_challenge_method: undefined }, 'invalid_request'],
    ['a short challenge', { code_challenge: 'abc' }, 'invalid_request'],
    ['a token in the answer', { response_type: 'token' }, 'unsupported_response_type'],
    ['no resource', { resource: undefined }, 'invalid_target'],
    ['a resource of somebody else', { resource: 'https://evil.example/mcp' }, 'invalid_target'],
    ['scopes of people', { scope: 'read approve' }, 'invalid_scope'],
    ['a fragment', { response_mode: 'fragment' }, 'invalid_request'],
    ['a request object', { request: 'eyJ' }, 'request_not_supported'],
  ])('statement 24: %s is refused, with iss', async (_what, over, error) => {
    const to = back(await world.open(over));
    expect([to.origin + to.pathname, to.searchParams.get('error')]).toEqual([BACK, error]);
    expect([to.searchParams.get('state'), to.searchParams.get('iss')]).toEqual(['s1', world.origin]);
    expect(to.searchParams.has('code')).toBe(false);
  });

  it('statement 24: a redirect address is one of the document, to the letter; no browser is sent to any other', async () => {
    const hostile = [
      'https://evil.example/back',
      `${BACK}/`,
      `${BACK}?x=1`,
      `${BACK}#x`,
      `${BACK}/../back`,
      'https://app.example.evil.example/back',
      'https://app.example@evil.example/back',
      'https://APP.example/back',
      'http://app.example/back',
      'http://127.0.0.1:80@evil.example/back',
      'http://127.0.0.1.evil.example/back',
      'http://127.0.0.1:4000/other',
      'http://localhost:4000/back',
      'http://127.0.0.1:4000/back?x=1',
      'javascript:alert(1)//back',
      '//evil.example/back',
      '',
    ];
    for (const redirect_uri of hostile) {
      const answer = await world.open({ redirect_uri });
      expect([redirect_uri, answer.status, answer.headers.get('location')]).toEqual([redirect_uri, 400, null]);
    }
    expect((await world.open({ redirect_uri: undefined })).status).toBe(400);
    const twice = await world.browser.get(`${world.authorizeUrl()}&redirect_uri=https%3A%2F%2Fevil.example`);
    expect(twice.status).toBe(400);
    expect((await world.open({ redirect_uri: 'http://127.0.0.1:4711/back' })).status).toBe(200);
  });

  it('statement 24: a wrong verifier, address, client or resource gets nothing, and uses the code up', async () => {
    const wrong: Record<string, string>[] = [
      { code_verifier: 'w'.repeat(43) },
      { code_verifier: '' },
      { code_verifier: CHALLENGE },
      { redirect_uri: 'http://127.0.0.1:1/back' },
      { client_id: 'https://evil.example/client.json' },
      { resource: 'https://evil.example' },
    ];
    for (const over of wrong) {
      const to = await world.allow();
      expect((await world.redeem(to, over)).status, JSON.stringify(over)).toBe(400);
      expect((await world.redeem(to)).json, JSON.stringify(over)).toEqual({ error: 'invalid_grant' });
    }
  });

  it('statement 24: a code is good once and for a minute; a second use ends what came of the first', async () => {
    const to = await world.allow();
    const { json } = await world.redeem(to);
    expect(await opens(String(json['access_token']))).toBe(200);
    expect((await world.redeem(to)).json).toEqual({ error: 'invalid_grant' });
    expect(await opens(String(json['access_token']))).toBe(401);
    expect((await refresh(String(json['refresh_token']))).status).toBe(400);
    expect((await world.entries()).map(({ action }) => action)).toEqual(
      expect.arrayContaining(['grants.consent', 'grants.issue', 'grants.reuse']),
    );
    const late = await world.allow();
    await world.clock.advance(60_000);
    expect((await world.redeem(late)).status).toBe(400);
  });

  it('statement 24: of many who come with one code at once, one gets tokens, and those are over', async () => {
    const to = await world.allow();
    const all = await Promise.all(Array.from({ length: 8 }, () => world.redeem(to)));
    const won = all.filter(({ status }) => status === 200);
    expect(won.length).toBeLessThanOrEqual(1);
    for (const { json } of won) expect(await opens(String(json['access_token']))).toBe(401);
  });

  it('statement 24: refresh tokens rotate, a copy ends the family, of another program none is taken', async () => {
    const first = await world.tokens();
    expect((await refresh(first.refresh_token, { client_id: 'https://evil.example/c' })).status).toBe(400);
    expect((await refresh(first.refresh_token, { scope: 'read operate' })).json).toEqual({ error: 'invalid_scope' });
    expect((await refresh(first.refresh_token, { resource: world.origin })).json).toEqual({ error: 'invalid_target' });
    const second = await refresh(first.refresh_token, { scope: 'read' });
    expect([second.status, second.json['scope']]).toEqual([200, 'read']);
    expect((await refresh(first.refresh_token)).status).toBe(400);
    expect((await refresh(String(second.json['refresh_token']))).status).toBe(400);
    expect(await opens(String(second.json['access_token']))).toBe(401);
    // A code is no refresh token, nor is a refresh token a code.
    const to = await world.allow();
    expect((await refresh(to.searchParams.get('code')!)).status).toBe(400);
    expect((await world.redeem(to)).status).toBe(200);
  });

  it('statement 24: revoked is over: by the program, by an operator, by the person, by a role that is gone', async () => {
    const revoke = (body: Record<string, string>) =>
      fetch(`${world.origin}/oauth/revoke`, { method: 'POST', body: new URLSearchParams(body) });
    const one = await world.tokens();
    expect((await revoke({ token: one.refresh_token, client_id: 'https://evil.example/c' })).status).toBe(200);
    expect(await opens(one.access_token)).toBe(200);
    expect((await revoke({ token: one.refresh_token, client_id: CLIENT })).status).toBe(200);
    expect((await revoke({ token: 'whatever', client_id: CLIENT })).status).toBe(200);
    expect(await opens(one.access_token)).toBe(401);
    const two = await world.tokens();
    const { grants } = (await world.call('grants.list', {})) as { grants: { id: string; state: string }[] };
    await world.call('grants.revoke', { id: grants[0]!.id });
    expect([await opens(two.access_token), (await refresh(two.refresh_token)).status]).toEqual([401, 400]);
    expect((await world.open()).status).toBe(200);
    const three = await world.tokens();
    const own = await (await world.browser.get(`${world.origin}/oauth/grants`)).text();
    const field = (name: string): string => new RegExp(`name="${name}" value="([^"]+)"`).exec(own)![1]!;
    const cookie = [...world.browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const body = new URLSearchParams({ csrf: field('csrf'), grant: field('grant') });
    await fetch(`${world.origin}/oauth/grants`, { method: 'POST', body, headers: { cookie }, redirect: 'manual' });
    expect(await opens(three.access_token)).toBe(401);
    const four = await world.tokens();
    await world.store.people.setRole(LIVE, world.person, 'viewer');
    expect([await opens(four.access_token), (await refresh(four.refresh_token)).status]).toEqual([401, 400]);
  });

  it('statement 24: a program acts as an agent for its person, and neither approves nor changes secrets', async () => {
    await world.close();
    world = await openWorld('admin', 12);
    const { access_token, scope } = await world.tokens({
      resource: world.resource('rest'),
      scope: 'read write operate',
    });
    expect(scope).toBe('read write operate');
    const at = { headers: { 'fairlead-on-behalf-of': 'prn_boss', 'fairlead-agent-client': 'other' } };
    expect((await world.rest('/v1/jobs', access_token, at)).status).toBe(200);
    for (const path of ['/v1/keys', '/v1/people', '/v1/grants']) {
      expect((await world.rest(path, access_token)).status, path).toBe(403);
    }
    const live = { headers: { 'fairlead-environment': 'live' } };
    expect((await world.rest('/v1/jobs', access_token, live)).status).toBe(400);
    const line = (await world.entries(SANDBOX)).find(({ action }) => action === 'jobs.list');
    expect(line).toMatchObject({
      actor: { type: 'agent', id: expect.stringMatching(/^grt_/) as string },
      onBehalfOf: { id: world.person },
    });
  });
});

describe('statement 25: a person decides, on a page of ours, for one program', () => {
  it('statement 25: the page names hosts, scopes in words and where the answer goes; nobody can frame it', async () => {
    const name = '\u202eevil "><script>alert(1)</script>';
    world.net.on(`GET ${CLIENT}`, () => ({ body: { client_id: CLIENT, client_name: name, redirect_uris: [BACK] } }));
    const answer = await world.open();
    const text = await answer.text();
    for (const part of ['app.example asks for access', 'ada@example.com', 'see what is here', 'send in your name']) {
      expect(text).toContain(part);
    }
    expect(text).toContain('The answer goes to app.example');
    expect(text).not.toMatch(/<script|\u202e/);
    expect([answer.headers.get('x-frame-options'), answer.headers.get('content-security-policy')]).toEqual([
      'DENY',
      expect.stringMatching(/frame-ancestors 'none'/),
    ]);
    expect(answer.headers.get('content-security-policy')).toContain("form-action 'self' https://app.example;");
  });

  it('statement 25: nothing but this page in this browser agrees, once', async () => {
    const text = await (await world.open()).text();
    const wrong = { csrf: 'x'.repeat(43) };
    expect((await world.press(text, 'allow', wrong)).status).toBe(401);
    const cookie = `fairlead-session=${world.browser.cookies.get('fairlead-session')}`;
    const foreign = { headers: { cookie, origin: 'https://evil.example' } };
    expect((await world.press(text, 'allow', {}, foreign)).status).toBe(403);
    const cross = { headers: { cookie, 'sec-fetch-site': 'cross-site' } };
    expect((await world.press(text, 'allow', {}, cross)).status).toBe(403);
    // Keys, tokens and agents have no such page.
    for (const token of [LOCAL_TOKEN, await (await world.gateway.login()).sessions.issueAccess(world.person)]) {
      const by = { headers: { authorization: `Bearer ${token}` } };
      expect((await world.press(text, 'allow', {}, by)).status).toBe(401);
    }
    // Somebody else's session, with the token of their own page.
    const eve = new Browser();
    eve.cookies.set('fairlead-session', await (await world.gateway.login()).sessions.beginCookie(world.person));
    const other = await (await world.open({}, eve)).text();
    const asked = /name="asked" value="([^"]+)"/.exec(other)![1]!;
    expect((await world.press(text, 'allow', { asked })).status).toBe(403);
    expect((await world.entries()).filter(({ action }) => action === 'grants.consent')).toEqual([]);
    expect((await world.press(text, 'allow')).status).toBe(303);
    expect((await world.press(text, 'allow')).status).toBe(403);
  });

  it('statement 25: a no is told to the program and written down, and so is a page that nobody answers in time', async () => {
    const to = back(await world.press(await (await world.open()).text(), 'deny'));
    expect([to.searchParams.get('error'), to.searchParams.get('iss')]).toEqual(['access_denied', world.origin]);
    expect(await world.entries()).toContainEqual(
      expect.objectContaining({ action: 'grants.refuse', status: 'denied' }),
    );
    const late = await (await world.open()).text();
    await world.clock.advance(10 * 60_000);
    expect((await world.press(late, 'allow')).status).toBe(403);
  });

  it('statement 25: a yes is remembered for just this: not for more, and not where anybody could be listening', async () => {
    await world.tokens();
    const again = back(await world.open());
    expect([again.origin, again.searchParams.has('code')]).toEqual(['https://app.example', true]);
    expect((await world.open({ scope: 'read' })).status).toBe(200);
    expect((await world.open({ resource: world.resource('rest') })).status).toBe(200);
    expect((await world.open({ prompt: 'consent' })).status).toBe(200);
    const local = { redirect_uri: 'http://127.0.0.1:4711/back' };
    await world.allow(local);
    const page = await world.open(local);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('You have allowed this before')]);
  });

  it('statement 25: mix-up: every answer says who gives it, and a challenge of another program gets nothing', async () => {
    const to = await world.allow({ code_challenge: challengeOf('a'.repeat(43)) });
    expect(to.searchParams.get('iss')).toBe(world.origin);
    expect((await world.redeem(to, { code_verifier: VERIFIER })).status).toBe(400);
  });

  it('statement 25: without a role there is nothing to give; with one, never more than it covers', async () => {
    await world.store.people.setRole(LIVE, world.person, undefined);
    const { sessions } = await world.gateway.login();
    world.browser.cookies.set('fairlead-session', await sessions.beginCookie(world.person));
    expect((await world.open()).status).toBe(403);
    await world.store.people.setRole(LIVE, world.person, 'approver');
    world.browser.cookies.set('fairlead-session', await sessions.beginCookie(world.person));
    expect(back(await world.open({ scope: 'write' })).searchParams.get('error')).toBe('access_denied');
    expect((await world.tokens()).scope).toBe('read');
  });
});

describe('statement 26: where tokens may stand', () => {
  it('statement 26: parameters of an exchange stand in its body, as a form, and too many of them are refused', async () => {
    const post = (path: string, init: RequestInit) => fetch(`${world.origin}${path}`, { method: 'POST', ...init });
    expect((await post('/oauth/token?grant_type=refresh_token', { body: new URLSearchParams() })).status).toBe(400);
    expect((await post('/oauth/token', { body: '{}', headers: { 'content-type': 'application/json' } })).status).toBe(
      400,
    );
    expect((await world.token({ grant_type: 'password', client_id: CLIENT })).json['error']).toBe(
      'unsupported_grant_type',
    );
    expect((await world.token({ grant_type: 'refresh_token' })).status).toBe(401);
    const all = await Promise.all(Array.from({ length: 140 }, () => refresh('x').then(({ status }) => status)));
    expect(all).toContain(429);
  });
});
