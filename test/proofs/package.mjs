/**
 * package: what would be published is built and packed, looked into, installed from the tarball into an empty directory
 * without running anybody's scripts, and works there: `npx fairlead doctor`, `npx fairlead demo`, every export path.
 * With --full also on Node 22 and 24, each installed into a folder of its own.
 */
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { conclude, freePort, isFull, runToEnd, workspace } from './harness.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Node itself as packages of the registry, by platform. */
const NODE_PACKAGE = `node-${process.platform}-${process.arch}`;
const OTHER_NODES = isFull ? [22, 24] : [];
const IMPORTS = [
  'fairlead',
  'fairlead/verify',
  'fairlead/client',
  'fairlead/connector',
  'fairlead/mail',
  'fairlead/sendgrid',
  'fairlead/testing',
];
const INSTALL = ['install', '--ignore-scripts', '--no-audit', '--no-fund'];
/** The registry cannot be reached: no finding about the package. */
const OFFLINE = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH)\b/;

const beganMs = Date.now();
const dir = workspace('package');
const statements = [];

const lastLine = (text) => text.trim().split('\n').at(-1).slice(0, 160);

/** Runs a program that is meant to end well; what it said is printed when it did not. npm's warnings are on stderr. */
async function succeeds(claim, command, args, options) {
  const { code, stdout, stderr, isGone } = await runToEnd(command, args, { cwd: dir, ...options });
  const holds = code === 0 && isGone;
  if (!holds) console.log(`${command} ${args.join(' ')}\n${stdout.slice(-4_000)}\n${stderr.slice(-4_000)}`);
  statements.push([holds, `${claim}: exit ${code}${isGone ? '' : ', and something of it went on'}`]);
  return { holds, stdout, stderr };
}

async function install(what, cwd, wanted) {
  const { holds, stderr } = await succeeds(`npm install ${what}`, 'npm', [...INSTALL, wanted], { cwd });
  if (!holds && OFFLINE.test(stderr)) {
    console.log('the registry cannot be reached');
    process.exit(77);
  }
  return holds;
}

const checked = await succeeds(
  'only what users need, publint and attw find nothing',
  process.execPath,
  ['scripts/check-package.mjs'],
  { cwd: ROOT },
);
console.log(checked.stdout.trim());

await succeeds('npm pack', 'npm', ['pack', '--json', '--pack-destination', dir], { cwd: ROOT });
const tarball = join(dir, readdirSync(dir).find((name) => name.endsWith('.tgz')) ?? 'missing.tgz');
const builtMs = statSync(join(ROOT, 'dist')).mtimeMs;
statements.push([builtMs >= beganMs, 'what was packed was built for it']);

const home = join(dir, 'empty');
mkdirSync(home);
writeFileSync(join(home, 'package.json'), '{"private":true}\n');
const isInstalled = await install('of the tarball, without scripts', home, tarball);

async function works(path) {
  const options = { cwd: home, env: { PATH: path, FAIRLEAD_PORT: String(await freePort()) } };
  const { stdout: version } = await runToEnd('node', ['--version'], options);
  const on = `Node ${version.trim()}`;
  await succeeds(`${on}: fairlead doctor`, 'npx', ['--no-install', 'fairlead', 'doctor'], options);
  const { stdout } = await succeeds(`${on}: fairlead demo`, 'npx', ['--no-install', 'fairlead', 'demo'], options);
  statements.push([/^Everything held\.$/m.test(stdout), `${on}: the demo says: ${lastLine(stdout)}`]);
  const code = IMPORTS.map((name) => `await import('${name}');`).join('');
  await succeeds(`${on}: import of ${IMPORTS.join(', ')}`, 'node', ['--input-type=module', '-e', code], options);
}

if (isInstalled) await works([dirname(process.execPath), process.env.PATH].join(delimiter));
for (const major of isInstalled ? OTHER_NODES : []) {
  const own = join(dir, `node-${major}`);
  mkdirSync(own);
  writeFileSync(join(own, 'package.json'), '{"private":true}\n');
  if (await install(`of Node ${major} in a folder of its own`, own, `${NODE_PACKAGE}@${major}`))
    await works([join(own, 'node_modules', NODE_PACKAGE, 'bin'), process.env.PATH].join(delimiter));
}
conclude(statements);
