/**
 * What the tutorials build: express with the raw body, the signature, an id in Redis against duplicates, and a BullMQ
 * job with retries. With Redis syncing once a second, a 202 of it can be lost.
 *
 * @module
 */
import { Queue } from 'bullmq';
import express from 'express';
import { Redis } from 'ioredis';
import { isSigned, settings } from './server.mjs';

const DAY_SECONDS = 86_400;
const connection = { host: '127.0.0.1', port: settings.redisPort };
const redis = new Redis(connection);
await redis.flushall();
const queue = new Queue('webhooks', { connection });
const app = express();

// Express 5 takes rejections of async handlers itself.
app.post('/in/github', express.raw({ type: '*/*' }), async (request, response) => {
  if (!isSigned(request.body, request.get('x-hub-signature-256'))) return response.sendStatus(401);
  const id = request.get('x-github-delivery');
  if (await redis.get(`webhook:${id}`)) return response.json({ duplicate: true });
  await redis.set(`webhook:${id}`, '1', 'EX', DAY_SECONDS);
  const event = JSON.parse(request.body.toString('utf8'));
  const retries = { attempts: 5, backoff: { type: 'exponential', delay: 1_000 } };
  await queue.add('github', { id, type: request.get('x-github-event'), event }, { jobId: id, ...retries });
  return response.status(202).json({ ok: true });
});

app.listen(settings.port, '127.0.0.1', () => console.log('ready'));
