/**
 * plainjob on better-sqlite3. It sets synchronous=NORMAL: a power cut can undo what it said was done. A worker of it
 * takes one job at a time; more than eight of them only wait for each other.
 *
 * @module
 */
import Database from 'better-sqlite3';
import { join } from 'node:path';
import { better, defineQueue, defineWorker } from 'plainjob';
import { counter, handle, race, settings } from './race.mjs';

const WORKERS_MAX = 8;
const silent = { error() {}, warn() {}, info() {}, debug() {} };
const queue = defineQueue({ connection: better(new Database(join(settings.dir, 'plainjob.db'))), logger: silent });

await race(
  async (payloads) => queue.addMany('job', payloads),
  (done) => {
    const count = counter(done);
    for (let worker = 0; worker < Math.min(settings.concurrency, WORKERS_MAX); worker += 1) {
      const options = { queue, logger: silent, pollIntervall: 1, onCompleted: count };
      void defineWorker('job', handle, options).start();
    }
  },
);
