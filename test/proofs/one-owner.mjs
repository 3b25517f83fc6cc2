/**
 * one-owner: three commands, `serve` and `dev` are started together on one data directory. All of them answer, and at no
 * moment have two processes the database open for writing. Then the owner is killed with SIGKILL again and again, while
 * commands keep coming: the one that stands by takes over, and every command has its answer, within 2 s.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { conclude, freePort, isFull, MAIN, pause, readyMs, rest, startServer, until, workspace } from './harness.mjs';

const ROUNDS = isFull ? 20 : 4;
const COMMANDS = 3;
const RECOVERY_MAX_MS = 2_000;
/** What a command may take beyond the recovery: starting Node and the program, on a machine that does much else. */
const COMMAND_MS = 15_000;

const dir = workspace('one-owner');
const dataDir = join(dir, '.fairlead');
const database = join(dataDir, 'fairlead.db');
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const processes = new Set();

/** A command; resolves with its exit code, output and duration. */
function command(...args) {
  const startedMs = performance.now();
  const child = spawn(process.execPath, [MAIN, ...args, '--json'], {
    cwd: dir,
    env: { PATH: process.env.PATH, HOME: dir, FAIRLEAD_PORT: String(port), FAIRLEAD_LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  processes.add(child.pid);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  return new Promise((resolve) => {
    child.once('exit', (exit) => {
      processes.delete(child.pid);
      resolve({ args, exit, stdout, stderr, tookMs: performance.now() - startedMs });
    });
  });
}

function server(kind) {
  const started = startServer(dir, port, { args: [kind] });
  processes.add(started.child.pid);
  void started.exited.then(() => processes.delete(started.child.pid));
  return { ...started, kind };
}

/** The processes of ours that have the database open for writing, as the kernel sees it. */
function writers() {
  return [...processes].filter((pid) => {
    try {
      return readdirSync(`/proc/${pid}/fd`).some((fd) => {
        if (readlinkSync(`/proc/${pid}/fd/${fd}`) !== database) return false;
        const flags = Number.parseInt(/^flags:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'))[1], 8);
        return (flags & 0b11) !== 0;
      });
    } catch {
      return false; // It ended while we looked.
    }
  });
}

let looks = 0;
let mostWriters = 0;
let watching = existsSync('/proc/self/fd');
const watch = (async () => {
  while (watching) {
    looks += 1;
    mostWriters = Math.max(mostWriters, writers().length);
    await pause(2);
  }
})();

const serverFile = () => {
  try {
    return JSON.parse(readFileSync(join(dataDir, 'server.json'), 'utf8'));
  } catch {
    return {};
  }
};

// All at once, on a directory that is not there yet.
const first = Promise.all([command('source', 'list'), command('source', 'create', 'github'), command('status')]);
const servers = [server('serve'), server('dev')];
const together = await first;
const firstReadyMs = await readyMs(url);
const standsBy = await until(
  () =>
    servers.some(({ output }) => output.text.includes('takes over when that one ends')) &&
    serverFile().url !== undefined,
  5_000,
);
const owned = together.filter(({ exit, stdout }) => exit === 0 && JSON.parse(stdout) !== undefined).length;

// The owner is killed while commands keep coming.
const recoveries = [];
const answers = [];
const created = new Set(together.flatMap(({ stdout }) => JSON.parse(stdout || '{}').source?.id ?? []));
let unsure = 0;
for (let round = 0; round < ROUNDS; round++) {
  let going = true;
  const reading = async () => {
    while (going) answers.push(await command('source', 'list'));
  };
  const writing = async () => {
    while (going) {
      const answer = await command('source', 'create', 'github');
      answers.push(answer);
      if (answer.exit === 0) created.add(JSON.parse(answer.stdout).source.id);
      if (answer.exit === 10) unsure += 1;
    }
  };
  const clients = [reading(), reading(), writing()];
  await pause(600);
  const { pid } = serverFile();
  const victim = servers.find(({ child }) => child.pid === pid);
  if (victim === undefined)
    conclude([[false, `round ${round}: no server owns the directory (${JSON.stringify(serverFile())})`]]);
  victim.child.kill('SIGKILL');
  await victim.exited;
  const tookMs = await readyMs(url);
  recoveries.push(tookMs);
  going = false;
  await Promise.all(clients);
  servers.splice(servers.indexOf(victim), 1, server(victim.kind));
  await until(
    () => servers.every(({ output }) => /takes over when that one ends|listens on/.test(output.text)),
    COMMAND_MS,
  );
}

const listed = new Set((await rest(dir, url, 'GET', '/v1/sources')).sources.map(({ id }) => id));
const missing = [...created].filter((id) => !listed.has(id));
for (const { child } of servers) child.kill('SIGTERM');
const ends = await Promise.all(servers.map(({ exited }) => exited));
watching = false;
await watch;

const failed = answers.filter(({ args, exit }) => exit !== 0 && !(exit === 10 && args[1] === 'create'));
const slow = answers.filter(({ tookMs }) => tookMs > COMMAND_MS);
const worst = Math.max(...recoveries.map((ms) => ms ?? Infinity));
for (const { args, exit, stderr } of failed.slice(0, 3))
  console.log(`fairlead ${args.join(' ')}: exit ${exit}\n${stderr}`);
conclude([
  [owned === COMMANDS, `${owned} of ${COMMANDS} commands started together with serve and dev were answered`],
  [firstReadyMs !== undefined && standsBy, 'one server listens, the other stands by'],
  [
    recoveries.every((ms) => ms !== undefined && ms <= RECOVERY_MAX_MS),
    `${ROUNDS} owners killed; the next one was ready after at most ${Math.round(worst)} ms`,
  ],
  [
    failed.length === 0 && slow.length === 0,
    `${answers.length} commands meanwhile, ${failed.length} failed, ${slow.length} too slow, ${unsure} writes told that nobody knows`,
  ],
  [missing.length === 0, `${created.size} sources acknowledged, ${missing.length} missing`],
  [
    !existsSync('/proc/self/fd') || (looks > 0 && mostWriters === 1),
    `at most ${mostWriters} process had the database open for writing, in ${looks} looks`,
  ],
  [ends.every(({ code }) => code === 0), 'both servers ended in order'],
]);
