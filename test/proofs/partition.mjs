/**
 * partition: the link between one of two nodes and PostgreSQL goes down again and again: bytes get stuck, nobody hears of
 * it. In turns it comes back with the connections that it had, or without them. The leases of the node beyond it run
 * out, the other one takes its jobs over, and what the first says when it is back must not count twice.
 */
import { connect, createServer } from 'node:net';
import { chances, Cluster, Load, ProofDatabase, sums, watchLeases } from './cluster.mjs';
import { conclude, internalTool, isFull, pause } from './harness.mjs';

const PARTITIONS = isFull ? 20 : 3;
const DOWN_MS = isFull ? { min: 1_000, max: 60_000 } : { min: 1_000, max: 2_000 };
/** Some partitions are longer than a lease, and some are not. */
const LEASE_MS = isFull ? 5_000 : 1_200;
const UP_MS = { min: 1_000, max: 3_000 };
const SENDERS = 6;

/** A link that can be cut without anybody being told. */
class Link {
  #pairs = new Set();
  isDown = false;

  static async to(port) {
    const link = new Link();
    const server = createServer((near) => link.#join(near, port));
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    link.port = server.address().port;
    return link;
  }

  #join(near, port) {
    const far = connect(port, '127.0.0.1');
    const pair = [near, far];
    this.#pairs.add(pair);
    for (const [one, other] of [pair, pair.toReversed()]) {
      one.on('error', () => {});
      // The end of a connection gets through no better than its bytes.
      one.on('close', () => this.isDown || this.#drop(pair));
      one.on('data', (bytes) => other.write(bytes));
      if (this.isDown) one.pause();
    }
  }

  #drop(pair) {
    for (const socket of pair) socket.destroy();
    this.#pairs.delete(pair);
  }

  cut() {
    this.isDown = true;
    for (const pair of this.#pairs) for (const socket of pair) socket.pause();
  }

  /** @param isReset whether what was connected has to connect again */
  mend(isReset) {
    this.isDown = false;
    for (const pair of this.#pairs) {
      if (isReset || pair.some((socket) => socket.destroyed)) this.#drop(pair);
      else for (const socket of pair) socket.resume();
    }
  }
}

const { random, between } = chances();
const database = await ProofDatabase.start('partition');
const link = await Link.to(database.port);
const tool = await internalTool({ delayMs: 100 });
const urls = [database.url(), database.url(link.port)];
const cluster = await Cluster.start({ name: 'partition', tool, urls, leaseMs: LEASE_MS });
const load = new Load({ cluster, random, senders: SENDERS, everyMs: 50 });
const leases = watchLeases(database, cluster);

let downMs = 0;
for (let cuts = 0; cuts < PARTITIONS; cuts += 1) {
  await pause(between(UP_MS.min, UP_MS.max));
  link.cut();
  // Short ones are as likely as long ones, on a scale of doublings.
  const forMs = DOWN_MS.min * (DOWN_MS.max / DOWN_MS.min) ** random();
  downMs += forMs;
  await pause(forMs);
  link.mend(cuts % 2 === 1);
}
await load.end();
for (const at of cluster.nodes.keys()) await cluster.ready(at);
const { statements } = await sums({ cluster, database, tool, load, isHurried: !isFull });
const overdueMs = await leases();
const codes = await cluster.stop();
conclude([
  [load.acknowledged.size > PARTITIONS * 10, `${load.acknowledged.size} deliveries acknowledged`],
  [true, `${PARTITIONS} partitions, ${Math.round(downMs)} ms in all`],
  ...statements,
  [true, `no lease was over for longer than ${overdueMs} ms`],
  [codes.every((code) => code === 0), `exit codes on SIGTERM: ${codes.join(', ')}`],
]);
