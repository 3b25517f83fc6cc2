/** The intake behind a body parser: it cannot verify what it never saw, and says which line to change. */
import express from 'express';
import { join } from 'node:path';
import { createFairlead } from 'fairlead';
import { githubDelivery, send, workspace } from '../harness.mjs';

/** @returns {Promise<[boolean, string][]>} */
export async function mounted() {
  const dir = workspace('mounted');
  const fairlead = await createFairlead({ dataDir: join(dir, 'data'), auditLogPath: join(dir, 'audit.ndjson') });
  const { source, secret } = await fairlead.run('sources.create', { provider: 'github' });
  const listen = async (...middleware) => {
    const app = express();
    for (const one of middleware) app.use(one);
    const server = app.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const answer = await send(`http://127.0.0.1:${server.address().port}${source.path}`, githubDelivery({ secret }));
    server.close();
    server.closeAllConnections();
    return answer;
  };
  const receiver = fairlead.receive().express;
  const parsed = await listen(express.json(), receiver);
  const raw = await listen(express.raw({ type: '*/*' }), receiver);
  const right = await listen(receiver, express.json());
  const { events } = await fairlead.run('events.list', {});
  await fairlead.close();
  const explains = ({ status, text }) => status === 500 && /body_already_parsed.*before express\.json\(\)/.test(text);
  return [
    [explains(parsed), `behind express.json(): ${parsed.status} ${parsed.text}`],
    [explains(raw), `behind express.raw(): ${raw.status}`],
    [right.status === 202 && events.length === 1, `before express.json(): ${right.status}`],
  ];
}
