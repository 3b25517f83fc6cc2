/**
 * pg-boss by hand: `fetch` of 100 jobs and `complete` of them all in a loop, its fastest way. Its own `work` waits half
 * a second after every fetch.
 *
 * @module
 */
import PgBoss from 'pg-boss';
import { counter, handle, race, settings } from './race.mjs';

const BATCH = 100;
const boss = new PgBoss({ connectionString: settings.database, max: 20, supervise: false, schedule: false });
boss.on('error', (error) => console.error(error.message));
await boss.start();
await boss.createQueue('jobs');

await race(
  (payloads) => boss.insert(payloads.map((data) => ({ name: 'jobs', data }))),
  async (done) => {
    const count = counter(done);
    const lane = async () => {
      for (;;) {
        const jobs = await boss.fetch('jobs', { batchSize: BATCH });
        if (!jobs || jobs.length === 0) return;
        await Promise.all(jobs.map(handle));
        await boss.complete(
          'jobs',
          jobs.map(({ id }) => id),
        );
        for (let left = jobs.length; left > 0; left -= 1) count();
      }
    };
    // As many jobs at once as the others may have, in batches.
    await Promise.all(Array.from({ length: Math.max(1, Math.ceil(settings.concurrency / BATCH)) }, lane));
  },
);
