/**
 * ten-minutes: docs/start.md executed as it stands. Its first command is the server; before the ninth the server is
 * killed with SIGKILL and started again, as the page says.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { conclude, freePort, MAIN, readyMs, runToEnd, startServer, workspace } from './harness.mjs';

const COMMANDS_MAX = 10;
const LIMIT_S = 600;
const page = readFileSync(fileURLToPath(new URL('../../docs/start.md', import.meta.url)), 'utf8');
const commands = [...page.matchAll(/```sh\n([^`]*?)\n```/g)].flatMap(([, block]) => block.split('\n'));
const statements = [];
const check = (holds, what) => statements.push([holds, what]);
check(
  commands.length <= COMMANDS_MAX && commands[0] === 'fairlead dev',
  `${commands.length} commands, of ${COMMANDS_MAX}`,
);

const dir = workspace('ten-minutes');
const port = await freePort();
const started = performance.now();
const serve = async () => {
  const server = startServer(dir, port, { args: ['dev'], env: { GITHUB_WEBHOOK_SECRET: '' } });
  check((await readyMs(server.url, 30_000)) !== undefined, 'fairlead dev: it is ready');
  return server;
};
const F = `${process.execPath} ${MAIN}`;
const shell = async (line) => {
  const env = { FAIRLEAD_PORT: String(port), HOME: dir };
  return await runToEnd('bash', ['-c', line.replace(/^fairlead/, F)], { cwd: dir, env, timeoutMs: 60_000 });
};

/** What each command must say, by how it begins. */
const SAYS = [
  [/ -n$/, /previewed/],
  [/--idempotency-key/, /\bdone\b/],
  [/--idempotency-key/, /replayed/],
  [/source create/, /whsec_/],
  [/trigger/, /./],
  [/explain last/, /checkout\.session\.completed/],
  [/connection list/, /slack/],
  [/event list/, /checkout\.session\.completed/],
  [/audit verify/, /./],
];
let server = await serve();
let secret = '';
for (const [index, command] of commands.slice(1).entries()) {
  if (command === 'fairlead event list') {
    server.child.kill('SIGKILL');
    await server.exited;
    server = await serve();
  }
  const { code, stdout, stderr } = await shell(command);
  const [which, what] = SAYS[index] ?? [/$^/, /$^/];
  const holds = code === 0 && which.test(command) && what.test(stdout);
  if (!holds) console.log(`${command}\n${stdout.slice(-1_500)}\n${stderr.slice(-1_500)}`);
  check(holds, `${command}: exit ${code}, says ${what.source}`);
  if (command.startsWith('fairlead source create')) secret = /whsec_[\w+/=-]+/.exec(stdout)?.[0] ?? '';
  else check(secret === '' || !`${stdout}${stderr}`.includes(secret), `${command}: the secret is not in what it says`);
}
server.child.kill('SIGTERM');
await server.exited;
const took = (performance.now() - started) / 1_000;
check(took < LIMIT_S, `${took.toFixed(1)} s by a machine, of ${LIMIT_S}`);
conclude(statements);
