/**
 * one-refresh, with real processes: 200 callers in three processes meet one expired connection, whose refresh token is
 * good for one use, at a provider that answers after 0.1 to 25 s (in CI after a tenth of that). Over SQLite the three
 * processes ask one owner, over PostgreSQL each asks a node of its own. One token request an expiry, no failed call.
 *
 * Then whoever renews is killed with SIGKILL as soon as the answer of the provider has left for it. The connection works
 * on (the commit was quicker) or says that it has to be connected again; nobody asks again and again, and no call goes
 * out with a token that is dead.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chances, Cluster, ProofDatabase } from './cluster.mjs';
import { conclude, isFull, pause, rest, runToEnd, until } from './harness.mjs';
import { Provider } from './one-refresh/provider.mjs';

const CALLER = fileURLToPath(new URL('one-refresh/caller.mjs', import.meta.url));
const PROCESSES = 3;
const CALLERS = 200;
const EXPIRIES = isFull ? 10 : 2;
const KILLS = isFull ? 100 : 3;
const [DELAY_MIN_MS, DELAY_MAX_MS] = isFull ? [100, 25_000] : [100, 2_500];
/** Of a token request while whoever makes it is killed: the lease lasts half as long again, and is waited for. */
const KILL_TIMEOUT_MS = 1_500;
const KILL_CALLERS = 6;
/** Of a token that shall expire, and of one that shall not. */
const SHORT_MS = 2_000;
const LONG_MS = 3_600_000;
/** What a call says whose connection has to be connected again. */
const WAY_BACK = /fairlead connection connect linear --reconnect con_/;

const { between } = chances();
const statements = [];

/** One Fairlead, in one process or in three, that knows the provider. */
class Installation {
  static async start(store, urls) {
    const one = new Installation();
    one.store = store;
    one.provider = new Provider();
    const doors = [];
    for (const at of urls.keys()) doors.push(await one.provider.door(at));
    one.cluster = await Cluster.start({
      name: `one-refresh-${store}`,
      tool: { host: doors.join(',') },
      urls,
      prepare(node) {
        node.door = doors[Number(node.name.split(' ')[1]) - 1];
        node.env = {
          ...one.provider.variables,
          FAIRLEAD_ALLOWED_PRIVATE_HOSTS: node.door,
          ...(node.env.FAIRLEAD_DATABASE_URL && { FAIRLEAD_DATABASE_URL: node.env.FAIRLEAD_DATABASE_URL }),
        };
        configure(node, 30_000);
      },
    });
    return one;
  }

  get nodes() {
    return this.cluster.nodes;
  }

  async ask(method, path, input, at = 0) {
    const { dir, url } = this.nodes[at];
    return await rest(dir, url, method, path, input);
  }

  /** A connection whose token has ended, and whose next one will last. The schedule may be at it by then. */
  async expired() {
    const { provider } = this;
    provider.oauth.lifeMs = SHORT_MS;
    const flow = await this.ask('POST', '/v1/connect-flows', { provider: 'linear' });
    const answer = await provider.agree(flow.authorizationUrl);
    const { binding } = flow;
    const { id } = await this.ask('POST', '/v1/connect-flows/complete', { provider: 'linear', answer, binding });
    provider.oauth.lifeMs = LONG_MS;
    await pause(SHORT_MS);
    return id;
  }

  /** Calls from processes of their own, all at once. @returns what came of each */
  async call(connection, calls, processes = PROCESSES) {
    const { token } = JSON.parse(readFileSync(join(this.nodes[0].dir, '.fairlead/keys/local.json'), 'utf8'));
    const all = Array.from({ length: processes }, async (_, at) => {
      const share = Math.floor((calls + at) / processes);
      // Over one owner all ask it; of several nodes each process has its own.
      const urls = [this.nodes[at % this.nodes.length].url];
      const input = JSON.stringify({ urls, token, connection, calls: share });
      const { code, stdout, stderr } = await runToEnd(process.execPath, [CALLER], { input });
      if (code !== 0) throw new Error(`a process of callers ended with ${code}: ${stderr}`);
      return JSON.parse(stdout);
    });
    return (await Promise.all(all)).flat();
  }
}

function configure({ dir, door }, timeoutMs) {
  const config = { connections: { linear: { baseUrl: `http://${door}` } }, connect: { timeoutMs } };
  writeFileSync(join(dir, 'fairlead.config.mjs'), `export default ${JSON.stringify(config)};\n`);
}

const isOk = ({ status }) => status === 200;

