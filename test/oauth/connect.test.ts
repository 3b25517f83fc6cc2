import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAppError } from '../../src/core/errors.js';
import { operationNamed, runOperation } from '../../src/operations/index.js';
import { Browser, begin, beginAt, createSetting, SANDBOX, type Setting } from './setting.js';

let setting: Setting;
beforeEach(async () => void (setting = await createSetting()));
afterEach(() => setting.close());

/** A Slack that gives what it is asked for. */
function slack(
  answer: object = {
    ok: true,
    access_token: 'xoxb-one',
    token_type: 'bot',
    scope: 'channels:read,users:read',
    team: { id: 'T1' },
  },
) {
  const asked: URLSearchParams[] = [];
  setting.net.on('POST https://slack.com/api/oauth.v2.access', ({ body }) => {
    asked.push(new URLSearchParams(new TextDecoder().decode(body)));
    return { body: answer };
  });
  setting.net.on('POST https://slack.com/api/auth.test', () => ({
    body: { ok: true, team: 'Acme', team_id: 'T1', user: 'bot', user_id: 'U1', url: 'https://acme.slack.com/' },
  }));
  return asked;
}

const list = async () =>
  ((await setting.call('connections.list', {})) as { connections: { id: string; state: string; account?: string }[] })
    .connections;

