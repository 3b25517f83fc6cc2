/** The intake inside a server of your own. It stands before express.json(), because a signature covers the exact bytes. */
import { createHmac, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { createFairlead, on } from 'fairlead';

const folder = await mkdtemp(join(tmpdir(), 'fairlead-example-'));
const handled = withResolvers();

const fairlead = await createFairlead({
  dataDir: join(folder, 'data'),
  auditLogPath: join(folder, 'audit.ndjson'),
  handlers: [on('github', 'issues.*', (event) => handled.resolve(event.type))],
});
const { source, secret } = await fairlead.run('sources.create', { provider: 'github', path: '/webhooks/github' });

const app = express();
app.use(fairlead.receive().express);
app.use(express.json());
app.get('/', (request, response) => response.send('my own page'));
const server = app.listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));

const body = JSON.stringify({ action: 'opened', issue: { number: 7 } });
const answer = await fetch(`http://127.0.0.1:${server.address().port}${source.path}`, {
  method: 'POST',
  headers: {
    'x-github-event': 'issues',
    'x-github-delivery': randomUUID(),
    'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  },
  body,
});
console.log('answer:', answer.status, await answer.text());
console.log('handled:', await handled.promise);

server.close();
server.closeAllConnections();
await fairlead.close();
await rm(folder, { recursive: true, force: true });

function withResolvers() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}
