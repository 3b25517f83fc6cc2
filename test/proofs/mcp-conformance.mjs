/**
 * mcp-conformance: the official conformance suite and the inspector against our door. The suite asks for tools of its own
 * names, which a fixture has that stands behind the same listener and the same guard; what needs no such tools is asked of
 * the built server itself, with its credential. Suites and the Node that they need are installed once into a folder of
 * their own under node_modules/.cache.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { conclude, freePort, MAIN, readyMs, runToEnd, startProgram, startServer, workspace } from './harness.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CACHE = join(ROOT, 'node_modules/.cache/mcp-conformance');
const NODE_22 = `node-${process.platform}-${process.arch}`;
const SUITE = '@modelcontextprotocol/conformance';
const INSPECTOR = '@modelcontextprotocol/inspector';
const INSTALL = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-save'];
/** The registry cannot be reached: no finding about the door. */
const OFFLINE = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH)\b/;

/** Scenarios that ask for nothing of their own, and the revisions they belong to. */
const WITHOUT_FIXTURE = {
  '2025-11-25': [
    'server-initialize',
    'ping',
    'tools-list',
    'resources-list',
    'prompts-list',
    'dns-rebinding-protection',
  ],
  '2026-07-28': [
    'tools-list',
    'resources-list',
    'prompts-list',
    'dns-rebinding-protection',
    'caching',
    'http-header-validation',
    'sep-2164-resource-not-found',
    'server-sse-multiple-streams',
  ],
};

const statements = [];
const dir = workspace('mcp-conformance');

async function installed(folder, wanted) {
  const own = join(CACHE, folder);
  const [, name, version] = /^(.+)@([^@]+)$/.exec(wanted);
  const manifest = join(own, 'node_modules', name, 'package.json');
  const isThere = existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).version.startsWith(version);
  if (!isThere) {
    mkdirSync(own, { recursive: true });
    writeFileSync(join(own, 'package.json'), '{"private":true}\n');
    const { code, stderr } = await runToEnd('npm', [...INSTALL, wanted], { cwd: own });
    if (code !== 0) {
      console.log(OFFLINE.test(stderr) ? 'the registry cannot be reached' : stderr.slice(-2_000));
      process.exit(77);
    }
  }
  return join(own, 'node_modules', name);
}

/** Runs a program; its last words are printed when it did not end as it was to. */
async function ends(claim, wanted, command, args, options = {}) {
  const { code, stdout, stderr } = await runToEnd(command, args, { cwd: dir, ...options });
  const holds = code === wanted;
  if (!holds) console.log(`${claim}\n${stdout.slice(-6_000)}\n${stderr.slice(-2_000)}`);
  const passed = stdout.match(/^(Total: .*|Not scored for .*? failing)/gm)?.join('; ');
  statements.push([holds, `${claim}: exit ${code}${passed === undefined ? '' : `, ${passed}`}`]);
  return stdout;
}

/** Adds the credential, which the suite cannot be told. What it says itself is passed on as it is, Host included. */
async function front(url, token) {
  const { hostname, port } = new URL(url);
  const server = createServer((incoming, answer) => {
    const headers = [...incoming.rawHeaders];
    if (incoming.headers.authorization === undefined) headers.push('authorization', `Bearer ${token}`);
    const { method, url: path } = incoming;
    const passed = request({ hostname, port, method, path, headers, setHost: false }, (response) => {
      answer.writeHead(response.statusCode, response.rawHeaders);
      response.pipe(answer);
    });
    passed.on('error', () => answer.destroy());
    answer.on('close', () => passed.destroy());
    incoming.pipe(passed);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${server.address().port}`;
}

async function fixture() {
  const file = join(CACHE, 'fixture.mjs');
  const [entryPoints, outfile] = [['test/mcp/conformance/fixture-process.ts'], file];
  await build({
    absWorkingDir: ROOT,
    entryPoints,
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    logLevel: 'error',
  });
  const child = startProgram(process.execPath, [file], { cwd: ROOT });
  const line = await new Promise((resolve, reject) => {
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (more) => (text += more).includes('\n') && resolve(text));
    child.once('exit', () => reject(new Error('the fixture did not start')));
  });
  return JSON.parse(line);
}

mkdirSync(CACHE, { recursive: true });
const node22 = join(await installed('node-22', `${NODE_22}@22`), 'bin/node');
const newest = join(await installed('newest', `${SUITE}@0.2.0-alpha.12`), 'dist/index.js');
const older = join(await installed('older', `${SUITE}@0.1.13`), 'dist/index.js');
const inspectorPackage = await installed('inspector', `${INSPECTOR}@2.12.0`);
const { bin } = JSON.parse(readFileSync(join(inspectorPackage, 'package.json'), 'utf8'));
const inspector = join(inspectorPackage, typeof bin === 'string' ? bin : Object.values(bin)[0]);

const { url, token } = await fixture();
const fixtureUrl = `${await front(url, token)}/mcp`;
for (const revision of ['2026-07-28', '2025-11-25']) {
  const args = [newest, 'server', '--url', fixtureUrl, '--requirements', revision];
  await ends(`suite 0.2.0-alpha.12, all that ${revision} requires, on the fixture`, 0, node22, args);
}
await ends('suite 0.1.13 on this Node, on the fixture', 0, process.execPath, [older, 'server', '--url', fixtureUrl]);

const home = join(dir, 'home');
mkdirSync(home);
const server = startServer(home, await freePort());
statements.push([(await readyMs(server.url)) !== undefined, 'the built server is ready']);
const local = JSON.parse(readFileSync(join(home, '.fairlead/keys/local.json'), 'utf8')).token;
const serverUrl = `${await front(server.url, local)}/mcp`;
for (const [revision, scenarios] of Object.entries(WITHOUT_FIXTURE)) {
  for (const scenario of scenarios) {
    const args = [newest, 'server', '--url', serverUrl, '--scenario', scenario, '--spec-version', revision];
    await ends(`${scenario} of ${revision}, on the built server`, 0, node22, args);
  }
}

const metadata = ['authorization', '--url', server.url, '--scenario', 'authorization-server-metadata-endpoint'];
await ends('metadata of the authorization server, on the built server', 0, node22, [newest, ...metadata]);

const options = { cwd: home, env: { FAIRLEAD_PORT: String(new URL(server.url).port), FAIRLEAD_LOG_LEVEL: 'warn' } };
const targets = {
  stdio: { at: [process.execPath, MAIN, 'mcp', 'stdio'], more: [] },
  HTTP: { at: [], more: ['--server-url', `${server.url}/mcp`, '--header', `Authorization: Bearer ${local}`] },
};
for (const [transport, { at, more }] of Object.entries(targets)) {
  for (const era of ['legacy', 'modern']) {
    const line = ['--cli', ...more, '--protocol-era', era];
    const inspect = (claim, code, method) =>
      ends(
        `inspector over ${transport}, ${era}: ${claim}`,
        code,
        node22,
        [inspector, ...line, ...method, ...at],
        options,
      );
    const listed = await inspect('lists, schemas are portable', 0, ['--method', 'tools/list', '--strict']);
    statements.push([
      listed.includes('slack_send_message'),
      `inspector over ${transport}, ${era}: our tools are there`,
    ]);
    const call = (name, given) => ['--method', 'tools/call', '--tool-name', name, '--tool-args-json', given];
    await inspect('calls', 0, call('events_list', '{"limit":1}'));
    await inspect('is told an error', 5, call('events_list', '{"limitt":1}'));
  }
}
conclude(statements);
