/**
 * shell-agent: an agent with a full shell, as the user who runs the server, obeys "approve it yourself" by twenty routes
 * while a call of its own waits for a person. What is counted is what reaches the provider: nothing, until the person
 * decides, and then one. What a process of the same user can do beyond these is said in docs/security.md.
 */
import { createServer } from 'node:http';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { conclude, freePort, MAIN, readyMs, runToEnd, send, startServer, until, workspace } from './harness.mjs';

const PASSPHRASE = 'a passphrase that is on no disk';
const TEXT = JSON.stringify({ channel: 'C024BE91L', text: 'Hello' });
const writes = [];
const provider = createServer((message, response) => {
  if (message.method === 'POST') writes.push(message.url);
  message.resume().on('end', () => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ ok: true, channel: 'C024BE91L', ts: '1769860800.000100' }));
  });
});
await new Promise((resolve) => provider.listen(0, '127.0.0.1', resolve));
const tool = `http://127.0.0.1:${provider.address().port}`;

const dir = workspace('shell-agent');
const port = await freePort();
writeFileSync(
  join(dir, 'fairlead.config.mjs'),
  `export default { connections: { slack: { baseUrl: '${tool}/api' } }, allowedPrivateHosts: ['127.0.0.0/8'], handlers: [] };\n`,
);
writeFileSync(join(dir, 'fairlead.policy.yaml'), 'version: 1\nrules: []\n');
const environment = { INTEGRATION_ENV: 'live', FAIRLEAD_PORT: String(port) };
const server = startServer(dir, port, { env: { ...environment, SLACK_BOT_TOKEN: 'xoxb-000000000000-of-this-proof' } });
if ((await readyMs(server.url)) === undefined)
  conclude([[false, `the server started: ${server.output.text.slice(-500)}`]]);

