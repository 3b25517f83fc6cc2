/** BullMQ on Redis that syncs once a second. @module */
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { counter, handle, race, settings } from './race.mjs';

const connection = { host: '127.0.0.1', port: settings.redisPort, maxRetriesPerRequest: null };
const redis = new Redis(connection);
await redis.flushall();
const queue = new Queue('jobs', { connection });

await race(
  (payloads) => queue.addBulk(payloads.map((data) => ({ name: 'job', data, opts: { removeOnComplete: true } }))),
  (done) => {
    const worker = new Worker('jobs', handle, { connection, concurrency: settings.concurrency });
    worker.on('completed', counter(done));
  },
);