/** Callers on a token that is over, and a provider that takes its time. */
async function expiries(installation) {
  const { store, provider } = installation;
  const sums = { calls: 0, failed: [], renewals: [], delaysMs: [] };
  for (let expiry = 0; expiry < EXPIRIES; expiry += 1) {
    // The answer waits for the callers: whoever asked first, they all meet a token that is over.
    let letGo;
    const areOut = new Promise((resolve) => (letGo = resolve));
    const delayMs = Math.round(between(DELAY_MIN_MS, DELAY_MAX_MS));
    provider.delayMs = async () => {
      await areOut;
      await pause(delayMs);
    };
    const before = provider.renewals;
    const id = await installation.expired();
    const calling = installation.call(id, CALLERS);
    await until(() => provider.renewals > before, 10_000);
    letGo();
    const answers = await calling;
    sums.calls += answers.length;
    sums.failed.push(...answers.filter((answer) => !isOk(answer)));
    sums.renewals.push(provider.renewals - before);
    sums.delaysMs.push(delayMs);
  }
  if (sums.failed.length > 0) console.log(sums.failed.slice(0, 3), installation.cluster.said());
  statements.push(
    [
      sums.renewals.every((count) => count === 1),
      `${store}: token requests an expiry: ${sums.renewals.join(', ')}; answered after ${sums.delaysMs.join(', ')} ms`,
    ],
    [
      sums.failed.length === 0 && sums.calls === CALLERS * EXPIRIES,
      `${store}: ${sums.failed.length} of ${sums.calls} calls failed`,
    ],
  );
}

/**
 * Ends whoever the next answer to a renewal is for: a moment after it has left, or, to be sure that it comes before the
 * commit, in front of it, with the process held so that the answer lies in its socket.
 *
 * @returns {Promise<number>} the node
 */
function killAtAnswer({ provider, cluster }, isHeld, afterMs) {
  return new Promise((resolve) => {
    const { deliver } = provider;
    provider.deliver = async (at, send) => {
      provider.deliver = deliver;
      if (isHeld) cluster.nodes[at].server.child.kill('SIGSTOP');
      await send();
      const untilMs = performance.now() + afterMs;
      while (performance.now() < untilMs);
      await cluster.kill(at);
      resolve(at);
    };
  });
}

/** One kill between the provider's answer and our commit, and all that is seen of it afterwards. */
async function kill(installation, isHeld, sums) {
  const { provider, cluster, nodes } = installation;
  provider.delayMs = () => pause(between(20, 300));
  const id = await killed(installation, isHeld);
  const [renewals, unauthorized] = [provider.renewals, provider.unauthorized];
  const answers = await installation.call(id, KILL_CALLERS);
  const again = await installation.call(id, KILL_CALLERS);
  const asked = provider.renewals - renewals;
  const { state } = await installation.ask('GET', `/v1/connections/${id}`, undefined, nodes.length - 1);
  const works = [...answers, ...again].every(isOk) && state === 'connected' && asked === 0;
  const says = [...answers, ...again].every(({ status, text }) => status === 409 && WAY_BACK.test(text));
  const isEnded = says && state === 'needs_reconnect' && asked <= 1;
  sums.unauthorized += provider.unauthorized - unauthorized;
  if (works) sums.committed += 1;
  else if (isEnded) sums.ended += 1;
  else sums.wrong.push({ state, asked, answers: [...answers, ...again].slice(0, 3), said: cluster.said(4) });
}

/** @returns {Promise<string>} a connection whose renewal has just been cut off, with every node up again */
async function killed(installation, isHeld) {
  const { cluster } = installation;
  // Whoever asks first, a caller or the schedule, is whom it hits.
  const killing = killAtAnswer(installation, isHeld, between(0, 3));
  const id = await installation.expired();
  // Some of them are cut off with it, some wait elsewhere: neither is what this asks for.
  const calling = installation.call(id, KILL_CALLERS);
  const at = await killing;
  cluster.launch(at);
  await cluster.ready(at);
  await calling;
  return id;
}

async function kills(installation) {
  const { store, cluster, nodes } = installation;
  await cluster.stop();
  for (const [at, node] of nodes.entries()) {
    configure(node, KILL_TIMEOUT_MS);
    cluster.launch(at);
  }
  for (const at of nodes.keys()) await cluster.ready(at);
  const sums = { committed: 0, ended: 0, unauthorized: 0, wrong: [] };
  for (let count = 0; count < KILLS; count += 1) await kill(installation, count % 2 === 0, sums);
  for (const one of sums.wrong.slice(0, 3)) console.log(JSON.stringify(one, undefined, 1));
  statements.push(
    [
      sums.wrong.length === 0 && sums.committed + sums.ended === KILLS,
      `${store}: ${KILLS} kills after the answer: ${sums.ended} say needs_reconnect and the way back, ` +
        `${sums.committed} were stored before and work, ${sums.wrong.length} neither`,
    ],
    [sums.ended >= KILLS / 2, `${store}: ${sums.ended} of the kills came before the commit`],
    [sums.unauthorized === 0, `${store}: ${sums.unauthorized} calls went out with a token that was over`],
  );
}

async function prove(store, urls) {
  const installation = await Installation.start(store, urls);
  await expiries(installation);
  await kills(installation);
  await installation.cluster.stop();
}

const database = await ProofDatabase.start('one-refresh');
const overSqlite = () => prove('SQLite', [undefined]);
const overPostgres = () => prove('PostgreSQL', Array(PROCESSES).fill(database.url()));
if (isFull) {
  await overSqlite();
  await overPostgres();
} else await Promise.all([overSqlite(), overPostgres()]);
conclude(statements);
