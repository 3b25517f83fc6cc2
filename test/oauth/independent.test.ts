/** Connecting, with authorization servers that others wrote: oidc-provider and oauth2-mock-server, over real sockets. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OAuth2Server } from 'oauth2-mock-server';
import { afterEach, describe, expect, it } from 'vitest';
import type { ConnectorDefinition } from '../../src/core/connector.js';
import type { HttpRequest } from '../../src/core/ports.js';
import { beginAt, Browser, createSetting, type Setting } from './setting.js';

/** It brings no types. */
const OIDC_PROVIDER: string = 'oidc-provider';
const BASE = 'https://identity.acme.example';

/** A provider that is nothing but its authorization server. */
function connector(issuer: string, paths: { authorize: string; token: string }): ConnectorDefinition {
  return {
    apiVersion: 1,
    provider: 'acme',
    title: 'Acme',
    hosts: ['identity.acme.example'],
    baseUrl: BASE,
    envAliases: [],
    actions: {},
    classify: ({ status }) =>
      status < 400 ? undefined : ({ kind: 'auth', code: 'refused', title: 'refused', retryable: false } as never),
    auth: {
      issuer,
      authorization_endpoint: BASE + paths.authorize,
      token_endpoint: BASE + paths.token,
      token_endpoint_auth_method: 'client_secret_basic',
      code_challenge_methods_supported: ['S256'],
      scope_separator: ' ',
      scopes: { always: ['openid'] },
      refresh: { tokens: 'kept', source: 'OpenID Connect' },
      registration: 'https://identity.acme.example/apps',
    },
  };
}

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function connecting(issuer: string, paths: { authorize: string; token: string }): Promise<Setting> {
  const setting = await createSetting({
    variables: { ACME_CLIENT_ID: 'fairlead', ACME_CLIENT_SECRET: 'known-to-both-71c2e90b44' },
    file: { connectors: [connector(issuer, paths)], connections: { acme: { baseUrl: issuer } } },
  });
  ends.push(() => setting.close());
  setting.net.on(`* ${issuer}`, async ({ method, url, headers, body }: HttpRequest) => {
    const answer = await fetch(url, { method, headers, ...(body && { body: Buffer.from(body) }), redirect: 'manual' });
    return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() };
  });
  return setting;
}

/** Goes from address to address, and does on each page what a person would, until `stop` says that it is ours. */
async function walk(browser: Browser, from: string, stop: string, fill: Record<string, string>): Promise<string> {
  let at = from;
  for (let steps = 0; steps < 12 && !at.startsWith(stop); steps++) {
    let answer = await browser.get(at);
    if (answer.headers.get('location') === null) {
      const html = await answer.text();
      const action = /action="([^"]+)"/.exec(html)?.[1] ?? at;
      const prompt = /name="prompt" value="([^"]+)"/.exec(html)?.[1] ?? '';
      const body = new URLSearchParams({ prompt, ...fill });
      answer = await browser.get(new URL(action, at).href, { method: 'POST', body });
    }
    at = new URL(answer.headers.get('location') ?? 'about:blank', at).href;
  }
  return at;
}

async function begun(setting: Setting, browser: Browser): Promise<URL> {
  const { url } = (await setting.call('connections.connect', { provider: 'acme' })) as { url: string };
  return await beginAt(browser, url);
}

const states = async (setting: Setting): Promise<string[]> =>
  ((await setting.call('connections.list', {})) as { connections: { state: string }[] }).connections.map(
    ({ state }) => state,
  );

describe('oidc-provider', () => {
  async function start(redirectUri: () => string): Promise<string> {
    const { default: Provider } = (await import(OIDC_PROVIDER)) as unknown as {
      default: new (
        issuer: string,
        options: object,
      ) => { callback(): Parameters<typeof createServer>[1]; on(event: string, listener: () => void): void };
    };
    let handle: ((...given: never[]) => void) | undefined;
    const server: Server = createServer((request, response) => handle?.(request as never, response as never));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const client = {
      client_id: 'fairlead',
      client_secret: 'known-to-both-71c2e90b44',
      get redirect_uris() {
        return [redirectUri()];
      },
    };
    ends.push(
      () => server.close(),
      () => server.closeAllConnections(),
    );
    setUp = () => {
      const provider = new Provider(issuer, {
        clients: [{ ...client }],
        features: { devInteractions: { enabled: true } },
      });
      handle = provider.callback() as never;
    };
    return issuer;
  }
  let setUp = (): void => undefined;

  it('connects, with PKCE and the issuer of RFC 9207 checked, and takes each code once', async () => {
    let origin = '';
    const issuer = await start(() => `${origin}/auth/acme/callback`);
    const setting = await connecting(issuer, { authorize: '/auth', token: '/token' });
    origin = setting.origin;
    setUp();
    const browser = new Browser();
    const back = await walk(browser, (await begun(setting, browser)).href, setting.origin, {
      login: 'ada',
      password: 'x',
    });
    expect(new URL(back).searchParams.get('iss')).toBe(issuer);
    const end = await browser.follow(back);
    expect(`${end.pathname}${end.search}`).toBe('/settings/connections?success=acme');
    expect(await states(setting)).toEqual(['connected']);

    const other = await begun(setting, browser);
    const again = new URL(back);
    again.searchParams.set('state', other.searchParams.get('state')!);
    expect((await browser.follow(again.href)).searchParams.get('error')).toBe('code_refused');
    const mixed = new URL(back);
    mixed.searchParams.set('state', (await begun(setting, browser)).searchParams.get('state')!);
    mixed.searchParams.set('iss', 'https://evil.example');
    expect((await browser.follow(mixed.href)).searchParams.get('error')).toBe('issuer_mismatch');
  });

  it('says when the person aborts', async () => {
    let origin = '';
    const issuer = await start(() => `${origin}/auth/acme/callback`);
    const setting = await connecting(issuer, { authorize: '/auth', token: '/token' });
    origin = setting.origin;
    setUp();
    const browser = new Browser();
    const first = await browser.get((await begun(setting, browser)).href);
    const page = new URL(first.headers.get('location')!, issuer).href;
    const back = await walk(browser, `${page}/abort`, setting.origin, {});
    expect((await browser.follow(back)).searchParams.get('error')).toBe('access_denied');
    expect(await states(setting)).toEqual([]);
  });
});

describe('oauth2-mock-server', () => {
  it('connects, and says an answer that is none', async () => {
    const server = new OAuth2Server();
    await server.issuer.keys.generate('RS256');
    await server.start(0, '127.0.0.1');
    ends.push(() => server.stop());
    const issuer = `http://127.0.0.1:${server.address().port}`;
    const setting = await connecting(issuer, { authorize: '/authorize', token: '/token' });
    const browser = new Browser();
    const back = await walk(browser, (await begun(setting, browser)).href, setting.origin, {});
    const end = await browser.follow(back);
    expect(end.searchParams.get('success')).toBe('acme');
    expect(await states(setting)).toEqual(['connected']);

    server.service.once('beforeResponse', (answer: { body: unknown; statusCode: number }) => {
      answer.body = { error: 'invalid_grant' };
      answer.statusCode = 400;
    });
    const next = await walk(browser, (await begun(setting, browser)).href, setting.origin, {});
    expect((await browser.follow(next)).searchParams.get('error')).toBe('code_refused');
  });
});
