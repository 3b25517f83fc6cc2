/**
 * vault: the key of the vault is rotated while secrets are set, replaced and used, and the server is killed with SIGKILL
 * in the middle again and again. Every rotation goes on where it was, every secret can be read afterwards with the value
 * that was acknowledged last, and records that are swapped, cut or changed are all refused. Fifty canaries go through
 * every way in: none is in anything that was said or in the files of the database. A destroyed one opens from no backup.
 */
import { build } from 'esbuild';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import {
  conclude,
  freePort,
  isFull,
  MAIN,
  pause,
  readyMs,
  rest,
  runToEnd,
  seeded,
  send,
  startServer,
  until,
  workspace,
} from './harness.mjs';

const KILLS = isFull ? 20 : 4;
const SECRETS = isFull ? 4_000 : 800;
const CANARIES = 50;
const DATABASE_FILE = /^fairlead\.db/;

const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
const random = seeded(seed);
console.log(`seed ${seed}, ${KILLS} kills, ${SECRETS} secrets`);

const dir = workspace('vault');
const dataDir = join(dir, '.fairlead');
const port = await freePort();
/** By name: the values that may be there. More than one while a replacement has got no answer. */
const expected = {};
const said = [];

/** A provider that echoes what it got and refuses it. */
const echo = createServer((request, response) => {
  response.writeHead(401, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ ok: false, error: 'invalid_auth', you_sent: request.headers, url: request.url }));
});
await new Promise((resolve) => echo.listen(0, '127.0.0.1', resolve));
const tool = `http://127.0.0.1:${echo.address().port}`;
writeFileSync(
  join(dir, 'fairlead.config.mjs'),
  `export default { connections: { slack: { baseUrl: '${tool}/api' } }, handlers: [] };\n`,
);
const env = { FAIRLEAD_LOG_LEVEL: 'debug', FAIRLEAD_ALLOWED_PRIVATE_HOSTS: new URL(tool).host };

async function start() {
  const server = startServer(dir, port, { env });
  if ((await readyMs(server.url, 30_000)) === undefined) conclude([[false, `never ready\n${server.output.text}`]]);
  return server;
}

async function kill(server) {
  server.child.kill('SIGKILL');
  await once(server.child, 'close');
  said.push(['log of a killed server', server.output.text]);
}

const ask = (server, method, path, input) => rest(dir, server.url, method, path, input);
/** Answered, or not because the server is gone. */
const attempt = async (run) => {
  try {
    return { ok: true, value: await run() };
  } catch (error) {
    return { ok: false, message: String(error.message) };
  }
};
/** Replaced whole by whoever rotates, so it can be read at any moment. */
const keyFile = () => JSON.parse(readFileSync(join(dataDir, 'keys/vault.json'), 'utf8'));
const currentKey = () => keyFile().current;
const isUnfinished = () => {
  const { current, keys } = keyFile();
  return Object.entries(keys).some(([id, { retiredAtMs }]) => id !== current && retiredAtMs === undefined);
};
const newValue = () => `value-${randomBytes(24).toString('hex')}`;

