/** Signing in with GitHub inside an Express server of your own. The provider here is the simulated one. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { createFairlead } from 'fairlead';
import { startSandboxes, VirtualClock } from 'fairlead/testing';
import { SimulatedPerson } from './simulated-person.mjs';

const folder = await mkdtemp(join(tmpdir(), 'fairlead-example-'));
const [github] = await startSandboxes({ clock: new VirtualClock(Date.now()), names: ['github'] });

const app = express();
const server = app.listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const origin = `http://127.0.0.1:${server.address().port}`;

const fairlead = await createFairlead({
  dataDir: join(folder, 'data'),
  auditLogPath: join(folder, 'audit.ndjson'),
  publicUrl: origin,
  // With real providers: variables: process.env, and nothing of the next two lines.
  variables: github.variables,
  connections: { github: { baseUrl: github.url } },
  allowedPrivateHosts: [new URL(github.url).host],
});

app.use(fairlead.login.express);
app.get('/', async (request, response) => {
  const person = await fairlead.login.person(request);
  response.send(person === undefined ? 'nobody' : person.email);
});
app.get('/mine', fairlead.login.guard(), (request, response) => response.send(`for ${request.person.email}`));
app.post('/mine', fairlead.login.guard(), (request, response) => response.send('changed'));
app.get('/admin', fairlead.login.guard({ roles: ['admin'] }), (request, response) => response.send('for admins'));

const ada = new SimulatedPerson();
console.log('before:', (await ada.visit(`${origin}/`)).text);
console.log('guarded:', (await fetch(`${origin}/mine`)).status);
const { text: ways } = await ada.visit(`${origin}/mine`);
const { url, text } = await ada.visit(origin + /href="(\/login\/github[^"]+)"/.exec(ways)[1].replaceAll('&#38;', '&'));
console.log('signed in:', url.pathname, text);
console.log('without the role:', (await ada.open(`${origin}/admin`)).status);
const evil = { method: 'POST', headers: { origin: 'https://evil.example' } };
console.log('from another site:', (await ada.open(`${origin}/mine`, evil)).status);
const own = { method: 'POST', headers: { origin } };
console.log('from a page of ours:', await (await ada.open(`${origin}/mine`, own)).text());

server.close();
server.closeAllConnections();
await fairlead.close();
await github.close();
await rm(folder, { recursive: true, force: true });
