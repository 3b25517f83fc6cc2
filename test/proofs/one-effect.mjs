/**
 * one-effect-killed: a caller repeats a write with one key five times over REST, at a real server, while three answers
 * are lost and the server is killed with SIGKILL and started again in between. Many runs share a server and its death;
 * each has a simulated provider of its own, in another process than the server, that counts what took place. Hours pass
 * by the clock of the machine, which goes ahead for the server and the providers alike. With FAIRLEAD_STORE=postgres its
 * store is a PostgreSQL that outlives it.
 */
import { build } from 'esbuild';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ProofDatabase } from './cluster.mjs';
import { conclude, freePort, localToken, pause, readyMs, rest, send, startServer, workspace } from './harness.mjs';
import { Gate, tokenOf } from './one-effect/gate.mjs';

const RUNS = Number(process.env.FAIRLEAD_ONE_EFFECT ?? 2);
/** Of each provider at one server. More would wait for the pace that Fairlead keeps for a provider. */
const AT_ONCE = 8;
const REPEATS = 5;
const LOOKS_MAX = 8;
/** The process dies up to so long after a step of an exchange: before, in, or after the commit that follows it. */
const DEATH_WITHIN_MS = 40;
/** A call that was held back comes again when it was told to, and is no repeat. */
const HELD_BACK_MAX = 60;
const isOnServer = process.env.FAIRLEAD_STORE === 'postgres';

async function parts() {
  const file = join(import.meta.dirname, '../../.tmp', `one-effect-${process.pid}.mjs`);
  process.once('exit', () => rmSync(file, { force: true }));
  await build({
    entryPoints: [join(import.meta.dirname, 'one-effect/parts.ts')],
    outfile: file,
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    logLevel: 'error',
  });
  return await import(pathToFileURL(file).href);
}

const { SeededRandom, WRITES, fatesOf, pauseMs, problemOf } = await parts();
const seed = process.env.SEED ?? String(Date.now() % 1_000_000);
const providers = [...new Set(WRITES.map(({ action }) => action.split('.')[0]))];
console.log(`seed ${seed}, ${RUNS} runs for each of ${providers.length} providers`);

const dir = workspace('one-effect');
const port = await freePort();
const database = isOnServer ? await ProofDatabase.start('one-effect') : undefined;
let aheadMs = 0;
const gate = await Gate.open(() => Date.now() + aheadMs);
const clockFile = join(dir, 'ahead');
writeFileSync(clockFile, '0');
const baseUrls = Object.fromEntries(
  WRITES.map(({ open }) => open(Date.now()).provider).map(({ name, basePath }) => [
    name,
    { baseUrl: `http://${gate.host}/${name}${basePath}` },
  ]),
);
writeFileSync(
  join(dir, 'fairlead.config.mjs'),
  `export default { connections: ${JSON.stringify(baseUrls)}, handlers: [] };\n`,
);
const env = {
  FAIRLEAD_ALLOWED_PRIVATE_HOSTS: gate.host,
  FAIRLEAD_LOG_LEVEL: 'error',
  NODE_OPTIONS: `--import=${pathToFileURL(join(import.meta.dirname, 'one-effect/moving-clock.mjs')).href}`,
  PROOF_CLOCK_FILE: clockFile,
  ...(database && { FAIRLEAD_DATABASE_URL: database.url() }),
};
let server;
let token;
let kills = 0;

async function start() {
  server = startServer(dir, port, { env });
  if ((await readyMs(server.url, 30_000)) === undefined) conclude([[false, `never ready\n${server.output.text}`]]);
  token = localToken(dir);
}

async function kill() {
  kills += 1;
  server.child.kill('SIGKILL');
  await server.exited;
}

/** Hours pass for everybody; nothing is under way that a deadline would have ended. */
async function pass(ms) {
  gate.arriveAll();
  aheadMs += Math.ceil(ms);
  writeFileSync(clockFile, String(aheadMs));
  await database?.rows(`update fairlead.call set lease_until = lease_until - ${Math.ceil(ms)} where state = 'running'`);
  // Read again by then.
  await pause(30);
}

let numbers = 0;
async function newRun(write, at) {
  const number = ++numbers;
  const random = new SeededRandom(`${write.name}/${seed}/${at}`);
  const { provider, env: variables, input, effects } = write.open(Date.now() + aheadMs);
  const run = { number, write, at, random, provider, input, effects, fates: fatesOf(random), exchanges: 0, cut: 0 };
  gate.runs.set(number, run);
  const secret = tokenOf(Object.values(variables)[0], number);
  const { connection } = await rest(dir, server.url, 'POST', '/v1/connections', {
    provider: provider.name,
    secret,
    check: false,
  });
  run.connection = connection.id;
  return run;
}

