/**
 * graphile-worker on PostgreSQL with its local queue: it fetches 500 jobs at once and completes them in batches, its
 * fastest way by far.
 *
 * @module
 */
import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import pg from 'pg';
import { counter, handle, race, settings } from './race.mjs';

const CONNECTIONS_MAX = 20;
const pgPool = new pg.Pool({ connectionString: settings.database, max: CONNECTIONS_MAX });
const logger = new Logger(() => () => {});
const workers = await makeWorkerUtils({ pgPool, logger });
await workers.migrate();
await pgPool.query('delete from graphile_worker._private_jobs');

/** Completions are written in batches after the jobs: done is what is gone from the table. */
async function emptied() {
  for (;;) {
    const { rows } = await pgPool.query('select 1 from graphile_worker._private_jobs limit 1');
    if (rows.length === 0) return;
  }
}

await race(
  (payloads) => workers.addJobs(payloads.map((payload) => ({ identifier: 'job', payload }))),
  (done) => {
    const count = counter(async () => {
      await emptied();
      done();
    });
    void run({
      pgPool,
      logger,
      concurrency: settings.concurrency,
      noHandleSignals: true,
      taskList: {
        job: async () => {
          await handle();
          count();
        },
      },
      preset: { worker: { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
    });
  },
);
