/**
 * What the proofs on PostgreSQL have in common: a server of their own, nodes that share it and the keys of their
 * installation, a load that is sent again until it is acknowledged, and the sums at the end.
 *
 * @module
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { postgresMissing, startPostgres } from '../../bench/servers/postgres.mjs';
import {
  allEvents,
  drained,
  freePort,
  githubDelivery,
  keepAlive,
  pause,
  readyMs,
  seeded,
  send,
  startServer,
  toolEnv,
  until,
  workspace,
  writeConfig,
} from './harness.mjs';

/** How long a job belongs to a node that says nothing. Short, so that proofs see many leases end. */
export const LEASE_MS = 5_000;
/** The longest that a keyed call of a node that is gone waits for another: its lease and two looks, 15 s apart. */
const SETTLED_MAX_MS = 120_000;
/** A part is missing on this machine; a failure in CI. */
const MISSING_PART = 77;
/** The states of a job, as the driver numbers them. */
const READY = 0;
const RUNNING = 2;
const COMPLETED = 4;

/** Prints the seed that repeats the choices of this run. */
export function chances() {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
  console.log(`seed ${seed}`);
  const random = seeded(seed);
  return { random, between: (min, max) => min + random() * (max - min) };
}

/** A PostgreSQL of this proof, with its defaults of durability. Ends the proof where there is none. */
export class ProofDatabase {
  static async start(name) {
    const missing = postgresMissing();
    if (missing !== undefined) {
      console.log(`not proven: ${missing}`);
      process.exit(MISSING_PART);
    }
    const database = new ProofDatabase();
    database.dir = workspace(`${name}-postgres`);
    await database.startServer();
    return database;
  }

  /** Again at the same address. */
  async startServer() {
    const settings = { max_connections: '100', shared_buffers: '64MB', recovery_init_sync_method: 'syncfs' };
    this.server = await startPostgres(this.dir, { port: this.server?.port, settings });
  }

  /** @param isCrash the sessions end without a word, and what was written is recovered at the next start */
  async stopServer(isCrash = false) {
    if (isCrash) process.kill(this.server.pid, 'SIGQUIT');
    await this.server.stop();
  }

  get port() {
    return this.server.port;
  }

  url(port = this.port) {
    return `postgres://bench@127.0.0.1:${port}/postgres`;
  }

  /** @returns the rows, or undefined where the server does not answer */
  async rows(sql) {
    const client = new pg.Client({ connectionString: this.url(), connectionTimeoutMillis: 2_000 });
    client.on('error', () => {});
    try {
      await client.connect();
      return (await client.query(sql)).rows;
    } catch {
      return undefined;
    } finally {
      await client.end().catch(() => {});
    }
  }

  /** For how long the lease that ended first has been over, in ms: nobody has freed its job yet. */
  async overdueMs() {
    const rows = await this.rows(
      `select (extract(epoch from clock_timestamp()) * 1000 - min(lease_until))::float as late
        from fairlead.job where state = ${RUNNING}`,
    );
    return Math.max(0, rows?.[0].late ?? 0);
  }

  /** For how long jobs have been held by a node whose time is over, in ms: nobody has taken it out yet. */
  async orphanedMs() {
    const rows = await this.rows(
      `select (extract(epoch from clock_timestamp()) * 1000 - min(node.until))::float as late
        from fairlead.job join fairlead.node on node.number = job.node
        where job.state = ${RUNNING} and job.lease_until > extract(epoch from clock_timestamp()) * 1000`,
    );
    return Math.max(0, rows?.[0].late ?? 0);
  }

  /** How many calls a node that went away had begun, without an outcome. */
  async callsUnderWay() {
    return Number((await this.rows(`select count(*) from fairlead.call where state = 'running'`))[0].count);
  }

  /**
   * In place of waiting: calls that were sent before `ageMs` and have no outcome are as old as if their lease had
   * ended, and jobs that wait for them look now: now, because a job that falls due is put off for a day at most.
   */
  async passTime(ageMs) {
    const now = '(extract(epoch from clock_timestamp()) * 1000)::bigint';
    await this.rows(
      `update fairlead.call set lease_until = 0 where state = 'running' and sending_at < ${now} - ${ageMs}`,
    );
    await this.rows(
      `update fairlead.job set due_at = ${now} where state = ${READY} and error is not null and due_at > ${now}`,
    );
  }
}

/**
 * Watches for jobs whose lease is over and that nobody frees, until it is told to stop. Time in which no node answers is
 * not counted: there is nobody to free them.
 *
 * @param overdueMs says how late the latest is
 * @returns {() => Promise<number>} stops, and says the worst of what it saw in ms
 */
export function watchLeases(database, { nodes }, overdueMs = () => database.overdueMs()) {
  let worstMs = 0;
  let nobodySinceMs = performance.now();
  let isRunning = true;
  const watching = (async () => {
    while (isRunning) {
      const answers = await Promise.all(
        nodes.map(({ url }) => send(`${url}/readyz`, { method: 'GET', timeoutMs: 500 })),
      );
      if (!answers.some(({ status }) => status === 200)) nobodySinceMs = performance.now();
      else worstMs = Math.max(worstMs, Math.min(await overdueMs(), performance.now() - nobodySinceMs));
      await pause(200);
    }
  })();
  return async () => {
    isRunning = false;
    await watching;
    return Math.round(worstMs);
  };
}

const KEY_FILES = ['vault.json', 'audit-live.pem', 'audit-sandbox.pem'];

/** Nodes of one installation: each has its own data directory with a copy of the keys. */
export class Cluster {
  nodes = [];