/** @returns what is known of the call, or `undefined` where the server was gone */
async function call(run) {
  for (let times = 0; times < HELD_BACK_MAX; times += 1) {
    const { status, text } = await send(`${server.url}/v1/actions/${run.write.action}`, {
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'idempotency-key': `order-${run.number}`,
        'fairlead-connection': run.connection,
      },
      body: JSON.stringify(run.input),
      timeoutMs: 120_000,
    });
    if (status === 0) return undefined;
    const answer = JSON.parse(text);
    const result = answer.call ?? answer;
    if (result.state === undefined) throw new Error(`${run.write.name}: ${status} ${text.slice(0, 500)}`);
    if (result.tooEarly !== true) return { ...result, detail: answer.detail };
    await pause(Math.min(result.retryAfterMs ?? 1_000, 5_000));
  }
  throw new Error(`${run.write.name} is held back without end`);
}

async function repeat(run) {
  const twice = run.random.float() < 0.25;
  const results = await Promise.all(twice ? [call(run), call(run)] : [call(run)]);
  const known = results.filter((result) => result !== undefined);
  if (known.length < results.length) run.cut += 1;
  return known.find(({ state }) => state !== 'running') ?? known[0];
}

const isDone = ({ last }) => last?.state === 'done' || last?.state === 'replayed';
const isOver = (run) => isDone(run) || (run.last?.state === 'unknown' && run.last.retryAfterMs === undefined);
const longestMs = (runs) => Math.max(0, ...runs.map(({ last }) => last?.retryAfterMs ?? 0));

/** All of them at once; the server dies at the step that was drawn. */
async function round(runs, death) {
  gate.onStep = () => {
    if (death.left === 0 || --death.left > 0) return;
    death.dying = pause(death.afterMs).then(kill);
  };
  await Promise.all(runs.map(async (run) => (run.last = await repeat(run))));
  await death.dying;
  if (death.dying === undefined) return;
  delete death.dying;
  await start();
}

async function batch(at, writes) {
  const random = new SeededRandom(`batch/${seed}/${at}`);
  const runs = [];
  for (const [index, write] of writes.entries()) runs.push(await newRun(write, `${at}/${index}`));
  // Of the first exchanges of all of them, which have two steps each.
  const death = { left: 1 + random.int(runs.length * 4), afterMs: random.float() * DEATH_WITHIN_MS };
  for (let times = 0; times < REPEATS; times += 1) {
    await round(runs, death);
    if (times === REPEATS - 2 && death.left > 0) {
      death.left = 0;
      await kill();
      await start();
    }
    await pass(pauseMs(random, longestMs(runs) || undefined));
  }
  for (let times = 0; times < LOOKS_MAX; times += 1) {
    const open = runs.filter((run) => !isOver(run));
    if (open.length === 0) break;
    await pass(Math.max(60_000, longestMs(open)));
    await round(open, death);
  }
  await pass(10 * 60_000);
  return runs;
}

/** The writes of a provider take turns. */
function writesOf(provider, from, count) {
  const own = WRITES.filter(({ action }) => action.startsWith(`${provider}.`));
  return Array.from({ length: count }, (_, at) => own[(from + at) % own.length]);
}

await start();
const all = [];
for (let from = 0; from < RUNS; from += AT_ONCE) {
  const count = Math.min(AT_ONCE, RUNS - from);
  const writes = providers.flatMap((provider) => writesOf(provider, from, count));
  all.push(...(await batch(from, writes)));
  if (RUNS > AT_ONCE) console.log(`${all.length} of ${RUNS * providers.length} runs, ${kills} kills`);
}
server.child.kill('SIGTERM');
const { code } = await server.exited;
await database?.stopServer();
gate.server.close();
gate.server.closeAllConnections();

const problems = [];
for (const provider of providers) {
  const runs = all.filter(({ write }) => write.action.startsWith(`${provider}.`));
  const count = { done: 0, unknown: 0, 'unknown with effect': 0, failed: 0, 'cut by the kill': 0, requests: 0 };
  for (const run of runs) {
    const effects = run.effects();
    const state = run.last?.state ?? 'running';
    const problem = problemOf({ effects, state });
    const say = (what) => problems.push(`SEED=${seed} ${run.write.name} (${run.at}): ${what}`);
    if (problem !== undefined) say(`${problem}: ${run.last?.detail ?? ''}`);
    if (isDone(run)) count.done += 1;
    else if (state === 'failed') count.failed += 1;
    else if (state === 'unknown') count[effects === 0 ? 'unknown' : 'unknown with effect'] += 1;
    if (run.write.ends === 'known' && state === 'unknown' && effects > 0)
      say('unknown, although it could be looked up');
    if (run.cut > 0) count['cut by the kill'] += 1;
    count.requests += run.exchanges;
  }
  if (count.failed === runs.length) problems.push(`${provider}: nothing ever works`);
  console.log(
    `${provider}: ${runs.length} runs, ${Object.entries(count)
      .map(([what, n]) => `${n} ${what}`)
      .join(', ')}`,
  );
}
for (const problem of problems.slice(0, 40)) console.log(`      ${problem}`);
const cut = all.filter((run) => run.cut > 0).length;
conclude([
  [problems.length === 0, `${all.length} runs: ${problems.length} with two effects, a false word or no end`],
  [kills > 0 && cut > 0, `${kills} kills, in the middle of ${cut} runs' calls`],
  [code === 0, `ends with exit code ${code} on SIGTERM`],
]);
