/** S-411: what programs and agents bring is for us alone, goes no further, and was agreed to for each of them. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CLIENT, openWorld, type World } from '../authorization-server/world.js';
import { SANDBOX } from '../oauth/setting.js';

let world: World;
beforeEach(async () => void (world = await openWorld('admin')));
afterEach(() => world.close());

it('S-411: a token of another audience is 401: for REST, of a person, of another server', async () => {
  const { access_token } = await world.tokens();
  expect((await world.mcp(access_token)).status).toBe(200);
  const forRest = await world.tokens({ resource: world.resource('rest') });
  const { sessions } = await world.gateway.login();
  const other = await openWorld('admin', 8);
  const foreign = await other.tokens();
  other.close();
  for (const token of [forRest.access_token, await sessions.issueAccess(world.person), foreign.access_token]) {
    expect((await world.mcp(token)).status).toBe(401);
  }
  expect((await world.rest('/v1/jobs', access_token)).status).toBe(401);
});

it("S-411: the provider sees what the vault has for the connection, and never the client's token", async () => {
  const { net } = world;
  net.on('POST https://slack.com/api/oauth.v2.access', () => ({
    body: { ok: true, access_token: 'xoxb-vault', token_type: 'bot', scope: 'users:read', team: { id: 'T1' } },
  }));
  net.on('POST https://slack.com/api/auth.test', () => ({
    body: { ok: true, team: 'Acme', team_id: 'T1', user: 'bot', user_id: 'U1', url: 'https://acme.slack.com/' },
  }));
  await world.connect('slack');
  const { stored } = await world.gateway.connections();
  const { rows } = await stored.list(SANDBOX, {}, { limit: 1 });
  const { access_token } = await world.tokens({ resource: world.resource('rest') });
  const from = net.requests.length;
  const tested = await world.rest(`/v1/connections/${rows[0]!.id}/test`, access_token, {
    method: 'POST',
    body: '{}',
    headers: { 'content-type': 'application/json' },
  });
  expect(tested.status).toBe(200);
  const upstream = net.requests.slice(from);
  expect(upstream.map(({ headers }) => headers['authorization'])).toEqual(['Bearer xoxb-vault']);
  const everything = JSON.stringify(net.requests.map(({ url, headers, body }) => [url, headers, String(body)]));
  expect(everything).not.toContain(access_token);
});

it('S-411: a yes to one program is none to another, and none of another person', async () => {
  await world.tokens();
  const second = 'https://other.example/client.json';
  const back = 'https://other.example/back';
  world.net.on(`GET ${second}`, () => ({ body: { client_id: second, client_name: 'Other', redirect_uris: [back] } }));
  const page = await world.open({ client_id: second, redirect_uri: back });
  expect([page.status, await page.text()]).toMatchObject([
    200,
    expect.stringContaining('other.example asks for access'),
  ]);
  // A refresh token is of the program and the person it was given to.
  const { refresh_token } = await world.tokens();
  const stolen = await world.token({ grant_type: 'refresh_token', client_id: second, refresh_token });
  expect(stolen.status).toBe(400);
  expect(CLIENT).not.toBe(second);
});