describe('connecting an account', () => {
  it('goes from a link over the provider to a connection that says whose account it is', async () => {
    const asked = slack();
    const to = await setting.connect('slack', { scope: ['channels:read'] });
    expect(`${to.pathname}${to.search}`).toBe('/settings/connections?success=slack');
    expect(asked).toHaveLength(1);
    expect(asked[0]!.get('client_secret')).toBe('hush-slack-4f9a1c77');
    expect(await list()).toMatchObject([{ state: 'connected', account: expect.stringContaining('Acme') }]);
    expect(await (await fetch(to)).text()).toContain('Slack is connected');
  });

  it('S-401: asks for a code, with PKCE S256 wherever the provider takes it', async () => {
    for (const [provider, takesPkce] of [
      ['google', true],
      ['github', true],
      ['linear', true],
      ['figma', true],
      ['slack', false],
      ['notion', false],
      ['stripe', false],
    ] as const) {
      const { url } = (await setting.call('connections.connect', { provider })) as { url: string };
      const at = await beginAt(new Browser(), url);
      expect(at.searchParams.get('response_type')).toBe('code');
      expect(at.searchParams.get('code_challenge_method'), provider).toBe(takesPkce ? 'S256' : null);
      expect(at.searchParams.get('redirect_uri')).toBe(`${setting.origin}/auth/${provider}/callback`);
      if (provider === 'google') expect(at.searchParams.get('access_type')).toBe('offline');
    }
  });

  it('S-402: a state is good once', async () => {
    const asked = slack();
    const browser = new Browser();
    let state = '';
    let cookies: [string, string][] = [];
    await setting.connect('slack', {}, browser, (given) => {
      cookies = [...browser.cookies];
      return `code=good&state=${(state = given)}`;
    });
    for (const [name, value] of cookies) browser.cookies.set(name, value);
    const again = await browser.follow(`${setting.origin}/auth/slack/callback?code=good&state=${state}`);
    expect(again.searchParams.get('error')).toBe('state_invalid');
    expect(asked).toHaveLength(1);
  });

  it('S-402: a state ends after ten minutes', async () => {
    slack();
    const browser = new Browser();
    const { url } = (await setting.call('connections.connect', { provider: 'slack' })) as { url: string };
    const state = await begin(browser, url);
    await setting.clock.advance(10 * 60_000);
    const to = await browser.follow(`${setting.origin}/auth/slack/callback?code=good&state=${state}`);
    expect(to.searchParams.get('error')).toBe('state_invalid');
  });

  it('S-402: a callback that an attacker began does nothing in the browser of another', async () => {
    const asked = slack();
    const { url } = (await setting.call('connections.connect', { provider: 'slack' })) as { url: string };
    const state = await begin(new Browser(), url);
    const victim = new Browser();
    const answer = await victim.get(`${setting.origin}/auth/slack/callback?code=evil&state=${state}`);
    expect(answer.status).toBe(200);
    const name = (await setting.gateway.connecting()).flow.flowOf(state);
    victim.cookies.set(`fairlead-connect-${name}`, 'A'.repeat(43));
    const to = await victim.follow(`${setting.origin}/auth/slack/callback?code=evil&state=${state}`);
    expect(to.searchParams.get('error')).toBe('other_browser');
    expect(asked).toHaveLength(0);
    expect(await list()).toEqual([]);
  });

  it('the same account connected again renews the one connection; another person or account has one of its own', async () => {
    slack();
    await setting.connect('slack', { label: 'ours' });
    const [{ id } = { id: '' }] = await list();
    await setting.clock.advance(1_000);
    setting.net.on('POST https://slack.com/api/oauth.v2.access', () => ({
      body: { ok: true, access_token: 'xoxb-two', token_type: 'bot', scope: 'chat:write', team: { id: 'T1' } },
    }));
    const again = await setting.connect('slack', { scope: ['chat:write'] });
    expect(again.searchParams.get('success')).toBe('slack');
    const usable = async () => (await list()).filter(({ state }) => state !== 'disconnected');
    expect(await usable()).toMatchObject([{ id, state: 'connected', label: 'ours' }]);
    expect(await setting.call('connections.scopes', { id })).toMatchObject({ granted: ['chat:write'] });
    const sent: string[] = [];
    setting.net.on('POST https://slack.com/api/auth.test', ({ headers }) => {
      sent.push(headers['authorization'] ?? '');
      return {
        body: { ok: true, team: 'Acme', team_id: 'T1', user: 'bot', user_id: 'U1', url: 'https://a.slack.com/' },
      };
    });
    await setting.call('connections.test', { id });
    expect(sent).toEqual(['Bearer xoxb-two']);
    // Of somebody's own, and of another account.
    await setting.connect('slack', { user: 'ada' });
    await setting.clock.advance(1_000);
    await setting.connect('slack', { user: 'ada' });
    setting.net.on('POST https://slack.com/api/auth.test', () => ({
      body: { ok: true, team: 'Other', team_id: 'T2', user: 'bot', user_id: 'U1', url: 'https://b.slack.com/' },
    }));
    await setting.connect('slack');
    expect(await usable()).toHaveLength(3);
    // One that has to be connected again is, by anybody's ordinary link.
    const { stored } = await setting.gateway.connections();
    await stored.change(SANDBOX, id, undefined, (facts) => facts, 'needs_reconnect');
    slack();
    await setting.connect('slack');
    expect((await usable()).find((one) => one.id === id)).toMatchObject({ state: 'connected' });
    expect(await usable()).toHaveLength(3);
  });

  it('another account in place of the one that is to be reconnected leaves the connection as it was', async () => {
    slack();
    await setting.connect('slack');
    const [{ id } = { id: '' }] = await list();
    setting.net.on('POST https://slack.com/api/oauth.v2.access', () => ({
      body: { ok: true, access_token: 'xoxb-other', token_type: 'bot', scope: 'chat:write', team: { id: 'T2' } },
    }));
    const sent: string[] = [];
    setting.net.on('POST https://slack.com/api/auth.test', ({ headers }) => {
      const token = headers['authorization'] ?? '';
      sent.push(token);
      const team = token.endsWith('xoxb-other') ? { team: 'Other', team_id: 'T2' } : { team: 'Acme', team_id: 'T1' };
      return { body: { ok: true, ...team, user: 'bot', user_id: 'U1', url: 'https://a.slack.com/' } };
    });
    const refused = await setting.connect('slack', { reconnect: id });
    expect(refused.searchParams.get('error')).toBe('wrong_account');
    expect((await list()).filter(({ state }) => state !== 'disconnected')).toMatchObject([{ id, state: 'connected' }]);
    sent.length = 0;
    await setting.call('connections.test', { id });
    expect(sent).toEqual([expect.not.stringContaining('xoxb-other')]);
  });

  it('S-402: 50 flows in one browser all succeed', async () => {
    const asked = slack();
    const browser = new Browser();
    const all = await Promise.all(Array.from({ length: 50 }, () => setting.connect('slack', {}, browser)));
    expect(all.every((to) => to.searchParams.get('success') === 'slack')).toBe(true);
    expect(asked).toHaveLength(50);
    expect((await list()).filter(({ state }) => state === 'connected')).toHaveLength(1);
  });

  it('S-403: a code that comes to the address of another provider, or names another issuer, goes nowhere', async () => {
    const browser = new Browser();
    for (const [provider, query, reason] of [
      ['github', 'code=stolen', 'state_invalid'],
      ['google', 'code=stolen&iss=https%3A%2F%2Fevil.example', 'issuer_mismatch'],
    ] as const) {
      const { url } = (await setting.call('connections.connect', { provider: 'google' })) as { url: string };
      const state = await begin(browser, url);
      const to = await browser.follow(`${setting.origin}/auth/${provider}/callback?${query}&state=${state}`);
      expect(to.searchParams.get('error')).toBe(reason);
    }
    expect(setting.net.requests.filter(({ method }) => method === 'POST')).toEqual([]);
  });

  it('says a denial and a failed last step in words, with an id', async () => {
    slack({ ok: false, error: 'invalid_code' });
    const denied = await setting.connect('slack', {}, new Browser(), (state) => `error=access_denied&state=${state}`);
    expect(denied.searchParams.get('error')).toBe('access_denied');
    const refused = await setting.connect('slack');
    expect(refused.searchParams.get('error')).toBe('code_refused');
    const text = await (await fetch(refused)).text();
    expect(text).toContain('gave no access in the last step');
    expect(text).toMatch(/Id: req_[0-9a-z]{26}/);
    const injected = await (await fetch(`${setting.origin}/settings/connections?error=<script>&id=<b>`)).text();
    expect(injected).not.toMatch(/<script>|<b>/);
  });

  it('S-405: the browser is sent to the configured address alone', async () => {
    for (const returnTo of [
      '//evil.example',
      '/\\evil.example',
      'javascript:alert(1)',
      '/\tevil',
      'https://a@evil.example',
      'data:text/html,x',
    ]) {
      await expect(createSetting({ file: { connect: { returnTo } } }), returnTo).rejects.toSatisfy((error) =>
        isAppError(error, 'config_invalid'),
      );
    }
    const other = await createSetting({ file: { connect: { returnTo: '/settings/integrations' } } });
    const to = await other.connect(
      'slack',
      {},
      new Browser(),
      (state) => `error=access_denied&state=${state}&returnTo=//evil.example`,
    );
    expect(to.origin + to.pathname).toBe(`${other.origin}/settings/integrations`);
    other.close();
  });

  it('a link is for one provider, ends, and cannot be changed', async () => {
    const { url } = (await setting.call('connections.connect', { provider: 'slack', minutes: 1 })) as { url: string };
    expect((await fetch(url)).status).toBe(200);
    expect((await fetch(url.replace('/connect/slack', '/connect/github'))).status).toBe(403);
    expect((await fetch(`${url.slice(0, -4)}AAAA`)).status).toBe(403);
    await setting.clock.advance(60_000);
    expect((await fetch(url)).status).toBe(403);
  });

  it('a link of a tenant that was deleted is over, and so is what was begun by it', async () => {
    const asked = slack();
    await setting.call('tenants.create', { name: 'acme' });
    const { links } = await setting.gateway.connecting();
    const theirs = { scope: { ...SANDBOX, tenant: 'acme' }, createdBy: 'local', wanted: [] };
    const url = `${setting.origin}/connect/slack?link=${links.make('slack', theirs, 60_000)}`;
    const browser = new Browser();
    const state = await begin(browser, url);
    await setting.call('tenants.delete', { name: 'acme' });
    expect((await fetch(url)).status).toBe(403);
    expect((await beginAt(browser, url)).href).toBe('about:blank');
    const back = await browser.follow(`${setting.origin}/auth/slack/callback?code=good&state=${state}`);
    expect([back.searchParams.get('error'), asked.length]).toEqual(['state_invalid', 0]);
  });

  it('a tenant that is deleted while its code is exchanged keeps nothing of what is granted', async () => {
    slack();
    await setting.call('tenants.create', { name: 'acme' });
    const scope = { ...SANDBOX, tenant: 'acme' };
    const { links } = await setting.gateway.connecting();
    const link = links.make('slack', { scope, createdBy: 'local', wanted: [] }, 60_000);
    const browser = new Browser();
    const state = await begin(browser, `${setting.origin}/connect/slack?link=${link}`);
    const revoked: string[] = [];
    setting.net.on('POST https://slack.com/api/auth.revoke', ({ headers }) => {
      revoked.push(String(headers['authorization']));
      return { body: { ok: true, revoked: true } };
    });
    setting.net.on('POST https://slack.com/api/oauth.v2.access', async () => {
      await setting.call('tenants.delete', { name: 'acme' });
      return {
        body: { ok: true, access_token: 'xoxb-late', token_type: 'bot', scope: 'channels:read', team: { id: 'T1' } },
      };
    });
    const back = await browser.follow(`${setting.origin}/auth/slack/callback?code=good&state=${state}`);
    expect(back.searchParams.get('error')).toBe('maker_over');
    const rows = (await setting.store.connections.list(scope, {}, { limit: 9 })).rows;
    expect(rows.map((row) => row.state)).toEqual(['disconnected']);
    expect(revoked).toEqual(['Bearer xoxb-late']);
  });

  it('a link is over once the key that made it is revoked, and so is what was begun by it', async () => {
    const asked = slack();
    const { id } = (await setting.call('keys.create', { name: 'app', scopes: ['admin'] })) as { id: string };
    const principal = { type: 'api_key', id, scopes: ['admin'], via: 'rest' } as const;
    const connect = operationNamed('connections.connect');
    const caller = { scope: SANDBOX, principal };
    const { url } = (await runOperation(setting.gateway, connect, caller, { provider: 'slack' })) as { url: string };
    const browser = new Browser();
    const state = await begin(browser, url);
    await setting.call('keys.revoke', { id });
    const answer = await browser.get(url);
    expect(answer.status).toBe(410);
    expect(await answer.text()).toMatch(/key was revoked.*Ask for a new link/);
    const link = new URL(url).searchParams.get('link')!;
    const posted = { method: 'POST', body: new URLSearchParams({ link }) };
    expect((await browser.get(url.split('?')[0]!, posted)).status).toBe(410);
    const back = await browser.follow(`${setting.origin}/auth/slack/callback?code=good&state=${state}`);
    expect([back.searchParams.get('error'), asked.length]).toEqual(['maker_over', 0]);
    expect(await (await fetch(back)).text()).toContain('This link is over');
  });

  it('a tenant that is deleted ends its connections at the provider, and is deleted whatever the provider says', async () => {
    slack();
    await setting.call('tenants.create', { name: 'acme' });
    const scope = { ...SANDBOX, tenant: 'acme' };
    const connectAs = async (user: string): Promise<void> => {
      const { links } = await setting.gateway.connecting();
      const link = links.make('slack', { scope, createdBy: 'local', wanted: [], user }, 60_000);
      const browser = new Browser();
      const state = await begin(browser, `${setting.origin}/connect/slack?link=${link}`);
      await browser.follow(`${setting.origin}/auth/slack/callback?code=good&state=${state}`);
    };
    for (const user of ['ada', 'bob', 'eve']) await connectAs(user);
    const ids = (await setting.store.connections.list(scope, {}, { limit: 9 })).rows.map(({ id }) => id);
    let asked = 0;
    setting.net.on('POST https://slack.com/api/auth.revoke', () => {
      asked += 1;
      if (asked === 1) return { ok: false, failure: { kind: 'timeout', sent: 'maybe', detail: 'test' } };
      return asked === 2 ? { status: 500, body: 'oops' } : { body: { ok: true, revoked: true } };
    });
    const { connections } = (await setting.call('tenants.delete', { name: 'acme' })) as {
      connections: { id: string; atProvider: string; note: string }[];
    };
    expect(connections.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
    expect(connections.map(({ atProvider }) => atProvider).toSorted()).toEqual(['failed', 'failed', 'revoked']);
    const log = (await setting.store.audit.search(scope, {}, { limit: 50 })).rows.map(({ record }) => record ?? '');
    const told = log.map((text) => JSON.parse(text)).filter(({ action }) => action === 'connection.revoke');
    expect(told.map(({ status, target }) => [target.id, status]).toSorted()).toEqual(
      connections.map(({ id, atProvider }) => [id, atProvider === 'revoked' ? 'succeeded' : 'failed']).toSorted(),
    );
    for (const { state } of (await setting.store.connections.list(scope, {}, { limit: 9 })).rows) {
      expect(state).toBe('disconnected');
    }
    for (const id of ids) expect(await setting.store.secrets.get(scope, 'connection', id)).toBe(undefined);
    expect(await setting.call('tenants.delete', { name: 'acme' })).toMatchObject({ connections: [] });
  });

  it('a state that is guessed is limited by address, and time gives the address back', async () => {
    slack();
    const guess = (at: number): Promise<Response> =>
      fetch(`${setting.origin}/auth/slack/callback?code=c&state=${String(at).padStart(43, 'g')}`, {
        redirect: 'manual',
      });
    const all: number[] = [];
    for (let at = 0; at < 62; at++) all.push((await guess(at)).status);
    expect(all.slice(0, 60).every((status) => status !== 429)).toBe(true);
    const refused = await guess(62);
    expect([all.at(-1), refused.status, refused.headers.get('retry-after')]).toEqual([429, 429, '1']);
    expect(await refused.text()).toContain('Connecting accounts from this address');
    await setting.clock.advance(5_000);
    expect((await setting.connect('slack')).search).toBe('?success=slack');
  });

  it('a form that is too long is 413, and what is left of it is not taken for the next request', async () => {
    const answer = await fetch(`${setting.origin}/connect/slack`, {
      method: 'POST',
      body: `link=${'a'.repeat(20_000)}`,
    });
    expect([answer.status, answer.headers.get('connection')]).toEqual([413, 'close']);
  });

  it('works at a terminal by the pasted address, and not by a browser', async () => {
    slack();
    const flow = (await setting.call('connections.authorize', { provider: 'slack' })) as {
      authorizationUrl: string;
      binding: string;
    };
    const state = new URL(flow.authorizationUrl).searchParams.get('state')!;
    const callback = `${setting.origin}/auth/slack/callback?code=good&state=${state}`;
    expect(await (await fetch(callback)).text()).toContain('Back to the terminal');
    const done = (await setting.call('connections.complete', {
      provider: 'slack',
      answer: callback,
      binding: flow.binding,
    })) as { id: string };
    expect(done.id).toMatch(/^con_/);
  });

  it('S-407: ends the access at the provider, then here, and says what failed there', async () => {
    slack();
    setting.net.on('POST https://slack.com/api/auth.revoke', () => ({ status: 500, body: 'oops' }));
    await setting.connect('slack');
    const [{ id } = { id: '' }] = await list();
    const { note } = (await setting.call('connections.disconnect', { id })) as { note: string };
    expect(note).toContain('that failed');
    expect(await setting.store.secrets.get({ tenant: 'default', environment: 'sandbox' }, 'connection', id)).toBe(
      undefined,
    );
    const audit = await setting.store.audit.search({ tenant: 'default', environment: 'sandbox' }, {}, { limit: 50 });
    const actions = audit.rows.map(({ record }) => record ?? '').filter((record) => /connection/.test(record));
    expect(actions.some((record) => record.includes('connection.revoke'))).toBe(true);
  });

  it('an action that lacks a scope says which, and nothing is sent', async () => {
    slack();
    await setting.connect('slack', { scope: ['channels:read'] });
    const [{ id } = { id: '' }] = await list();
    const shown = (await setting.call('connections.scopes', { id, action: ['sendMessage'] })) as {
      missing: string[];
      widen: string;
    };
    expect(shown.missing).toContain('chat:write');
    expect(shown.widen).toContain('--reconnect');
  });
});
