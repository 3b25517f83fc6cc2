/**
 * minute: from an empty directory and the packed package to an agent's first write and its entry in the audit log. The
 * client starts exactly the command that stands in the file that was written for it. npm installs from its cache where
 * it can; Fairlead is given a proxy that is not there, and no account.
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

const statements = [];
const check = (holds, what) => statements.push([holds, what]);
const dir = workspace('minute');
const packed = await runToEnd('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', dir], { cwd: ROOT });
const tarball = readdirSync(dir).find((name) => name.endsWith('.tgz'));
if (tarball === undefined) conclude([[false, `npm pack: ${packed.stderr.slice(-500)}`]]);

const home = join(dir, 'empty');
mkdirSync(home);
const port = await freePort();
/** Nothing here may leave the machine; a proxy that is not there catches what tries. */
const nowhere = 'http://127.0.0.1:9';
const env = {
  PATH: [dirname(process.execPath), process.env.PATH].join(':'),
  HOME: dir,
  FAIRLEAD_PORT: String(port),
  FAIRLEAD_LOG_LEVEL: 'warn',
};
const offline = { ...env, HTTPS_PROXY: nowhere, HTTP_PROXY: nowhere, NO_PROXY: '127.0.0.1,localhost' };
const started = performance.now();
const seconds = () => ((performance.now() - started) / 1_000).toFixed(1);

writeFileSync(join(home, 'package.json'), '{"private":true}\n');
const cache = (await runToEnd('npm', ['config', 'get', 'cache'], { cwd: ROOT })).stdout.trim();
const args = ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--cache', cache];
const installed = await runToEnd('npm', [...args, join(dir, tarball)], {
  cwd: home,
  env: { ...env, HOME: process.env.HOME },
});
if (installed.code !== 0 && OFFLINE.test(installed.stderr)) {
  console.log('the registry cannot be reached, and its packages are not in the cache');
  process.exit(77);
}
check(installed.code === 0, `npm install of the tarball: exit ${installed.code}, after ${seconds()} s`);

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

/** What a person would commit: not the data and not the packages. */
function written(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((one) => {
    const path = join(folder, one.name);
    if (['node_modules', '.fairlead', 'logs'].includes(one.name)) return [];
    return one.isDirectory() ? written(path) : [path];
  });
}
const files = written(home).filter((path) => statSync(path).size < 1_000_000 && !path.endsWith('package-lock.json'));
const leaky = files.filter((path) => SECRET.test(readFileSync(path, 'utf8')));
check(
  leaky.length === 0,
  `0 secrets in ${files.length} files${leaky.map((path) => ` ${relative(home, path)}`).join()}`,
);
conclude(statements);