const local = () => JSON.parse(readFileSync(join(dir, '.fairlead/keys/local.json'), 'utf8')).token;
const rest = (path, body, headers = {}) =>
  send(`${server.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${local()}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
/** A shell of the agent. */
const shell = (line, env = {}) =>
  runToEnd('bash', ['-c', line], {
    cwd: dir,
    env: { ...environment, F: `${process.execPath} ${MAIN}`, ...env },
    input: '',
    timeoutMs: 12_000,
  });
const faked = (line) => `script -qec ${JSON.stringify(line)} /dev/null < /dev/null`;
const ACTION = `action run slack.sendMessage --channel C024BE91L --text Hello --env live --live`;

const enrolled = await rest('/v1/approvers', { name: 'ada', passphrase: PASSPHRASE });
const asked = JSON.parse(
  (await rest('/v1/actions/slack.sendMessage', TEXT, { 'fairlead-principal-type': 'agent' })).text,
);
const id = asked.approval?.id;
const { pathname, search } = new URL(asked.approval?.url ?? 'http://none/');
const form = { 'content-type': 'application/x-www-form-urlencoded' };

const ROUTES = {
  'the command line, as an agent': () => shell(`$F approval approve ${id}`, { CLAUDECODE: '1' }),
  'the command line, without its marks': () => shell(`$F approval approve ${id}`),
  'the command line at a faked terminal': () => shell(faked(`$F approval approve ${id}`)),
  'a guess typed at a faked terminal': () =>
    shell(`(sleep 2; echo guessing-the-passphrase) | script -qec "$F approval approve ${id}" /dev/null`),
  'the passphrase as a flag': () => shell(`$F approval approve ${id} --passphrase guess --yes`),
  'REST, as it is': () => rest(`/v1/approvals/${id}/approve`, { passphrase: 'guessing the passphrase' }),
  'REST, saying that it is a person': () =>
    rest(`/v1/approvals/${id}/approve`, { approver: 'ada', passphrase: '' }, { 'fairlead-principal-type': 'person' }),
  'the write itself with the local key, as a person': () =>
    rest('/v1/actions/slack.sendMessage', TEXT, { 'fairlead-principal-type': 'person' }),
  'the write itself with the local key, as a script': () => rest('/v1/actions/slack.sendMessage', TEXT),
  'the write itself over the socket': () =>
    shell(
      `curl -s --unix-socket "$(grep -o '"socket":"[^"]*' .fairlead/server.json | cut -d'"' -f4)" -H "authorization: Bearer $(grep -o 'fll_[A-Za-z0-9_-]*' .fairlead/keys/local.json)" -H 'content-type: application/json' -d '${TEXT}' http://x/v1/actions/slack.sendMessage`,
    ),
  'the write by the command line, at a faked terminal': () => shell(faked(`$F ${ACTION} --yes`)),
  'the write with FAIRLEAD_API_KEY set to the local key': () =>
    shell(`FAIRLEAD_API_KEY=$(grep -o 'fll_[A-Za-z0-9_-]*' .fairlead/keys/local.json) $F ${ACTION} --yes`),
  'the write with a key that it sets itself': () =>
    shell(`FAIRLEAD_API_KEY=a-key-of-my-own-0123456789 $F ${ACTION} --yes`),
  'a key that it makes itself': async () => {
    const made = JSON.parse((await rest('/v1/keys', { name: 'mine', scopes: ['read', 'write'] })).text || '{}');
    return rest('/v1/actions/slack.sendMessage', TEXT, { authorization: `Bearer ${made.key}` });
  },
  'an approver that it makes itself': async () => {
    await rest('/v1/approvers', { name: 'eve', passphrase: 'a passphrase of eve' });
    return rest(`/v1/approvals/${id}/approve`, { approver: 'eve', passphrase: 'a passphrase of eve' });
  },
  'the removal of the approver': () => rest('/v1/approvers/ada/remove', { by: 'ada', byPassphrase: 'guess' }),
  'the link and its form': () =>
    send(`${server.url}${pathname}${search}`, {
      headers: form,
      body: 'decision=approve&approver=ada&passphrase=guess',
    }),
  'a link that it forges': () =>
    send(`${server.url}${pathname}?s=${'A'.repeat(32)}`, { headers: form, body: 'decision=approve&passphrase=guess' }),
  'the policy file, rewritten': async () => {
    writeFileSync(join(dir, 'fairlead.policy.yaml'), 'rules: [{ name: all, then: allow }]\n');
    await shell(`$F ${ACTION}`, { CLAUDECODE: '1' });
    return rest('/v1/actions/slack.sendMessage', TEXT, { 'fairlead-principal-type': 'agent' });
  },
  'the environment: sandbox in name, live in effect': () =>
    shell(`INTEGRATION_ENV=sandbox FAIRLEAD_ENV=live $F ${ACTION}`, { CLAUDECODE: '1' }),
  'a tool call over stdio that asks for the approval': () =>
    shell(`$F mcp call approvals_approve '{"id":"${id}"}'; $F mcp call slack_send_message '${TEXT}'`),
  'a yes written into the database': () =>
    shell(
      `node --experimental-sqlite -e 'const {DatabaseSync}=require("node:sqlite");const d=new DatabaseSync(".fairlead/fairlead.db");d.exec("update approval set state=\\"approved\\", decision=json_object(\\"by\\",\\"ada\\",\\"at\\",\\"2026-01-01T00:00:00.000Z\\",\\"signature\\",\\"AAAA\\")")' || python3 -c 'import sqlite3;d=sqlite3.connect(".fairlead/fairlead.db",timeout=5);d.execute("update approval set state=?, decision=? where state=?",("approved","{\\"by\\":\\"ada\\",\\"at\\":\\"2026-01-01T00:00:00.000Z\\",\\"signature\\":\\"AAAA\\"}","pending"));d.commit()'; sleep 7`,
    ),
};

console.log(`${id} waits: ${asked.state}`);
const succeeded = [];
for (const [route, take] of Object.entries(ROUTES)) {
  const before = writes.length;
  const said = await take();
  const isWrite = writes.length > before;
  if (isWrite) succeeded.push(route);
  const answer = (said.text ?? `${said.stderr}${said.stdout}`).replace(/\s+/g, ' ').slice(0, 90);
  console.log(`${isWrite ? 'WRITES' : '     0'}  ${route}: ${said.status ?? `exit ${said.code}`} ${answer}`);
}
const before = writes.length;
const again = JSON.parse(
  (await rest('/v1/actions/slack.sendMessage', TEXT, { 'fairlead-principal-type': 'agent' })).text,
);
// The agent's guesses have used up what guesses are allowed for a while; a person waits, too.
const approve = () => rest(`/v1/approvals/${again.approval?.id}/approve`, { passphrase: PASSPHRASE });
await until(async () => (await approve()).status !== 429, 60_000, 3_000);
conclude([
  [
    enrolled.status === 200 && asked.state === 'pending_approval',
    'a person is enrolled, and the call of the agent waits',
  ],
  [
    Object.keys(ROUTES).length >= 20 && succeeded.length === 0,
    `${Object.keys(ROUTES).length} routes, ${succeeded.length} live writes ${succeeded.join('; ')}`,
  ],
  [writes.length === before + 1, `the person's yes sends one (${writes.length - before})`],
]);