async function setMany(server) {
  let next = 0;
  const worker = async () => {
    while (next < SECRETS) {
      const name = `secret-${next++}`;
      const value = newValue();
      expected[name] = [value];
      await ask(server, 'POST', '/v1/secrets', { name, value, owner: 'proof', dueInDays: 90 });
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

/** Replaces and adds until it is told to stop; keeps book of what was acknowledged. */
async function load(server, state) {
  while (state.runs) {
    const name = `secret-${Math.floor(random() * SECRETS)}`;
    if (state.busy.has(name)) continue;
    state.busy.add(name);
    const value = newValue();
    expected[name].push(value);
    const { ok } = await attempt(() => ask(server, 'POST', `/v1/secrets/${name}/rotate`, { value }));
    if (ok) {
      expected[name] = [value];
      state.replaced += 1;
    } else await pause(5);
    state.busy.delete(name);
  }
}

const first = await start();
await setMany(first);
first.child.kill('SIGTERM');
await once(first.child, 'close');

let cut = 0;
let unfinished = 0;
let replaced = 0;
for (let cycle = 0; cycle < KILLS; cycle++) {
  const server = await start();
  const state = { runs: true, busy: new Set(), replaced: 0 };
  const workers = [load(server, state), load(server, state)];
  await until(() => state.replaced > 0, 20_000, 5);
  const was = currentKey();
  const goesOn = isUnfinished();
  const rotating = attempt(() => ask(server, 'POST', '/v1/vault/rotate', {}));
  // From the moment at which there is a new key, or an unfinished rotation goes on, until some batches are through.
  const begun = goesOn ? pause(5) : until(() => currentKey() !== was, 20_000, 1);
  const moment = begun.then(() => pause(random() * 40)).then(() => 'now');
  const which = await Promise.race([rotating.then(() => 'ended'), moment]);
  if (which === 'now') cut += 1;
  state.runs = false;
  await kill(server);
  await Promise.all(workers);
  await rotating;
  if (isUnfinished()) unfinished += 1;
  replaced += state.replaced;
}

const server = await start();
const report = await ask(server, 'POST', '/v1/vault/rotate', {});
const after = await ask(server, 'GET', '/v1/vault');
const oldUses = after.keys.filter(({ use, records }) => use !== 'current' && records > 0);

// Canaries: by stdin, file, reference and REST, as what they are and where they do not belong.
const canaries = Array.from({ length: CANARIES }, (_, n) => `canary-${n}-${randomBytes(20).toString('hex')}`);
const cli = async (args, input) => {
  const run = { cwd: dir, env: { HOME: dir, FAIRLEAD_PORT: String(port), ...env, CANARY: canaries[4] }, input };
  const { code, stdout, stderr } = await runToEnd(process.execPath, [MAIN, ...args], run);
  said.push([`fairlead ${args.slice(0, 3).join(' ')}`, stdout + stderr]);
  return code;
};
const say = async (what, run) => said.push([what, JSON.stringify(await attempt(run))]);
writeFileSync(join(dir, 'secret.txt'), `${canaries[1]}\n`);
const codes = [
  await cli(['secret', 'set', 'by-stdin', '--value-stdin', '--json'], canaries[0]),
  await cli(['secret', 'set', 'by-file', '--value-file', 'secret.txt', '--owner', 'ops']),
  await cli(['secret', 'rotate', 'by-stdin', '--value-stdin'], canaries[2]),
  await cli(['connection', 'add', 'slack', '--secret-stdin', '--no-check'], `xoxb-${canaries[3]}`),
  await cli(['connection', 'list', '--json']),
  await cli(['secret', 'list']),
  await cli(['vault', 'status']),
];
await cli(['secret', 'set', 'as-argument', `--value=${canaries[5]}`]);
await cli(['connection', 'add', 'slack', '--secret-stdin'], `xoxb-${canaries[6]}`);
for (const [n, canary] of canaries.entries()) {
  if (n < 7) continue;
  const name = `canary-${n}`;
  const kind = n % 6;
  if (kind === 0) await say('set', () => ask(server, 'POST', '/v1/secrets', { name, value: canary }));
  if (kind === 1) await say('strange field', () => ask(server, 'POST', '/v1/secrets', { name, valu: canary }));
  if (kind === 2) await say('set twice', () => ask(server, 'POST', '/v1/secrets', { name: 'by-file', value: canary }));
  if (kind === 3)
    await say('connect', () => ask(server, 'POST', '/v1/connections', { provider: 'slack', secret: `xoxb-${canary}` }));
  if (kind === 4)
    await say('live key', () =>
      ask(server, 'POST', '/v1/connections', { provider: 'stripe', secret: `sk_live_${canary}` }),
    );
  if (kind === 5) {
    const body = `{"name":"${name}","value":"${canary}"`;
    const headers = { authorization: 'Bearer nonsense', 'content-type': 'application/json' };
    said.push(['broken', (await send(`${server.url}/v1/secrets`, { headers, body })).text]);
  }
}
const { connections } = await ask(server, 'GET', '/v1/connections?limit=100');
for (const { id } of connections) await say('test', () => ask(server, 'POST', `/v1/connections/${id}/test`, {}));
for (const { id } of connections) {
  const input = { channel: 'C1', text: 'hello' };
  await say('call', () => ask(server, 'POST', '/v1/actions/slack.sendMessage', { ...input }));
  await say('show', () => ask(server, 'GET', `/v1/connections/${id}`));
}
for (const path of [
  '/v1/secrets?limit=1000',
  '/v1/connections',
  '/v1/vault',
  '/v1/status',
  '/v1/doctor',
  '/v1/audit?limit=1000',
  '/v1/calls?limit=100',
  '/openapi.json',
])
  await say(path, () => ask(server, 'GET', path));
await cli(['audit', 'export', '--json']);

// A backup from before: what is destroyed now must not open in it.
const backup = join(dir, 'before.db');
await ask(server, 'POST', '/v1/backup', { path: backup });
await ask(server, 'DELETE', '/v1/secrets/by-file');
await ask(server, 'POST', '/v1/secrets', { name: 'kept', value: 'kept-value-of-the-proof' });
server.child.kill('SIGTERM');
await once(server.child, 'close');
echo.close();
said.push(['log of the server', server.output.text]);
said.push(['audit file', readFileSync(join(dir, 'logs/saas-audit.ndjson'), 'utf8')]);

const reader = join(import.meta.dirname, '../../.tmp', `vault-reader-${process.pid}.mjs`);
await build({
  entryPoints: [join(import.meta.dirname, 'vault/reader.ts')],
  outfile: reader,
  bundle: true,
  format: 'esm',
  platform: 'node',
  packages: 'external',
  logLevel: 'error',
});
async function read(folder, values) {
  const file = join(dir, 'expected.json');
  writeFileSync(file, JSON.stringify(values));
  const { stdout, stderr, code } = await runToEnd(process.execPath, [reader, folder, file]);
  if (code !== 0) conclude([[false, `the reader ended with ${code}\n${stderr}`]]);
  return JSON.parse(stdout);
}
const found = await read(dataDir, { ...expected, 'by-stdin': [canaries[2]], kept: ['kept-value-of-the-proof'] });
const restored = join(dir, 'restored');
mkdirSync(restored, { mode: 0o700 });
cpSync(join(dataDir, 'keys'), join(restored, 'keys'), { recursive: true });
cpSync(backup, join(restored, 'fairlead.db'));
const old = await read(restored, { 'by-file': [canaries[1]], 'by-stdin': [canaries[2]] });

const forms = (secret) => {
  const bytes = Buffer.from(secret);
  return [secret, bytes.toString('base64').replace(/=+$/, ''), bytes.toString('hex'), encodeURIComponent(secret)];
};
const files = readdirSync(dataDir)
  .filter((name) => DATABASE_FILE.test(name) && statSync(join(dataDir, name)).isFile())
  .map((name) => [name, readFileSync(join(dataDir, name)).toString('latin1')]);
const leaks = canaries.flatMap((canary, n) =>
  [...said, ...files]
    .filter(([, text]) => forms(canary).some((form) => text.includes(form)))
    .map(([where]) => `canary ${n} in ${where}`),
);
for (const leak of new Set(leaks)) console.log(`LEAK  ${leak}`);
for (const line of [...found.unreadable, ...found.opened].slice(0, 10)) console.log(`      ${line}`);

const current = found.keys.find(({ current: isCurrent }) => isCurrent);
conclude([
  [cut >= Math.ceil(KILLS / 2), `${cut} of ${KILLS} kills came while a rotation was asked for`],
  [unfinished > 0, `${unfinished} of them left it unfinished; each went on after the next start`],
  [replaced > 0, `${replaced} secrets were replaced meanwhile`],
  [report.remaining.length === 0 && oldUses.length === 0, `${oldUses.length} old keys in use at the end`],
  [found.unreadable.length === 0, `${found.read} secrets read, ${found.unreadable.length} unreadable`],
  [current?.records >= SECRETS, `${current?.records} records under the current key`],
  [
    found.opened.length === 0,
    `${found.swaps} swapped and ${found.cuts} cut or changed records, ${found.opened.length} opened`,
  ],
  [codes.every((code) => code === 0), `commands ended with ${codes.join(' ')}`],
  [leaks.length === 0, `${CANARIES} canaries, ${said.length} things said, ${leaks.length} found`],
  [
    old.unreadable.length === 1 && old.unreadable[0].startsWith('by-file') && old.read === 1,
    `a destroyed secret opens from no backup, the others do (${old.unreadable.join('; ')})`,
  ],
]);
