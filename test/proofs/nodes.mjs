/**
 * nodes: three nodes on one PostgreSQL, of which two, drawn each second, are killed with SIGKILL and started again while
 * deliveries pour in. Every delivery that got a 2xx is an event afterwards, every event had its effect in the internal
 * tool once, and the jobs of a dead node were free soon after the time that its last heartbeat gave it, although their
 * leases are far longer. Then 50 copies of one delivery go to all three at once: one event.
 */
import { chances, Cluster, Load, ProofDatabase, sums, watchLeases } from './cluster.mjs';
import {
  allEvents,
  conclude,
  githubDelivery,
  internalTool,
  isFull,
  keepAlive,
  pause,
  send,
  until,
} from './harness.mjs';

const NODES = 3;
const KILLED_AT_ONCE = 2;
const ROUNDS = isFull ? 60 : 8;
const ROUND_MS = 1_000;
const SENDERS = 12;
const COPIES = 50;
/** Of a job. Who waited for its end would wait for most of this proof. */
const LEASE_MS = 60_000;
/** Two heartbeats of whoever lives: one may be of a node that is killed over it. */
const FREE_WITHIN_MS = 6_000;

const { random } = chances();
const database = await ProofDatabase.start('nodes');
const tool = await internalTool({ delayMs: 100 });
const cluster = await Cluster.start({
  name: 'nodes',
  tool,
  urls: Array(NODES).fill(database.url()),
  leaseMs: LEASE_MS,
});
const load = new Load({ cluster, random, senders: SENDERS });
const orphans = watchLeases(database, cluster, () => database.orphanedMs());

let kills = 0;
for (let round = 0; round < ROUNDS; round += 1) {
  await pause(ROUND_MS);
  const drawn = cluster.nodes.map((_, at) => ({ at, lot: random() })).toSorted((a, b) => a.lot - b.lot);
  for (const { at } of drawn.slice(0, KILLED_AT_ONCE)) {
    await cluster.kill(at);
    kills += 1;
    cluster.launch(at);
  }
}
for (const at of cluster.nodes.keys()) await cluster.ready(at);
await load.end();
const { events, statements } = await sums({ cluster, database, tool, load, isHurried: !isFull });
const orphanedMs = await orphans();

const copy = githubDelivery();
const agent = keepAlive(COPIES);
const answers = await Promise.all(
  Array.from({ length: COPIES }, (_, at) => send(`${cluster.nodes[at % NODES].url}/in/github`, { ...copy, agent })),
);
const accepted = answers.filter(({ status }) => status >= 200 && status < 300).length;
await until(() => tool.effects.has(copy.id), 10_000);
const { dir, url } = cluster.nodes[1];
const after = await allEvents(dir, url);
const { duplicates } = after.get(copy.id) ?? {};
const codes = await cluster.stop();

conclude([
  [load.acknowledged.size > ROUNDS * 10, `${load.acknowledged.size} deliveries acknowledged during ${kills} kills`],
  ...statements,
  [
    orphanedMs <= FREE_WITHIN_MS,
    `jobs of a dead node were free ${orphanedMs} ms after its time at the latest (at most ${FREE_WITHIN_MS}; their leases: ${LEASE_MS})`,
  ],
  [
    accepted === COPIES && after.size === events.size + 1 && duplicates === COPIES - 1,
    `${accepted} of ${COPIES} copies of one delivery accepted: ${after.size - events.size} event, ${duplicates} duplicates`,
  ],
  [tool.effects.get(copy.id) === 1, `${tool.effects.get(copy.id)} effect of the ${COPIES} copies`],
  [codes.every((code) => code === 0), `exit codes on SIGTERM: ${codes.join(', ')}`],
]);
