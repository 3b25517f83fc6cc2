/**
 * faults: a disk that fails, a full disk, no file descriptors, SIGTERM under load. In each case nothing acknowledged
 * is lost, nothing is acknowledged falsely, and the server comes back or ends as declared (security reference R-06,
 *
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import {
  allEvents,
  conclude,
  freePort,
  githubDelivery,
  internalTool,
  isFull,
  pause,
  readyMs,
  seeded,
  send,
  signalGroup,
  startServer,
  toolEnv,
  until,
  workspace,
  writeConfig,
} from './harness.mjs';

const statements = [];
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
const random = seeded(seed);
console.log(`seed ${seed}`);

const hasStrace = spawnSync('strace', ['-V']).status === 0;
const canMount = process.getuid?.() === 0;

/** Sends until `stop()`; knows what was acknowledged. */
function load(url, senders = 8) {
  const acknowledged = new Set();
  const statuses = new Map();
  let running = true;
  const ended = Promise.all(
    Array.from({ length: senders }, async () => {
      while (running) {
        const delivery = githubDelivery();
        const { status } = await send(`${url}/in/github`, { ...delivery, timeoutMs: 5_000 });
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (status >= 200 && status < 300) acknowledged.add(delivery.id);
        else await pause(5);
      }
    }),
  );
  return { acknowledged, statuses, stop: async () => ((running = false), await ended) };
}

async function lostAfterRestart(dir, acknowledged, env = {}) {
  const port = await freePort();
  const server = startServer(dir, port, { env });
  if ((await readyMs(server.url)) === undefined) return `never ready again: ${server.output.text.slice(-500)}`;
  const events = await allEvents(dir, server.url);
  server.child.kill('SIGTERM');
  await server.exited;
  return [...acknowledged].filter((id) => !events.has(id)).length;
}

/** the n-th fdatasync fails. No 2xx after it, exit code 74 within a second, a restart has every acknowledged event. */
async function failingSync(n) {
  const dir = workspace(`eio-${n}`);
  const port = await freePort();
  const server = startServer(dir, port, {
    prefix: [
      'strace',
      '-f',
      '-qq',
      '-o',
      '/dev/null',
      '-e',
      `inject=fdatasync,fsync:error=EIO:when=${n}+`,
      '-e',
      'trace=fdatasync,fsync',
    ],
  });
  const ready = await readyMs(server.url, 20_000);
  // An early n fails the start itself: then nothing was acknowledged and the exit code must say so, too.
  const sending = load(server.url);
  const { code } = await Promise.race([server.exited, pause(20_000).then(() => ({ code: 'still running' }))]);
  await sending.stop();
  // strace and what it traces.
  signalGroup(server.child, 'SIGKILL');
  const lost = await lostAfterRestart(dir, sending.acknowledged);
  return { ready: ready !== undefined, code, acknowledged: sending.acknowledged.size, lost };
}

if (hasStrace) {
  const points = isFull ? Array.from({ length: 40 }, (_, i) => 5 + i * 5) : [5, 20, 90];
  const results = [];
  for (const n of points) results.push({ n, ...(await failingSync(n)) });
  for (const { n, ready, code, acknowledged, lost } of results) {
    console.log(
      `fsync fails from the ${n}th on: ready ${ready}, exit ${code}, ${acknowledged} acknowledged, ${lost} lost`,
    );
  }
  statements.push([
    results.every(({ code }) => code === 74),
    `exit code 74 after a failed fsync, ${points.length} times`,
  ]);
  statements.push([results.every(({ lost }) => lost === 0), 'no event acknowledged before a failed fsync is lost']);
} else console.log('skipped: fsync EIO needs strace');

/** the disk fills up. 503 with Retry-After, no false 2xx; when space returns the same process goes on. */
async function fullDisk() {
  const dir = workspace('enospc');
  const disk = join(dir, 'disk');
  mkdirSync(disk);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', disk]).status !== 0) return undefined;
  // Also when it is interrupted, and before its directory goes.
  process.prependListener('exit', () => spawnSync('umount', ['-l', disk]));
  try {
    const port = await freePort();
    const env = { FAIRLEAD_DATA_DIR: join(disk, 'data'), AUDIT_LOG_PATH: join(dir, 'audit.ndjson') };
    const server = startServer(dir, port, { env });
    if ((await readyMs(server.url)) === undefined) return { problem: server.output.text };
    const sending = load(server.url);
    const filled = await until(() => (sending.statuses.get(503) ?? 0) > 20, 60_000);
    const { headers = {} } = await send(`${server.url}/in/github`, githubDelivery());
    const remounted = spawnSync('mount', ['-o', 'remount,size=64m', disk]).status === 0;
    const before = sending.acknowledged.size;
    const healed = remounted && (await until(() => sending.acknowledged.size > before + 20, 5_000));
    await sending.stop();
    server.child.kill('SIGTERM');
    const { code } = await server.exited;
    // The data directory's credential is where the variable says.
    const again = startServer(dir, await freePort(), { env });
    await readyMs(again.url);
    mkdirSync(join(dir, '.fairlead/keys'), { recursive: true });
    spawnSync('cp', [join(disk, 'data/keys/local.json'), join(dir, '.fairlead/keys/local.json')]);
    const events = await allEvents(dir, again.url);
    again.child.kill('SIGTERM');
    await again.exited;
    const lost = [...sending.acknowledged].filter((id) => !events.has(id)).length;
    return { filled, retryAfter: headers['retry-after'], healed, code, lost, acknowledged: sending.acknowledged.size };
  } finally {
    spawnSync('umount', ['-l', disk]);
    rmSync(dir, { recursive: true, force: true });
  }
}

