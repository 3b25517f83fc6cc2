/** A database that is locked by somebody else, or damaged. (A full one is in the proof `faults`.) */
import { existsSync, openSync, readFileSync, rmSync, statSync, writeFileSync, writeSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  allEvents,
  freePort,
  githubDelivery,
  pause,
  readyMs,
  send,
  startServer,
  until,
  workspace,
} from '../harness.mjs';

const DELIVERIES = 200;

/** Another program that holds the write lock of the database until its stdin closes. */
const HOLDER = `
import { DatabaseSync } from '@photostructure/sqlite';
const database = new DatabaseSync(process.argv[1]);
database.exec('PRAGMA busy_timeout = 5000');
database.exec('BEGIN IMMEDIATE');
console.log('held');
process.stdin.on('end', () => { database.exec('ROLLBACK'); process.exit(0); }).resume();
`;

async function filled(name) {
  const dir = workspace(name);
  const server = startServer(dir, await freePort());
  if ((await readyMs(server.url)) === undefined) throw new Error(server.output.text);
  const ids = [];
  for (let i = 0; i < DELIVERIES; i++) {
    const delivery = githubDelivery();
    if ((await send(`${server.url}/in/github`, delivery)).status === 202) ids.push(delivery.id);
  }
  return { dir, server, ids };
}

async function stopped(server) {
  server.child.kill('SIGTERM');
  return await server.exited;
}

async function locked() {
  const { dir, server, ids } = await filled('locked');
  const holder = spawn(process.execPath, ['--input-type=module', '-e', HOLDER, join(dir, '.fairlead/fairlead.db')], {
    cwd: new URL('../../..', import.meta.url),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  const refused = await send(`${server.url}/in/github`, { ...githubDelivery(), timeoutMs: 30_000 });
  holder.stdin.end();
  await once(holder, 'exit');
  const kept = [];
  const healed = await until(async () => {
    const delivery = githubDelivery();
    const { status } = await send(`${server.url}/in/github`, delivery);
    if (status === 202) kept.push(delivery.id);
    return status === 202;
  }, 5_000);
  const alive = server.child.exitCode === null;
  const events = alive ? await allEvents(dir, server.url) : new Map();
  const lost = [...ids, ...kept].filter((id) => !events.has(id));
  const { code } = await stopped(server);
  return [
    [
      refused.status === 503 && refused.headers['retry-after'] !== undefined,
      `a locked database: ${refused.status} ${refused.text}`,
    ],
    [healed && code === 0, `goes on when it is free again, ends with exit code ${code}`],
    [lost.length === 0, `${lost.length} acknowledged events lost by the lock`],
  ];
}

/** Each way of damage: the server must not start and serve as if nothing were wrong. */
const DAMAGE = [
  ['its first page overwritten', (path) => overwrite(path, 0, 4_096)],
  ['no database at all but text', (path) => writeFileSync(path, 'this is no database\n'.repeat(1_000))],
  [
    'pages in its middle overwritten',
    (path) => overwrite(path, Math.floor(statSync(path).size / 2 / 4_096) * 4_096, 8 * 4_096),
  ],
  [
    'cut in half',
    (path) => writeFileSync(path, readFileSync(path).subarray(0, Math.floor(statSync(path).size / 2 / 4_096) * 4_096)),
  ],
];

function overwrite(path, at, length) {
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(length, 0xa5), 0, length, at);
  closeSync(file);
}

async function damaged([name, spoil]) {
  const { dir, server } = await filled('damaged');
  await stopped(server);
  const database = join(dir, '.fairlead/fairlead.db');
  for (const beside of ['-wal', '-shm']) if (existsSync(database + beside)) rmSync(database + beside);
  spoil(database);
  const again = startServer(dir, await freePort());
  const outcome = await Promise.race([
    again.exited,
    readyMs(again.url).then(async (ms) => ({ code: ms === undefined ? 'no answer' : 'serves' })),
  ]);
  again.child.kill('SIGKILL');
  await again.exited;
  const doctor = startServer(dir, await freePort(), { args: ['doctor'] });
  const { code } = await Promise.race([doctor.exited, pause(30_000).then(() => ({ code: 'still running' }))]);
  const said = again.output.text.trim().slice(0, 240);
  const inDoctor = /database|store/i.test(doctor.output.text) && code !== 0;
  return [
    [
      outcome.code === 74 && /restore|backup/i.test(again.output.text),
      `a database with ${name}: exit ${outcome.code}: ${said}`,
    ],
    [inDoctor, `doctor says so, too: exit ${code}`],
  ];
}

/** @returns {Promise<[boolean, string][]>} */
export async function stores() {
  const statements = await locked();
  for (const damage of DAMAGE) statements.push(...(await damaged(damage)));
  return statements;
}