  /** `urls` are the address of the database as each node sees it; `prepare(node)` may change it before its start. */
  static async start({ name, tool, urls, leaseMs = LEASE_MS, prepare }) {
    const cluster = new Cluster();
    for (const [at, url] of urls.entries()) {
      const dir = workspace(`${name}-${at + 1}`);
      const env = { ...toolEnv(tool), FAIRLEAD_DATABASE_URL: url };
      writeConfig(dir, tool, `jobs: { leaseMs: ${leaseMs} },`);
      cluster.nodes.push({ name: `node ${at + 1}`, dir, env, port: await freePort() });
      prepare?.(cluster.nodes[at]);
      if (at > 0) await cluster.#copyKeys(dir);
      cluster.launch(at);
      // The first makes the keys and the tables, and the others find them.
      await cluster.ready(at);
    }
    return cluster;
  }

  /** All of them are there once the first node is ready. */
  async #copyKeys(dir) {
    const keys = join(this.nodes[0].dir, '.fairlead/keys');
    const made = KEY_FILES.every((name) => existsSync(join(keys, name)));
    if (!made) throw new Error(`the first node has made only ${readdirSync(keys).join(', ')}`);
    mkdirSync(join(dir, '.fairlead/keys'), { recursive: true, mode: 0o700 });
    const whole = readdirSync(keys).filter((name) => !name.endsWith('.tmp'));
    for (const name of whole) copyFileSync(join(keys, name), join(dir, '.fairlead/keys', name));
  }

  launch(at) {
    const node = this.nodes[at];
    node.server = startServer(node.dir, node.port, { env: node.env });
    node.url = node.server.url;
  }

  async ready(at, timeoutMs = 30_000) {
    const { name, url, server } = this.nodes[at];
    if ((await readyMs(url, timeoutMs)) === undefined) throw new Error(`${name} is not ready\n${server.output.text}`);
  }

  async kill(at) {
    const { child, exited } = this.nodes[at].server;
    child.kill('SIGKILL');
    await exited;
  }

  /** @returns {Promise<number[]>} the exit codes */
  async stop() {
    const ended = this.nodes.map(async ({ server }) => {
      server.child.kill('SIGTERM');
      return (await server.exited).code;
    });
    return await Promise.all(ended);
  }

  /** What the nodes said, for a proof that fails. */
  said(lines = 12) {
    return this.nodes
      .map(
        ({ name, server }) =>
          `${name} said last:\n${server.output.text.trimEnd().split('\n').slice(-lines).join('\n')}`,
      )
      .join('\n');
  }
}

/** Deliveries to nodes at random. What got no 2xx is sent again, as a provider would, until it is acknowledged. */
export class Load {
  acknowledged = new Set();
  refused = 0;
  #isRunning = true;
  #left;

  /** @param total how many deliveries; endless without */
  constructor({ cluster, random, senders, total = Infinity, everyMs = 0 }) {
    this.#left = total;
    this.agent = keepAlive(senders);
    this.sending = Promise.all(Array.from({ length: senders }, () => this.#send(cluster, random, everyMs)));
  }

  async #send({ nodes }, random, everyMs) {
    while (this.#isRunning && this.#left > 0) {
      this.#left -= 1;
      const delivery = githubDelivery();
      while (!(await this.#sendOnce(nodes[Math.floor(random() * nodes.length)], delivery))) {
        this.refused += 1;
        await pause(50);
        // What was never acknowledged may be given up.
        if (!this.#isRunning) return;
      }
      if (everyMs > 0) await pause(everyMs);
    }
  }

  async #sendOnce({ url }, delivery) {
    const { status } = await send(`${url}/in/github`, { ...delivery, agent: this.agent, timeoutMs: 5_000 });
    const isAcknowledged = status >= 200 && status < 300;
    if (isAcknowledged) this.acknowledged.add(delivery.id);
    return isAcknowledged;
  }

  /** Every one of the total is acknowledged, or what was under way has had its answer. */
  async end(isWhole = false) {
    if (!isWhole) this.#isRunning = false;
    await this.sending;
  }
}

/**
 * Waits until nothing is left to do, and counts.
 *
 * @param isHurried whether leases of calls that nobody works on are made to end
 */
export async function sums({ cluster, database, tool, load, isHurried }) {
  const { dir, url } = cluster.nodes[0];
  const startedMs = performance.now();
  let isDrained = false;
  await until(async () => {
    if (isHurried) await database.passTime(4_000);
    isDrained = await drained(dir, url, 1_000).catch(() => false);
    return isDrained;
  }, SETTLED_MAX_MS);
  const drainedMs = Math.round(performance.now() - startedMs);
  const events = await allEvents(dir, url);
  const lost = [...load.acknowledged].filter((id) => !events.has(id));
  const doubled = [...tool.effects].filter(([, count]) => count > 1);
  const missing = [...events.keys()].filter((id) => !tool.effects.has(id));
  const states = await database.rows('select state, count(*) from fairlead.job group by state order by state');
  const unfinished = states.filter(({ state }) => state !== COMPLETED);
  console.log(
    `${load.acknowledged.size} acknowledged, ${load.refused} times refused or unanswered, ${events.size} events, ` +
      `${tool.effects.size} effects, ${tool.repeats()} repeats recognised, drained in ${drainedMs} ms`,
  );
  return {
    events,
    statements: [
      [lost.length === 0, `${lost.length} acknowledged events lost`],
      [doubled.length === 0, `${doubled.length} effects doubled`],
      [missing.length === 0, `${missing.length} events without their effect`],
      [isDrained && unfinished.length === 0, `jobs by state: ${JSON.stringify(states)}`],
    ],
  };
}
