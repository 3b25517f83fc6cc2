/**
 * Signing in with Google inside a Hono server of your own, and an application that gets tokens by a code (S256): the way
 * of a mobile app. The provider here is the simulated one.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { createFairlead } from 'fairlead';
import { startSandboxes, VirtualClock } from 'fairlead/testing';
import { SimulatedPerson } from './simulated-person.mjs';

const folder = await mkdtemp(join(tmpdir(), 'fairlead-example-'));
const [google] = await startSandboxes({ clock: new VirtualClock(Date.now()), names: ['google'] });

const app = new Hono();
const server = await new Promise((resolve) => {
  const made = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, () => resolve(made));
});
const origin = `http://127.0.0.1:${server.address().port}`;

const fairlead = await createFairlead({
  dataDir: join(folder, 'data'),
  auditLogPath: join(folder, 'audit.ndjson'),
  publicUrl: origin,
  login: { apps: [{ redirectUri: 'com.example.app:/signed-in' }] },
  // With real providers: variables: process.env, and nothing of the next two lines.
  variables: google.variables,
  connections: { google: { baseUrl: google.url } },
  allowedPrivateHosts: [new URL(google.url).host],
});

app.use(fairlead.login.hono);
app.get('/', async (context) => context.text((await fairlead.login.person(context.req.raw))?.email ?? 'nobody'));
app.use('/mine', fairlead.login.honoGuard());
app.get('/mine', (context) => context.text(`for ${context.get('person').email}`));

const ada = new SimulatedPerson();
console.log('guarded:', (await fetch(`${origin}/mine`)).status);
const { url, text } = await ada.visit(`${origin}/login/google?return_to=/mine`);
console.log('signed in:', url.pathname, text);

const verifier = randomBytes(32).toString('base64url');
const asked = new URLSearchParams({
  redirect_uri: 'com.example.app:/signed-in',
  code_challenge: createHash('sha256').update(verifier).digest('base64url'),
  code_challenge_method: 'S256',
  state: 'my-state',
});
const { url: back } = await ada.visit(`${origin}/login/google?${asked}`);
const tokens = async (fields) =>
  (await fetch(`${origin}/login/token`, { method: 'POST', body: new URLSearchParams(fields) })).json();
const code = back.searchParams.get('code');
const pair = await tokens({ grant_type: 'authorization_code', code, code_verifier: verifier });
const bearer = { headers: { authorization: `Bearer ${pair.access_token}` } };
console.log(
  'app:',
  back.protocol,
  back.searchParams.get('state'),
  await (await fetch(`${origin}/mine`, bearer)).text(),
);
const keys = createRemoteJWKSet(new URL(`${origin}/.well-known/jwks.json`));
const { payload } = await jwtVerify(pair.access_token, keys, { issuer: origin, audience: origin, typ: 'at+jwt' });
console.log('verified by the key set:', payload.sub.startsWith('prn_'));
const next = await tokens({ grant_type: 'refresh_token', refresh_token: pair.refresh_token });
console.log('renewed:', next.token_type, next.refresh_token !== pair.refresh_token);

server.close();
server.closeAllConnections();
await fairlead.close();
await google.close();
await rm(folder, { recursive: true, force: true });
