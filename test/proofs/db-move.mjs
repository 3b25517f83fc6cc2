/**
 * db-move: a store full of events goes from SQLite to PostgreSQL and back into a file. Each move is killed in the middle
 * first: nobody serves from what it left, and it can be begun again. Counts and the roots of the audit trees are equal in
 * all three places, the checkpoint that was kept at the beginning proves everywhere, deliveries of the beginning are
 * duplicates at the end.
 */
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chances, ProofDatabase } from './cluster.mjs';
import {
  conclude,
  drained,
  freePort,
  githubDelivery,
  internalTool,
  isFull,
  keepAlive,
  MAIN,
  pause,
  readyMs,
  runToEnd,
  send,
  startServer,
  toolEnv,
  workspace,
  writeConfig,
} from './harness.mjs';

const EVENTS = isFull ? 100_000 : 2_000;
/** Of so many one has a handler, which calls the tool. */
const HANDLED_EVERY = isFull ? 50 : 20;
const SENDERS = 32;
/** Exit code of a store that was not moved to its end, see the error table. */
const UNFINISHED = 78;

const { between } = chances();
const database = await ProofDatabase.start('db-move');
const tool = await internalTool();
const dir = workspace('db-move');
const last = workspace('db-move-back');
for (const folder of [dir, last]) writeConfig(folder, tool, '', '', 'issues.*');
const onFile = { ...toolEnv(tool), NEW_DATABASE_URL: database.url() };
const onServer = { ...onFile, FAIRLEAD_DATABASE_URL: database.url() };

const deliveries = Array.from({ length: EVENTS }, (_, at) =>
  githubDelivery({ event: at % HANDLED_EVERY === 0 ? 'issues' : 'push', padding: 20 + (at % 200) }),
);

/** Runs a server in `folder` for as long as `use` takes. @returns {Promise<number>} its exit code */
async function serving(folder, env, use) {
  const server = startServer(folder, await freePort(), { env });
  if ((await readyMs(server.url, 60_000)) === undefined) conclude([[false, `not ready\n${server.output.text}`]]);
  await use(server.url);
  server.child.kill('SIGTERM');
  return (await server.exited).code;
}

