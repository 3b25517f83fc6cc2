/**
 * db-chaos: the PostgreSQL under two nodes is stopped and started again and again while handlers run, in turns with its
 * orderly end and with a crash. Nothing is acknowledged that is not an event afterwards, and every handler completes and
 * has its effect once.
 */
import { chances, Cluster, Load, ProofDatabase, sums } from './cluster.mjs';
import { conclude, internalTool, isFull, pause } from './harness.mjs';

const HANDLERS = isFull ? 5_000 : 300;
const SENDERS = 8;
/** From one stop to the next. */
const UP_MS = isFull ? { min: 5_000, max: 10_000 } : { min: 1_000, max: 2_000 };
const AWAY_MS = isFull ? { min: 200, max: 2_000 } : { min: 200, max: 600 };
/** The load is spread over this many stops, at least. */
const STOPS = isFull ? 12 : 3;

const { random, between } = chances();
const database = await ProofDatabase.start('db-chaos');
const tool = await internalTool({ delayMs: 150 });
const cluster = await Cluster.start({ name: 'db-chaos', tool, urls: [database.url(), database.url()] });
const everyMs = Math.round((STOPS * (UP_MS.min + UP_MS.max) * SENDERS) / 2 / HANDLERS);
const load = new Load({ cluster, random, senders: SENDERS, total: HANDLERS, everyMs });
let isSent = false;
void load.sending.then(() => (isSent = true));

let stops = 0;
while (!isSent || stops < STOPS) {
  await pause(between(UP_MS.min, UP_MS.max));
  await database.stopServer(stops % 2 === 1);
  stops += 1;
  const awayMs = between(AWAY_MS.min, AWAY_MS.max);
  await pause(awayMs);
  await database.startServer();
}
await load.end(true);
const { statements } = await sums({ cluster, database, tool, load, isHurried: !isFull });
const codes = await cluster.stop();
conclude([
  [
    load.acknowledged.size === HANDLERS,
    `${load.acknowledged.size} of ${HANDLERS} deliveries acknowledged, ${stops} stops`,
  ],
  [load.refused > 0, `${load.refused} deliveries had to be sent again`],
  ...statements,
  [codes.every((code) => code === 0), `exit codes on SIGTERM: ${codes.join(', ')}`],
]);
