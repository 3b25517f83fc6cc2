/** The signature, then `addJob` of graphile-worker: one job a delivery, the delivery id its job key. @module */
import { Logger, makeWorkerUtils } from 'graphile-worker';
import pg from 'pg';
import { isSigned, serve, settings } from './server.mjs';

const pgPool = new pg.Pool({ connectionString: settings.database, max: 10 });
const workers = await makeWorkerUtils({ pgPool, logger: new Logger(() => () => {}) });
await workers.migrate();

serve((request, body, answer) => {
  if (!isSigned(body, request.headers['x-hub-signature-256'])) return answer(401);
  const payload = { type: request.headers['x-github-event'], event: JSON.parse(body.toString('utf8')) };
  const done = workers.addJob('webhook', payload, { jobKey: request.headers['x-github-delivery'] });
  return done.then(
    () => answer(202),
    () => answer(503),
  );
});
