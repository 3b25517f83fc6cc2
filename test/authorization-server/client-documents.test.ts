/** Statement 24 where it is about the document by which a program says who it is. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openGuardedNet } from '../../src/host/net/index.js';
import { VirtualDns } from '../../src/testing/index.js';
import { Browser } from '../oauth/setting.js';
import { BACK, CLIENT, openWorld, type World } from './world.js';

let world: World;

beforeEach(async () => void (world = await openWorld()));
afterEach(() => world.close());

const opens = async (token: string): Promise<number> => (await world.mcp(token)).status;

describe('statement 24: documents of clients', () => {
  const other = 'https://other.example/c.json';
  const asks = async (id = other): Promise<Response> => await world.open({ client_id: id, redirect_uri: BACK });
  const document = (over: object = {}): object => ({ client_id: other, redirect_uris: [BACK], ...over });

  it.each<[string, object | string, Record<string, string>?]>([
    ['is about another id', document({ client_id: CLIENT })],
    ['is too large', document({ logo: 'x'.repeat(9_000) })],
    ['is no JSON', '<html>'],
    ['is not served as JSON', document(), { 'content-type': 'text/html' }],
    ['has no addresses', document({ redirect_uris: [] })],
    ['has an address for everybody', document({ redirect_uris: ['http://evil.example/'] })],
    ['has an address that is none', document({ redirect_uris: [7] })],
    ['has a secret', document({ client_secret: 'x' })],
    ['wants to use a secret', document({ token_endpoint_auth_method: 'client_secret_post' })],
  ])('statement 24: one that %s is refused', async (_what, body, headers) => {
    world.net.on(`GET ${other}`, () => ({ body, ...(headers && { headers }) }));
    expect((await asks()).status).toBe(400);
  });

  it('statement 24: a redirect and an error are no document, and what fails is asked for once a minute', async () => {
    world.net.on(`GET ${other}`, () => ({ status: 302, headers: { location: CLIENT } }));
    for (let n = 0; n < 3; n++) expect((await asks()).status).toBe(400);
    expect(world.net.requests.filter(({ url }) => url === other)).toMatchObject([
      { timeoutMs: 5_000, maxAnswerBytes: 8_192, headers: { accept: 'application/json' } },
    ]);
    world.net.on(`GET ${other}`, () => ({ body: document(), headers: { 'cache-control': 'max-age=999999999' } }));
    await world.clock.advance(60_001);
    expect((await asks()).status).toBe(200);
  });

  it.each([
    'http://other.example/c.json',
    'https://other.example',
    'https://other.example/',
    'https://other.example/a/../c.json',
    'https://user@other.example/c.json',
    'https://other.example/c.json#x',
    'https://other.example/c.json?x=1',
    'https://OTHER.example/c.json',
    'https://other.example:443/c.json',
    `https://other.example/${'x'.repeat(600)}`,
    'clt_00000000000000000000000000',
    'whatever',
    '',
  ])('statement 24: %s is no address of a document, and nothing is fetched', async (id) => {
    expect((await asks(id)).status).toBe(400);
    expect(world.net.requests).toEqual([]);
  });

  it('statement 24: nobody makes us fetch who has not signed in', async () => {
    const answer = await world.open({}, new Browser());
    expect(answer.headers.get('location')).toMatch(/^\/login\?return_to=%2Foauth%2Fauthorize/);
    expect(world.net.requests).toEqual([]);
  });

  it('statement 24: a document at a private address is refused before a socket is opened', async () => {
    const dns = new VirtualDns({ 'other.example': ['10.0.0.7'], 'meta.example': ['169.254.169.254'] });
    const guarded = openGuardedNet({ dns });
    for (const host of ['other.example', 'meta.example', '127.0.0.1', '[::1]', 'localhost']) {
      const id = `https://${host}/c.json`;
      let kind = '';
      world.net.on(`GET ${id}`, async (request) => {
        const result = await guarded.send(request);
        kind = result.ok ? 'answered' : result.failure.kind;
        return result;
      });
      expect([(await asks(id)).status, kind], host).toEqual([400, 'denied']);
    }
    await guarded.close();
  });

  it('statement 24: a program that an operator made known needs no document, until it is deleted', async () => {
    const redirectUris = ['com.example.app:/back'];
    const { id } = (await world.call('clients.create', { name: 'Editor', redirectUris })) as { id: string };
    const over = { client_id: id, redirect_uri: 'com.example.app:/back' };
    const to = await world.allow(over);
    expect(to.protocol).toBe('com.example.app:');
    const { json } = await world.redeem(to, over);
    expect(await opens(String(json['access_token']))).toBe(200);
    await world.call('clients.delete', { id });
    expect(await opens(String(json['access_token']))).toBe(401);
    expect((await world.open(over)).status).toBe(400);
    await expect(world.call('clients.create', { name: 'x', redirectUris: ['http://evil.example'] })).rejects.toThrow();
  });
});
