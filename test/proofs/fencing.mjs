/**
 * fencing: a node that holds leases, and writes of which it has no answer yet, is stopped with SIGSTOP until all that it
 * held has run out, while another node takes over. Then it goes on with SIGCONT, and is too late everywhere: its
 * settlements are refused, what it had sent to a target with keys was recognised, and what it had sent to a target without
 * keys is not sent again by anybody: it is `unknown` until the one who has the answer says so, or for good.
 */
import { createServer } from 'node:http';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { chances, Cluster, LEASE_MS, ProofDatabase } from './cluster.mjs';
import { conclude, githubDelivery, internalTool, isFull, pause, rest, send, until } from './harness.mjs';

/** Three handlers each; a node works on 16 jobs at a time. */
const DELIVERIES = isFull ? 40 : 15;
const HALF_SENT = 14;
/** Long enough that the stop finds requests whose answer is still to come. */
const ANSWER_DELAY_MS = 4_000;
/** Jobs and calls end their leases, and those who were told to wait look again. */
const TAKEN_OVER_MAX_MS = 120_000;
const UNKNOWN = `select count(*)::int as n from fairlead.call where state = 'unknown'`;

/** Takes requests and never answers. */
async function silentTool() {
  const requests = [];
  const server = createServer((incoming) => {
    incoming.setEncoding('utf8');
    let text = '';
    incoming.on('data', (chunk) => (text += chunk));
    incoming.on('end', () => requests.push(JSON.parse(text).delivery));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${server.address().port}`;
  return { host, url: `http://${host}/`, requests, hangUp: () => server.closeAllConnections() };
}

chances();
const database = await ProofDatabase.start('fencing');
const keyed = await internalTool({ delayMs: ANSWER_DELAY_MS });
const plain = await internalTool({ delayMs: ANSWER_DELAY_MS });
const silent = await silentTool();
const hosts = [keyed.host, plain.host, silent.host];
const handlers = Object.entries({ keyed, plain, silent }).map(
  ([name, { url }]) => `    on('github', '*', { name: '${name}', uses: ['http.post'] }, async (event, ctx) => {
      await ctx.actions.http.post({ url: '${url}', json: { delivery: event.key } });
    }),`,
);
const config = `import { defineConfig, on } from 'fairlead';
export default defineConfig({
  jobs: { leaseMs: ${LEASE_MS} },
  handlers: [
${handlers.join('\n')}
  ],
});
`;
const cluster = await Cluster.start({
  name: 'fencing',
  tool: keyed,
  urls: [database.url(), database.url()],
  prepare: (node) => {
    writeFileSync(join(node.dir, 'fairlead.config.mjs'), config);
    node.env.FAIRLEAD_ALLOWED_PRIVATE_HOSTS = hosts.join(',');
    node.env.FAIRLEAD_SAAS_HOSTS = hosts.map((host) => `http://${host}`).join(',');
  },
});
const [first, second] = cluster.nodes;
const jobs = async (where) => (await database.rows(`select count(*)::int as n from fairlead.job where ${where}`))[0].n;

// The first node alone takes all of it, and sends what it can.
await cluster.kill(1);
const deliveries = Array.from({ length: DELIVERIES }, () => githubDelivery());
const answers = await Promise.all(deliveries.map((one) => send(`${first.url}/in/github`, one)));
const sent = () => keyed.effects.size + plain.effects.size + silent.requests.length;
await until(() => sent() >= HALF_SENT, 20_000, 5);
first.server.child.kill('SIGSTOP');
// What was on its way arrives.
await pause(300);
const halfSent = { keyed: keyed.effects.size, plain: plain.effects.size, silent: silent.requests.length };
const held = await jobs('state = 2');
const underWay = await database.callsUnderWay();
const stoppedMs = performance.now();

cluster.launch(1);
await cluster.ready(1);
// As if it had been stopped for longer.
if (!isFull) {
  await database.rows('update fairlead.job set lease_until = 0 where state = 2');
  await database.rows(`update fairlead.call set lease_until = 0 where state = 'running'`);
}
const isWaited = () =>
  jobs(`state in (0, 1) or (state = 2 and queue not in (select id from fairlead.queue where name = 'silent'))`);
const isTakenOver = await until(async () => (await isWaited()) === 0, TAKEN_OVER_MAX_MS, 200);
const unknownThen = (await database.rows(UNKNOWN))[0].n;
const stoppedForMs = Math.round(performance.now() - stoppedMs);

first.server.child.kill('SIGCONT');
const isLate = () => (first.server.output.text.match(/settled too late/g) ?? []).length;
await until(() => isLate() > 0, 20_000, 100);
await until(
  async () => {
    silent.hangUp();
    return (await jobs('state in (0, 1, 2)')) === 0;
  },
  90_000,
  200,
);
const ended = await database.rows(`select q.name,
    count(*) filter (where j.state = 4)::int as completed, count(*) filter (where j.state = 3)::int as parked
  from fairlead.job j join fairlead.queue q on q.id = j.queue group by 1`);
const of = (name) => ended.find((queue) => queue.name === name);
console.log(JSON.stringify(ended));
const verified = await rest(second.dir, second.url, 'POST', '/v1/audit/verify', {});
const codes = await cluster.stop();

const isOnce = ({ effects }) => [...effects.values()].every((count) => count === 1);
const repeated = silent.requests.length - new Set(silent.requests).size;
const inKeys = of('keyed').completed === DELIVERIES && keyed.effects.size === DELIVERIES && isOnce(keyed);
// What was begun and never left the stopped node is unknown as well: nobody else may know that.
const inPlain =
  of('plain').completed + of('plain').parked === DELIVERIES && plain.effects.size >= of('plain').completed;
conclude([
  [answers.every(({ status }) => status < 300), `${DELIVERIES} deliveries acknowledged, each for three handlers`],
  [
    halfSent.plain > 0 && halfSent.keyed > 0 && underWay > 0,
    `sent at the stop: ${JSON.stringify(halfSent)}, ${underWay} of these calls without an outcome`,
  ],
  [isTakenOver, `${held} held jobs taken over; the node was stopped for ${stoppedForMs} ms`],
  [isLate() > 0, `${isLate()} of its settlements were refused when it went on`],
  [inKeys, `with keys: ${keyed.effects.size} effects, each once, ${keyed.repeats()} repeats recognised`],
  [unknownThen > 0, `${unknownThen} calls were unknown while it was stopped`],
  [
    inPlain && isOnce(plain) && plain.repeats() === 0,
    `without: ${plain.effects.size} effects, ${plain.repeats()} sent again`,
  ],
  [
    of('plain').completed > 0,
    `${of('plain').completed} jobs of these completed, ${of('plain').parked} wait for a decision`,
  ],
  [
    of('silent').parked === DELIVERIES && repeated === 0,
    `no answer at all: ${silent.requests.length} requests, ${repeated} sent again, ${of('silent').parked} wait for a decision`,
  ],
  [verified.problems.length === 0, `audit log: ${verified.problems.length} problems`],
  [codes.every((code) => code === 0), `exit codes on SIGTERM: ${codes.join(', ')}`],
]);
