/** The signature, then `send` of pg-boss: one job a delivery, the delivery id its singleton key. @module */
import PgBoss from 'pg-boss';
import { isSigned, serve, settings } from './server.mjs';

const boss = new PgBoss({ connectionString: settings.database, max: 10, supervise: false, schedule: false });
boss.on('error', (error) => console.error(error.message));
await boss.start();
await boss.createQueue('webhooks', { name: 'webhooks', retryLimit: 5, retryBackoff: true });

serve((request, body, answer) => {
  if (!isSigned(body, request.headers['x-hub-signature-256'])) return answer(401);
  const data = { type: request.headers['x-github-event'], event: JSON.parse(body.toString('utf8')) };
  const done = boss.send('webhooks', data, { singletonKey: request.headers['x-github-delivery'] });
  return done.then(
    () => answer(202),
    () => answer(503),
  );
});
