/**
 * kill-nine: the server is killed with SIGKILL again and again while deliveries pour in. Every delivery that got a 2xx
 * must be an event afterwards, every event must have had its effect in the internal tool exactly once, and each restart
 * must be ready in 2 s. With FAIRLEAD_STORE=postgres its store is a PostgreSQL that outlives it.
 */
import { LEASE_MS, ProofDatabase } from './cluster.mjs';
import {
  conclude,
  drained,
  freePort,
  githubDelivery,
  internalTool,
  isFull,
  keepAlive,
  pause,
  readyMs,
  allEvents,
  seeded,
  send,
  startServer,
  toolEnv,
  until,
  workspace,
  writeConfig,
} from './harness.mjs';

const CYCLES = isFull ? 60 : 12;
const isOnServer = process.env.FAIRLEAD_STORE === 'postgres';
/** Each job there is some round trips: as many events as are worked off while others come. */
const SENDERS = isOnServer ? 4 : 16;
const PACE_MS = isOnServer ? 40 : 0;
/** On PostgreSQL a start looks through the tables and functions of another process. */
const READY_MAX_MS = isOnServer ? 4_000 : 2_000;
/** From being ready to the kill: the shortest ends before the first handler runs, the longest after hundreds did. */
const ALIVE_MS = { min: 80, max: isOnServer ? 3_000 : 1_600 };
/** The tool answers this long after the effect: a kill finds calls between the two. */
const ANSWER_DELAY_MS = 25;
/** A busy machine may not come to an effect in the time a life has: every third life goes on to its next one. */
const EFFECT_WAIT_MS = 10_000;
/** Longer than a lease. */
const STANDING_STILL_MS = 120_000;

const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
const random = seeded(seed);
console.log(`seed ${seed}, ${CYCLES} cycles, ${SENDERS} senders`);

const dir = workspace('kill-nine');
const port = await freePort();
const tool = await internalTool({ delayMs: ANSWER_DELAY_MS });
const database = isOnServer ? await ProofDatabase.start('kill-nine') : undefined;
// The claims of a killed owner of a file end with it; on PostgreSQL they end with their leases.
writeConfig(dir, tool, database === undefined ? '' : `jobs: { leaseMs: ${LEASE_MS} },`);
const env = {
  ...toolEnv(tool),
  ...(database === undefined ? {} : { FAIRLEAD_DATABASE_URL: database.url() }),
};

const acknowledged = new Set();
const unanswered = [];
const ready = [];
let running = true;

/** Sends without pause; what got no answer is sent again later, as a provider would. */
async function sender(url, agent) {
  while (running) {
    const delivery = random() < 0.2 && unanswered.length > 0 ? unanswered.shift() : githubDelivery();
    const { status } = await send(`${url}/in/github`, { ...delivery, agent, timeoutMs: 3_000 });
    if (status >= 200 && status < 300) {
      acknowledged.add(delivery.id);
      if (PACE_MS > 0) await pause(PACE_MS);
    } else {
      if (unanswered.length < 500) unanswered.push(delivery);
      await pause(25);
    }
  }
}

/** What was acknowledged takes as long as it takes: only standing still is a fault. */
async function workedOff() {
  const isOver = async () => {
    // In place of waiting for the leases of calls whose holder is gone.
    if (!isFull) await database?.passTime(4_000);
    return await drained(dir, url, 1_000);
  };
  for (let before = -1; tool.effects.size > before;) {
    before = tool.effects.size;
    if (await until(isOver, STANDING_STILL_MS)) return true;
  }
  return false;
}

const agent = keepAlive(SENDERS);
const url = `http://127.0.0.1:${port}`;
const senders = Array.from({ length: SENDERS }, () => sender(url, agent));
for (let cycle = 0; cycle < CYCLES; cycle++) {
  const server = startServer(dir, port, { env });
  const tookMs = await readyMs(url);
  if (tookMs === undefined) conclude([[false, `cycle ${cycle}: never ready\n${server.output.text}`]]);
  ready.push(tookMs);
  await pause(ALIVE_MS.min + random() * (ALIVE_MS.max - ALIVE_MS.min));
  const seen = tool.effects.size;
  if (cycle % 3 === 2) await until(() => tool.effects.size > seen, EFFECT_WAIT_MS, 5);
  server.child.kill('SIGKILL');
  await server.exited;
}
running = false;
await Promise.all(senders);

const last = startServer(dir, port, { env });
ready.push(await readyMs(url));
const isDrained = await workedOff();
const events = await allEvents(dir, url);
last.child.kill('SIGTERM');
const { code } = await last.exited;
await database?.stopServer();

const lost = [...acknowledged].filter((id) => !events.has(id));
const doubled = [...tool.effects].filter(([, count]) => count > 1);
const missing = [...events.keys()].filter((id) => !tool.effects.has(id));
// The first start makes the tables; it comes after no kill.
const worst = Math.max(...ready.slice(1));
console.log(`${acknowledged.size} acknowledged, ${events.size} events, ${tool.effects.size} effects`);
conclude([
  [acknowledged.size > CYCLES * 10, `${acknowledged.size} deliveries were acknowledged`],
  [lost.length === 0, `${lost.length} acknowledged events lost`],
  [doubled.length === 0, `${doubled.length} effects doubled`],
  [tool.repeats() > 0, `${tool.repeats()} calls were cut between effect and answer, asked again and recognised`],
  [isDrained && missing.length === 0, `${missing.length} events without their effect`],
  [worst <= READY_MAX_MS, `ready after a kill in ${Math.round(worst)} ms at worst (at most ${READY_MAX_MS})`],
  [code === 0, `ends with exit code ${code} on SIGTERM`],
]);