async function sendAll(url, some) {
  const agent = keepAlive(SENDERS);
  let next = 0;
  const answers = { accepted: 0, duplicates: 0 };
  const sender = async () => {
    while (next < some.length) {
      const { status, text } = await send(`${url}/in/github`, { ...some[next++], agent });
      if (status >= 200 && status < 300) answers.accepted += 1;
      if (text.includes('"duplicate":true')) answers.duplicates += 1;
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
  agent.destroy();
  return answers;
}

async function command(folder, env, ...words) {
  return await runToEnd(process.execPath, [MAIN, ...words], { cwd: folder, env });
}

async function json(folder, env, ...words) {
  const { code, stdout, stderr } = await command(folder, env, ...words, '--json');
  if (code !== 0) conclude([[false, `${words.join(' ')}: exit ${code} ${stderr}`]]);
  return JSON.parse(stdout);
}

/** What a store holds, and how its trees end, in an order of its own. */
const contents = ({ counts, trees }) => JSON.stringify([counts, trees]);

/**
 * Moves, killed in the middle until a kill has left a half-filled store, then to the end. A kill that came after the
 * end of the move has left a whole one, which is emptied.
 *
 * @returns {Promise<{report: object, kills: number, refusal: number, tookMs: number}>}
 */
async function moving({ folder, env, to, half, empty }) {
  let refusal;
  let kills = 0;
  while (refusal === undefined && kills < 20) {
    const move = startServer(folder, 0, { env, args: ['db', 'move', '--to', to] });
    // The last table is there: what follows is the log, the largest part of it all.
    while (!/checkpoint: \d/.test(move.output.text) && move.child.exitCode === null) await pause(2);
    await pause(between(0, isFull ? 5_000 : 150));
    move.child.kill('SIGKILL');
    await move.exited;
    kills += 1;
    const { unfinished } = await json(half.folder, half.env, 'db', 'status');
    if (unfinished) refusal = (await command(half.folder, half.env, 'event', 'list')).code;
    else await empty();
  }
  const startedMs = performance.now();
  const { code, stdout, stderr } = await command(folder, env, 'db', 'move', '--to', to, '--json');
  if (code !== 0) conclude([[false, `the move ends with ${code}: ${stderr.slice(-2_000)}`]]);
  return {
    report: JSON.parse(stdout),
    kills,
    refusal,
    tookMs: Math.round(performance.now() - startedMs),
    said: stderr,
  };
}

/** Whether the log proves the checkpoint that was kept. */
async function proves(folder, env) {
  const by = ['--checkpoint', join(dir, 'kept'), '--public-key', join(dir, 'kept.pub')];
  const { code, stdout, stderr } = await command(folder, env, 'audit', 'verify', ...by, '--json');
  if (code !== 0) console.log(stdout, stderr);
  return code === 0;
}

let first;
const codes = [
  await serving(dir, onFile, async (url) => {
    first = await sendAll(url, deliveries);
    await sendAll(url, deliveries.slice(0, 50));
    await drained(dir, url, 300_000);
  }),
];
const kept = await json(dir, onFile, 'audit', 'checkpoint');
writeFileSync(join(dir, 'kept'), kept.checkpoint);
writeFileSync(join(dir, 'kept.pub'), kept.publicKey);
const before = await json(dir, onFile, 'db', 'move', '--to', 'env:NEW_DATABASE_URL', '--dry-run');

const there = await moving({
  folder: dir,
  env: onFile,
  to: 'env:NEW_DATABASE_URL',
  half: { folder: dir, env: onServer },
  empty: () => database.rows('drop schema if exists fairlead cascade'),
});
const untouched = await json(dir, onFile, 'db', 'move', '--to', 'env:NEW_DATABASE_URL', '--dry-run');

const lastStore = join(last, '.fairlead');
mkdirSync(lastStore, { mode: 0o700 });
const back = await moving({
  folder: dir,
  env: onServer,
  to: `sqlite:${join(lastStore, 'fairlead.db')}`,
  half: { folder: last, env: onFile },
  empty: () => {
    rmSync(lastStore, { recursive: true });
    mkdirSync(lastStore, { mode: 0o700 });
  },
});
cpSync(join(dir, '.fairlead/keys'), join(last, '.fairlead/keys'), { recursive: true });
console.log(`${EVENTS} events there in ${there.tookMs} ms, back in ${back.tookMs} ms`);

const copies = deliveries.filter((_, at) => at % Math.ceil(EVENTS / 500) === 0);
const again = {};
const proven = { file: await proves(last, onFile), server: await proves(dir, onServer) };
for (const [name, folder, env] of [
  ['server', dir, onServer],
  ['file', last, onFile],
]) {
  codes.push(
    await serving(folder, env, async (url) => {
      again[name] = await sendAll(url, copies);
      await sendAll(url, [githubDelivery(), githubDelivery({ event: 'push' })]);
      await drained(folder, url, 60_000);
    }),
  );
  proven[name] = proven[name] && (await proves(folder, env));
}
const sound = await command(last, onFile, 'doctor', '--json');
if (sound.code !== 0) console.log(sound.stdout, sound.stderr);
const doubled = [...tool.effects].filter(([, count]) => count > 1);
const secretsSaid = [there.said, back.said].some((text) => text.includes(database.url()));
await database.stopServer();

conclude([
  [first.accepted === EVENTS, `${first.accepted} of ${EVENTS} deliveries acknowledged before the moves`],
  [before.counts.events === EVENTS, `${before.counts.events} events, ${before.counts.entries} entries to move`],
  [
    there.refusal === UNFINISHED,
    `killed in the middle on the way there (${there.kills} kills): exit ${there.refusal} for whoever opens it`,
  ],
  [
    back.refusal === UNFINISHED,
    `killed in the middle on the way back (${back.kills} kills): exit ${back.refusal} for whoever opens it`,
  ],
  [
    contents(there.report) === contents(before),
    'PostgreSQL holds what the file held, down to the roots of the audit log',
  ],
  [contents(back.report) === contents(before), 'the file at the end holds the same'],
  [contents(untouched) === contents(before), 'the source of a move is as it was'],
  [
    proven.server && proven.file,
    'the checkpoint kept before proves on PostgreSQL and in the file, and after more was written',
  ],
  [
    again.server.duplicates === copies.length && again.file.duplicates === copies.length,
    `${again.server.duplicates} and ${again.file.duplicates} of ${copies.length} old deliveries are known as duplicates`,
  ],
  [doubled.length === 0, `${doubled.length} effects doubled`],
  [!secretsSaid, 'the address of the database is in nothing that was said'],
  [sound.code === 0, `doctor ends with ${sound.code} in the end`],
  [codes.every((code) => code === 0), `exit codes on SIGTERM: ${codes.join(', ')}`],
]);