const disk = canMount ? await fullDisk() : undefined;
if (disk === undefined) console.log('skipped: ENOSPC needs to mount a tmpfs');
else {
  console.log('full disk:', JSON.stringify(disk));
  statements.push([
    disk.filled === true && disk.retryAfter !== undefined,
    `a full disk answers 503 with Retry-After ${disk.retryAfter}`,
  ]);
  statements.push([disk.healed === true, 'goes on within 5 s of space returning, without a restart']);
  statements.push([disk.lost === 0, `${disk.lost} of ${disk.acknowledged} acknowledged events lost on the full disk`]);
}

/**
 * no file descriptors left. Connections are shed, the process lives; once they are free it serves again and does
 * the work of what arrived meanwhile, with nothing left broken that would have been loaded at that moment.
 */
async function noDescriptors({ descriptors, handles }) {
  const dir = workspace('emfile');
  const port = await freePort();
  const tool = await internalTool();
  if (handles) writeConfig(dir, tool);
  const server = startServer(dir, port, {
    env: { ...toolEnv(tool), FAIRLEAD_LOG_LEVEL: 'debug' },
    prefix: ['sh', '-c', `ulimit -n ${descriptors}; exec "$@"`, 'sh'],
  });
  if ((await readyMs(server.url)) === undefined) return { problem: server.output.text };
  if (handles && !(await until(() => server.output.text.includes('all parts are loaded'), 15_000)))
    return { problem: server.output.text };
  const sockets = [];
  const acknowledged = new Set();
  const deliver = async (timeoutMs) => {
    const delivery = githubDelivery();
    const { status } = await send(`${server.url}/in/github`, { ...delivery, timeoutMs });
    if (status === 202) acknowledged.add(delivery.id);
    return status === 202;
  };
  const waits = Array.from({ length: 8 }, () => deliver(5_000));
  sockets.push(...Array.from({ length: descriptors * 2 }, () => connect(port, '127.0.0.1').on('error', () => {})));
  waits.push(...Array.from({ length: 8 }, () => deliver(1_000)));
  await pause(1_500);
  const alive = server.child.exitCode === null && server.child.signalCode === null;
  for (const socket of sockets) socket.destroy();
  const recovered = await until(() => deliver(1_000), 2_000);
  await Promise.all(waits);
  const worked = !handles || (await until(() => [...acknowledged].every((id) => tool.effects.get(id) === 1), 30_000));
  server.child.kill('SIGTERM');
  const { code } = await server.exited;
  tool.close();
  return { alive, recovered, worked, acknowledged: acknowledged.size, code };
}

const floods = [
  await noDescriptors({ descriptors: 64, handles: false }),
  await noDescriptors({ descriptors: 256, handles: true }),
];
for (const flood of floods) console.log('no descriptors:', JSON.stringify(flood));
statements.push([floods.every(({ alive, code }) => alive && code === 0), 'lives through having no file descriptors']);
statements.push([floods.every(({ recovered }) => recovered), 'serves within 2 s of descriptors being free']);
statements.push([floods.every(({ worked }) => worked), 'handles what it acknowledged meanwhile, each once']);

/** SIGTERM under load. Exit 0, nothing acknowledged lost. */
async function terminated() {
  const dir = workspace('sigterm');
  const port = await freePort();
  const server = startServer(dir, port);
  await readyMs(server.url);
  const sending = load(server.url, 16);
  await pause(200 + random() * 300);
  server.child.kill('SIGTERM');
  const { code } = await Promise.race([server.exited, pause(30_000).then(() => ({ code: 'still running' }))]);
  await sending.stop();
  return { code, acknowledged: sending.acknowledged.size, lost: await lostAfterRestart(dir, sending.acknowledged) };
}

const runs = [];
for (let i = 0; i < (isFull ? 50 : 5); i++) runs.push(await terminated());
statements.push([runs.every(({ code }) => code === 0), `exit code 0 on SIGTERM under load, ${runs.length} times`]);
statements.push([
  runs.every(({ lost }) => lost === 0),
  `${runs.reduce((sum, { acknowledged }) => sum + acknowledged, 0)} acknowledged, none lost by SIGTERM`,
]);

conclude(statements);
