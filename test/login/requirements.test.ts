/** Requirements of sign-in, sessions and OAuth that no one page or flow has for itself; each test names its own. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.js';
import { CONNECTORS } from '../../src/connectors/index.js';
import { problemOfAuth } from '../../src/core/auth-metadata.js';
import type { ConnectorDefinition } from '../../src/core/connector.js';
import { isAppError } from '../../src/core/errors.js';
import type { Principal } from '../../src/core/principal.js';
import { problemOfRedirect } from '../../src/core/return-path.js';
import { loginMount } from '../../src/doors/http/index.js';
import { cookie, SESSION, signedInBy } from '../../src/doors/http/session-cookie.js';
import { operationNamed, OPERATIONS, operationTable, runOperation } from '../../src/operations/index.js';
import { FRESH_MS, FRESH_OPERATIONS } from '../../src/operations/fresh-sign-in.js';
import { createSetting, type Setting } from '../oauth/setting.js';

const LIVE = { tenant: 'default', environment: 'live' } as const;
const DAY_MS = 86_400_000;

let setting: Setting;
beforeEach(async () => {
  setting = await createSetting();
  const person = { id: 'prn_ada', email: 'ada@gmail.com', isVerified: true, facts: '{}' };
  await setting.store.people.add(LIVE, person, { iss: 'i', sub: 's', provider: 'google' });
  await setting.store.people.setRole(LIVE, 'prn_ada', 'admin');
});
afterEach(() => setting.close());

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return await promise.then(
    () => 'done',
    (error: unknown) => (isAppError(error) ? error.code : String(error)),
  );
}

describe('S-404: metadata of an authorization server', () => {
  const google = CONNECTORS.find(({ provider }) => provider === 'google')!;
  const connector = { ...google, provider: 'globex', title: 'Globex' } as ConnectorDefinition;
  const read = (auth: object) => () =>
    readConfig({
      variables: {},
      cwd: '/work',
      file: { path: 'f', value: { connectors: [{ ...connector, auth: { ...google.auth, ...auth } }] } },
    });

  it('S-404: the connectors that come with Fairlead pass, and so does a copy of one', () => {
    const problems = CONNECTORS.flatMap(({ auth }) => (auth === undefined ? [] : (problemOfAuth(auth) ?? [])));
    expect(problems).toEqual([]);
    expect(read({})).not.toThrow();
  });

  it.each([
    [{ authorization_endpoint: 'javascript:alert(1)//' }],
    [{ authorization_endpoint: 'data:text/html,<script>alert(1)</script>' }],
    [{ authorization_endpoint: 'http://accounts.google.com/o/oauth2/v2/auth' }],
    [{ authorization_endpoint: 'file:///etc/passwd' }],
    [{ authorization_endpoint: 'https://accounts.google.com@evil.example/auth' }],
    [{ authorization_endpoint: 'https://accounts.google.com/auth\n.evil.example' }],
    [{ authorization_endpoint: undefined }],
    [{ token_endpoint: 'http://169.254.169.254/latest' }],
    [{ token_endpoint: 'https://oauth2.googleapis.com/token#x' }],
    [{ token_endpoint: '//oauth2.googleapis.com/token' }],
    [{ refresh_endpoint: 'ftp://oauth2.googleapis.com/token' }],
    [{ revocation: { ...google.auth!.revocation, endpoint: 'javascript:1' } }],
    [{ issuer: 'https://accounts.google.com?a=b' }],
    [{ issuer: 'http://accounts.google.com' }],
    [{ issuer: 'https://evil.example' }],
    [{ login: { ...google.auth!.login, jwks_uri: 'http://www.googleapis.com/certs' } }],
    [{ code_challenge_methods_supported: ['plain'] }],
  ])('S-404: %j is refused when the configuration is read', (auth) => {
    expect(read(auth)).toThrow(/globex.*auth:/);
  });
});

it('S-402: state and nonce are 256 bits, and the store sees hashes alone', async () => {
  const login = loginMount(setting.gateway);
  const sent = await login.fetch(new Request(`${setting.origin}/login/google`));
  const query = new URL(sent.headers.get('location')!).searchParams;
  for (const name of ['state', 'nonce']) expect(Buffer.from(query.get(name)!, 'base64url')).toHaveLength(32);
  expect(await setting.store.system.redeemTicket('login', Buffer.from(query.get('state')!, 'base64url'))).toBe(
    undefined,
  );
});

it('S-410: a custom scheme is a reversed domain, and http is for this machine alone', () => {
  const fine = ['com.example.app:/x', 'https://app.example.com/x', 'http://127.0.0.1/x', 'http://[::1]/x'];
  expect(fine.map(problemOfRedirect)).toEqual([undefined, undefined, undefined, undefined]);
  const bad = ['myapp:/x', 'javascript:alert(1)', 'data:text/html,x', 'file:///x', 'http://app.example.com/x', 'x'];
  const hosts = ['https://a;frame-ancestors/x', 'https://a,b/x', 'https://*.example.com/x', "https://'self'/x"];
  for (const one of [...bad, ...hosts, 'https://app.example.com/#x', 'https://a@app.example.com/']) {
    expect(problemOfRedirect(one), one).toBeTypeOf('string');
  }
});

it('S-501: keys change each month; a token of the one before is verified as long as it lives', async () => {
  const { sessions, keys } = await setting.gateway.login();
  const first = (await keys.all())[0]!.kid;
  await setting.clock.advance(30 * DAY_MS - 1000);
  const token = await sessions.issueAccess('prn_ada');
  await setting.clock.advance(2_000);
  const both = await keys.all();
  expect([both.length, both[0]!.kid === first, both[1]!.kid]).toEqual([2, false, first]);
  expect(await sessions.ofAccessToken(token)).toBeDefined();
  await setting.clock.advance(31 * DAY_MS);
  expect((await keys.all()).map(({ kid }) => kid)).not.toContain(first);
});

it('S-502: of many who come with one refresh token at once, at most one is answered, and none goes on', async () => {
  const { sessions } = await setting.gateway.login();
  const verifier = 'v'.repeat(43);
  const { createHash } = await import('node:crypto');
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const pair = (await sessions.redeemCode(await sessions.issueCode('prn_ada', challenge), verifier))!;
  const all = await Promise.all(Array.from({ length: 8 }, () => sessions.refresh(pair.refresh_token)));
  const answered = all.filter((one) => one !== undefined);
  expect(answered.length).toBeLessThanOrEqual(1);
  for (const { access_token, refresh_token } of [pair, ...answered]) {
    expect(await sessions.ofAccessToken(access_token)).toBe(undefined);
    expect(await sessions.refresh(refresh_token)).toBe(undefined);
  }
});

it('S-503: over https the cookie is bound to this host, and one of another name is nobody', async () => {
  const gateway = { ...setting.gateway, address: () => 'https://fairlead.example' };
  expect(cookie(gateway, SESSION, 'v', 43_200)).toBe(
    '__Host-fairlead-session=v; Path=/; HttpOnly; SameSite=Lax; Max-Age=43200; Secure',
  );
  const value = await (await setting.gateway.login()).sessions.beginCookie('prn_ada');
  expect(Buffer.from(value, 'base64url')).toHaveLength(32);
  const by = async (text: string) => (await signedInBy(gateway, { headers: { cookie: text } }))?.person.id;
  expect(await by(`__Host-fairlead-session=${value}`)).toBe('prn_ada');
  expect(await by(`fairlead-session=${value}`)).toBe(undefined);
  expect(await by(`__Host-fairlead-session=${value}; __Host-fairlead-session=${value}`)).toBe(undefined);
  // After a change of role nothing goes on under the old one.
  await setting.store.people.setRole(LIVE, 'prn_ada', 'viewer');
  expect(await by(`__Host-fairlead-session=${value}`)).toBe(undefined);
});

describe('S-504: requests that other sites make', () => {
  it('S-504: 28 forms and fetches of other sites are refused', async () => {
    const value = await (await setting.gateway.login()).sessions.beginCookie('prn_ada');
    const { csrfToken } = await import('../../src/auth/index.js');
    const csrf = csrfToken(value);
    const { origin } = setting;
    const port = new URL(origin).port;
    const sites: Record<string, string>[] = [
      ...['https://evil.example', 'null', `${origin}.evil.example`, `${origin}0`, `https://127.0.0.1:${port}`].map(
        (one) => ({ origin: one }),
      ),
      ...[`http://localhost:${port}`, 'http://evil.example', `${origin}/`, origin.toUpperCase()].map((one) => ({
        origin: one,
      })),
      ...['cross-site', 'same-site', 'unknown'].map((one) => ({ 'sec-fetch-site': one })),
      { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' },
      { origin, 'sec-fetch-site': 'cross-site' },
    ];
    const login = loginMount(setting.gateway);
    let refused = 0;
    for (const path of ['/login/logout', '/login/admin']) {
      for (const headers of sites) {
        const init = { method: 'POST', body: new URLSearchParams({ csrf, code: 'x' }) };
        const request = new Request(origin + path, init);
        for (const [name, text] of Object.entries({ cookie: `fairlead-session=${value}`, ...headers })) {
          request.headers.set(name, text);
        }
        const answer = await login.fetch(request);
        expect(answer.status, JSON.stringify([path, headers])).toBe(403);
        refused += 1;
      }
    }
    expect(refused).toBe(28);
    expect(await (await setting.gateway.login()).sessions.ofCookie(value)).toBeDefined();
  });

  it('S-504: no GET of any route changes anything', () => {
    const table = operationTable(CONNECTORS);
    const changing = table.filter(({ http, effect }) => http.method === 'GET' && effect !== 'read');
    expect(table.length).toBeGreaterThan(100);
    expect(changing.map(({ name }) => name)).toEqual([]);
  });
});

describe('S-506: what is risky takes a fresh sign-in', () => {
  const inputs: Record<string, object> = {
    'keys.create': { name: 'x' },
    'sources.rotateSecret': { id: 'src_x' },
    'audit.export': {},
    'sources.create': { provider: 'github', unsigned: 'a test of ours' },
    'connections.disconnect': { id: 'con_x' },
    'events.replay': { since: '24h' },
    'dead.replay': { since: '24h' },
    'people.role': { id: 'prn_x', role: 'viewer' },
    'tenants.delete': { name: 'x' },
  };
  const by = (signedInAtMs: number | undefined, more: Partial<Principal> = {}): Principal => ({
    type: 'person',
    id: 'prn_ada',
    scopes: ['read', 'write', 'operate', 'admin', 'approve'],
    via: 'rest',
    ...(signedInAtMs !== undefined && { signedInAtMs }),
    ...more,
  });
  const run = (name: string, principal: Principal, input = inputs[name]!) =>
    codeOf(runOperation(setting.gateway, operationNamed(name), { scope: LIVE, principal }, input));

  it('S-506: reveal, export, unverified sources, disconnect, large replays: refused later than 10 minutes', async () => {
    expect(Object.keys(inputs).sort()).toEqual([...FRESH_OPERATIONS].sort());
    const nowMs = setting.clock.nowMs();
    for (const name of FRESH_OPERATIONS) {
      expect(await run(name, by(nowMs - FRESH_MS)), name).toBe('sign_in_again');
      expect(await run(name, by(undefined)), name).toBe('sign_in_again');
      expect(await run(name, by(nowMs - FRESH_MS + 1000)), name).not.toBe('sign_in_again');
    }
  });

  it('S-506: what is not risky, and who has no session, is not asked', async () => {
    const old = by(setting.clock.nowMs() - FRESH_MS);
    expect(await run('sources.create', old, { provider: 'github' })).toBe('done');
    expect(await run('events.replay', old, { ids: ['evt_x'] })).toBe('not_found');
    expect(await run('events.list', old, {})).toBe('done');
    const hundred = Array.from({ length: 101 }, (_, at) => `evt_${at}`);
    expect(await run('events.replay', old, { ids: hundred })).toBe('sign_in_again');
    expect(await run('events.replay', by(undefined, { id: 'key_x', type: 'api_key' }))).toBe('done');
  });

  it('S-506: the time is that of the sign-in, not of the token', async () => {
    const { sessions } = await setting.gateway.login();
    const { withPeople, knownCredentials } = await import('../../src/doors/http/index.js');
    const identify = withPeople(knownCredentials({ local: 'l'.repeat(40) }), async () => sessions);
    const signedInAtMs = setting.clock.nowMs();
    const token = await sessions.issueAccess('prn_ada');
    await setting.clock.advance(60_000);
    const stated = { principalType: undefined, agentClient: undefined };
    expect((await identify(`Bearer ${token}`, stated, 'rest')).principal.signedInAtMs).toBe(signedInAtMs);
  });
});

it('every operation that takes a fresh sign-in is there', () => {
  const names = OPERATIONS.map(({ name }) => name);
  expect(FRESH_OPERATIONS.filter((name) => !names.includes(name))).toEqual([]);
});
