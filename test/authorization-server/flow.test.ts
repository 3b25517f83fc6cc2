/** Programs that others wrote go the whole way: the official client of the protocol, and oauth4webapi. */
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client, StreamableHTTPClientTransport, type OAuthClientProvider } from '@modelcontextprotocol/client';
import * as oauth from 'oauth4webapi';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { remoteDoor } from '../../src/compose/remote.js';
import { readConfig } from '../../src/config.js';
import { isConnectPath, loadConnectPages, publicDoor } from '../../src/doors/http/index.js';
import { BACK, CLIENT, LOCAL_TOKEN, openWorld, type World } from './world.js';

let world: World;
beforeEach(async () => void (world = await openWorld()));
afterEach(() => world.close());

/** What a program keeps, in memory; the browser is asked when the program wants it. */
function providerOf(sent: URL[]): OAuthClientProvider {
  const kept: Record<string, unknown> = {};
  return {
    redirectUrl: BACK,
    clientMetadataUrl: CLIENT,
    clientMetadata: { redirect_uris: [BACK], client_name: 'An app' },
    clientInformation: () => kept['client'] as never,
    saveClientInformation: (given) => void (kept['client'] = given),
    tokens: () => kept['tokens'] as never,
    saveTokens: (given) => void (kept['tokens'] = given),
    saveCodeVerifier: (given) => void (kept['verifier'] = given),
    codeVerifier: () => kept['verifier'] as string,
    saveDiscoveryState: (given) => void (kept['discovery'] = given),
    discoveryState: () => kept['discovery'] as never,
    redirectToAuthorization: (url) => void sent.push(url),
    state: () => 'state-of-the-program',
  };
}

/** The person follows the program's address and says yes. */
async function agree(url: URL): Promise<URLSearchParams> {
  const page = await world.browser.get(url.href);
  if (page.status === 303) return new URL(page.headers.get('location')!).searchParams;
  const sent = await world.press(await page.text(), 'allow');
  return new URL(sent.headers.get('location')!).searchParams;
}

describe('the official client', () => {
  it('statement 24: discovers, asks, exchanges, calls, renews, and asks for more when it needs more', async () => {
    const sent: URL[] = [];
    const authProvider = providerOf(sent);
    const open = () => new StreamableHTTPClientTransport(new URL(world.resource('mcp')), { authProvider });
    const transport = open();
    await expect(new Client({ name: 'far', version: '1' }).connect(transport)).rejects.toThrow(/nauthorized/);
    expect(sent.map(({ origin, pathname }) => origin + pathname)).toEqual([`${world.origin}/oauth/authorize`]);
    expect(sent[0]!.searchParams.get('resource')).toBe(world.resource('mcp'));
    await transport.finishAuth(await agree(sent[0]!));

    const client = new Client({ name: 'far', version: '1' });
    const second = open();
    await client.connect(second);
    expect((await client.listTools()).tools.length).toBeGreaterThan(5);
    await world.clock.advance(16 * 60_000);
    // The token is over: the client renews it by itself.
    expect((await client.callTool({ name: 'events_list', arguments: {} })).isError).toBeFalsy();
    expect(sent).toHaveLength(1);

    const replay = { name: 'actions_run', arguments: { name: 'events.replay', input: { ids: ['evt_none'] } } };
    await expect(client.callTool(replay)).rejects.toThrow();
    expect(sent[1]!.searchParams.get('scope')).toContain('operate');
    await second.finishAuth(await agree(sent[1]!));
    expect(JSON.stringify(await client.callTool(replay))).toMatch(/requeued|replayed|not_found/);
    await client.close();
    const said = (await world.entries()).map(({ action }) => action);
    expect(said.filter((one) => one === 'grants.consent')).toHaveLength(2);
    expect(said.filter((one) => one === 'grants.issue').length).toBeGreaterThanOrEqual(3);
  });
});

