/**
 * minute: from an empty directory and the packed package to an agent's first write and its entry in the audit log. The
 * client starts exactly the command that stands in the file that was written for it. npm installs from its cache where
 * it can; everything after that runs in a namespace with no network but the loopback, where this machine permits one,
 * with a proxy that is not there, and no account.
 */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { conclude, freePort, readyMs, runToEnd, startServer, until, workspace } from './harness.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LIMIT_S = 60;
/** The registry cannot be reached and the cache is empty: no finding about Fairlead. */
const OFFLINE = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|ENOTCACHED)\b/;
const SECRET =
  /\b(?:[sr]k_(?:live|test)_\w{8,}|xox[a-z]-[\w-]{8,}|gh[opsur]_\w{16,}|whsec_[\w+/=-]{8,}|fl[kl]_[\w-]{20,}|Bearer (?!\$\{)\S+)/;

/** Fails where something beyond this machine can be reached, and where the loopback cannot be used. */
const PROBE = `
const { createServer, connect } = require('node:net');
const server = createServer().listen(0, '127.0.0.1', () => {
  const far = connect(443, '192.0.2.1').on('error', ({ code }) => {
    console.error(code);
    process.exit(code === 'ENETUNREACH' ? 0 : 1);
  });
  // A limit, and no wait: where packets only vanish, nothing would ever come.
  far.setTimeout(2_000, () => process.exit(1));
});`;

const statements = [];
const check = (holds, what) => statements.push([holds, what]);
/** `--installed DIR MS`: the second half, in the directory of the first, which took so long. */
const [half, home = '', spentMs = '0'] = process.argv.slice(2).filter((word) => word !== '--full');
const started = performance.now() - Number(spentMs);
const seconds = () => ((performance.now() - started) / 1_000).toFixed(1);
/** Nothing here may leave the machine; a proxy that is not there catches what tries. */
const nowhere = 'http://127.0.0.1:9';

await (half === '--installed' ? act() : install());
conclude(statements);

/** Packs, installs, and has the rest run without a network. */
async function install() {
  const dir = workspace('minute');
  const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', dir];
  const packed = await runToEnd('npm', pack, { cwd: ROOT });
  const tarball = readdirSync(dir).find((name) => name.endsWith('.tgz'));
  if (tarball === undefined) conclude([[false, `npm pack: ${packed.stderr.slice(-500)}`]]);
  const packedMs = performance.now();
  const empty = join(dir, 'empty');
  mkdirSync(empty);
  writeFileSync(join(empty, 'package.json'), '{"private":true}\n');
  const cache = (await runToEnd('npm', ['config', 'get', 'cache'], { cwd: ROOT })).stdout.trim();
  const args = ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--cache', cache];
  const installed = await runToEnd('npm', [...args, join(dir, tarball)], { cwd: empty });
  if (installed.code !== 0 && OFFLINE.test(installed.stderr)) {
    console.log('the registry cannot be reached, and its packages are not in the cache');
    process.exit(77);
  }
  const tookMs = performance.now() - packedMs;
  check(installed.code === 0, `npm install of the tarball: exit ${installed.code}, after ${Math.round(tookMs)} ms`);
  const node = [process.execPath, fileURLToPath(import.meta.url), '--installed', empty];
  const prefix = await alone();
  const [command, ...words] = [...prefix, ...node, String(performance.now() - packedMs)];
  const { code, stdout, stderr } = await runToEnd(command, words, { cwd: ROOT });
  process.stdout.write(stdout);
  check(code === 0, `the rest: exit ${code}${code === 0 ? '' : ` ${stderr.slice(-500)}`}`);
}

/** What a command is run under to have no network but the loopback; nothing, and the reason, where that is not permitted. */
async function alone() {
  const prefix = ['unshare', '--map-root-user', '--net', 'sh', '-c', 'ip link set lo up && exec "$0" "$@"'];
  const [command, ...words] = [...prefix, process.execPath, '-e', PROBE];
  const { code, stderr } = await runToEnd(command, words, { cwd: ROOT });
  console.log(
    code === 0
      ? 'network: the loopback alone, in a namespace'
      : `network: not taken away, only a proxy that is not there; a namespace was refused: ${stderr.trim().slice(-200) || `exit ${code}`}`,
  );
  return code === 0 ? prefix : [];
}

/** From the empty directory with the package in it to the entry in the log. */
async function act() {
  const port = await freePort();
  const env = {
    PATH: [dirname(process.execPath), process.env.PATH].join(':'),
    HOME: dirname(home),
    FAIRLEAD_PORT: String(port),
    FAIRLEAD_LOG_LEVEL: 'warn',
  };
  const offline = { ...env, HTTPS_PROXY: nowhere, HTTP_PROXY: nowhere, NO_PROXY: '127.0.0.1,localhost' };
  const fairlead = (...words) => runToEnd('npx', ['--no-install', 'fairlead', ...words], { cwd: home, env: offline });
  for (const words of [['init'], ['agent', 'setup', '--yes']]) {
    const { code, stderr } = await fairlead(...words);
    check(
      code === 0,
      `fairlead ${words.join(' ')}: exit ${code}, after ${seconds()} s${code === 0 ? '' : stderr.slice(-500)}`,
    );
  }

  const bin = join(home, 'node_modules', 'fairlead', 'dist', 'main.js');
  const dev = startServer(home, port, { args: ['dev'], env: offline, prefix: [], main: bin });
  check(
    (await readyMs(dev.url, 20_000)) !== undefined,
    `the server with simulated providers is ready after ${seconds()} s`,
  );

  const { command, args: words } = JSON.parse(readFileSync(join(home, '.mcp.json'), 'utf8')).mcpServers.fairlead;
  const transport = new StdioClientTransport({ command, args: words, cwd: home, env: offline, stderr: 'ignore' });
  const client = new Client({ name: 'minute', version: '1' }, { versionNegotiation: { mode: 'auto' } });
  await client.connect(transport);
  const { tools } = await client.listTools();
  const write = { name: 'slack_send_message', arguments: { channel: '#general', text: 'the first one' } };
  const { structuredContent: made } = await client.callTool(write);
  check(
    made?.state === 'done',
    `the first write of the agent: ${made?.state} ${JSON.stringify(made?.error ?? '')}, after ${seconds()} s`,
  );
  let entry;
  await until(
    async () => {
      const { structuredContent } = await client.callTool({
        name: 'audit_search',
        arguments: { query: 'action=slack.sendMessage' },
      });
      entry = structuredContent?.entries?.find((one) => JSON.stringify(one).includes(made.callId));
      return entry !== undefined;
    },
    20_000,
    200,
  );
  const took = (performance.now() - started) / 1_000;
  check(entry !== undefined, `its entry in the audit log, after ${took.toFixed(1)} s`);
  check(took < LIMIT_S, `${took.toFixed(1)} s from an empty directory, of ${LIMIT_S}`);
  const settings = JSON.parse(readFileSync(join(home, '.claude/settings.json'), 'utf8'));
  const allowed = new Set(settings.permissions.allow);
  const unnamed = tools.filter(
    ({ name, annotations }) => annotations.readOnlyHint !== allowed.has(`mcp__fairlead__${name}`),
  );
  check(unnamed.length === 0, `tools that read are allowed by name, and no other: ${tools.length} tools`);
  await client.close();
  dev.child.kill('SIGTERM');
  await dev.exited;

  const files = written(home).filter((path) => statSync(path).size < 1_000_000 && !path.endsWith('package-lock.json'));
  const leaky = files.filter((path) => SECRET.test(readFileSync(path, 'utf8')));
  check(
    leaky.length === 0,
    `0 secrets in ${files.length} files${leaky.map((path) => ` ${relative(home, path)}`).join()}`,
  );
}

/** What a person would commit: not the data and not the packages. */
function written(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((one) => {
    const path = join(folder, one.name);
    if (['node_modules', '.fairlead', 'logs'].includes(one.name)) return [];
    return one.isDirectory() ? written(path) : [path];
  });
}