describe('oauth4webapi', () => {
  it('statement 25: takes our answers, and takes them for nobody else', async () => {
    const options = { [oauth.allowInsecureRequests]: true };
    const issuer = new URL(world.origin);
    const found = await oauth.discoveryRequest(issuer, { ...options, algorithm: 'oauth2' });
    const server = await oauth.processDiscoveryResponse(issuer, found);
    const client = { client_id: CLIENT };
    const verifier = oauth.generateRandomCodeVerifier();
    const code_challenge = await oauth.calculatePKCECodeChallenge(verifier);
    const to = await world.allow({ code_challenge, resource: world.resource('rest') });
    const evil = { ...server, issuer: 'https://evil.example' };
    expect(() => oauth.validateAuthResponse(evil, client, to, 's1')).toThrow(/iss/);
    const answer = oauth.validateAuthResponse(server, client, to, 's1');
    const none = oauth.None();
    const response = await oauth.authorizationCodeGrantRequest(server, client, none, answer, BACK, verifier, options);
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, response);
    expect((await world.rest('/v1/jobs', tokens.access_token)).status).toBe(200);
    const asked = new Request(`${world.origin}/v1/jobs`, {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    });
    const checked = { ...server, jwks_uri: server.jwks_uri! };
    const claims = await oauth.validateJwtAccessToken(checked, asked, world.resource('rest'), {
      ...options,
      [oauth.clockSkew]: Math.floor((world.clock.nowMs() - Date.now()) / 1000),
      signingAlgorithms: ['EdDSA'],
    });
    expect(claims).toMatchObject({ client_id: CLIENT, sub: world.person, scope: 'read write' });
    const gone = await oauth.revocationRequest(server, client, none, tokens.refresh_token!, options);
    await oauth.processRevocationResponse(gone);
    expect((await world.rest('/v1/jobs', tokens.access_token)).status).toBe(401);
  });
});

describe('the public listener', () => {
  let outside: Server;
  const PUBLIC = 'https://fairlead.example';

  beforeEach(async () => {
    const { gateway } = world;
    const config = readConfig({ variables: { FAIRLEAD_PUBLIC_URL: PUBLIC }, cwd: '/work' });
    expect(remoteDoor(gateway, readConfig({ variables: {}, cwd: '/work' }), () => true)).toBe(undefined);
    const remote = remoteDoor(gateway, config, () => true);
    const pages = { has: isConnectPath, load: () => loadConnectPages(gateway) };
    const intake = (_request: unknown, response: { writeHead(status: number): { end(): void } }) =>
      void response.writeHead(404).end();
    outside = createServer(publicDoor(intake as never, { pages, log: gateway.log, remote }));
    await new Promise<void>((resolve) => outside.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => void outside.close());

  const get = (path: string, headers: Record<string, string>): Promise<number> =>
    new Promise((resolve, reject) => {
      const { port } = outside.address() as AddressInfo;
      const sent = request({ port, host: '127.0.0.1', path, headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      });
      sent.on('error', reject).end();
    });

  it('statement 29: is reached by its name alone, with tokens of programs alone, and has no more than they need', async () => {
    const { access_token } = await world.tokens({ resource: world.resource('rest') });
    const host = 'fairlead.example';
    const by = (token: string) => ({ host, authorization: `Bearer ${token}` });
    expect(await get('/v1/jobs', by(access_token))).toBe(200);
    expect(await get('/mcp', by(access_token))).toBe(401);
    expect(await get('/v1/jobs', { ...by(access_token), host: 'evil.example' })).toBe(403);
    expect(await get('/v1/jobs', { ...by(access_token), host: '127.0.0.1' })).toBe(403);
    expect(await get('/v1/jobs', { ...by(access_token), origin: 'https://evil.example' })).toBe(403);
    const { key } = (await world.call('keys.create', { name: 'a' })) as { key: string };
    for (const token of [LOCAL_TOKEN, key]) expect(await get('/v1/jobs', by(token))).toBe(401);
    const own = await (await world.gateway.login()).sessions.issueAccess(world.person);
    expect(await get('/v1/jobs', by(own))).toBe(401);
    expect(await get('/.well-known/oauth-authorization-server', { host })).toBe(200);
    for (const path of ['/openapi.json', '/approvals/apr_1', '/readyz', '/livez', '/docs/errors', '/v1']) {
      expect(await get(path, by(access_token)), path).toBe(404);
    }
  });
});
