/**
 * secrets: fifty secrets are planted wherever one can be: variables, files, sources, headers and bodies of webhooks,
 * handler errors, provider answers that echo the request, arguments. Then everything is done that makes Fairlead speak,
 * at debug level, and none of them may be in what it said: logs, CLI output, REST answers, the audit log, plain or in
 * base64, hex, URL or JSON form. Those the vault keeps must not be in the database either.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import {
  conclude,
  drained,
  freePort,
  githubDelivery,
  MAIN,
  readyMs,
  rest,
  runToEnd,
  send,
  startServer,
  workspace,
} from './harness.mjs';

const dir = workspace('secrets');
const port = await freePort();
const planted = new Map();
/** A secret of a shape, remembered under what it stands for. */
const plant = (what, shape) => {
  planted.set(what, shape(randomBytes(24).toString('hex')));
  return planted.get(what);
};
const many = (count, what, shape) => Array.from({ length: count }, (_, i) => plant(`${what} ${i}`, shape));

const webhookSecret = plant('webhook secret, env', (r) => `hook-${r}`);
const fileSecret = plant('webhook secret, file', (r) => `whsec_${Buffer.from(r).toString('base64')}`);
const execSecret = plant('webhook secret, exec', (r) => `shh-${r}`);
const bearer = plant('bearer of the internal tool', (r) => `tok-${r}`);
const slackToken = plant('chat token', (r) => `xoxb-${r.slice(0, 12)}-${r.slice(12, 40)}`);
const stripeKey = plant('payment key', (r) => `sk_test_${r}`);
const githubToken = plant('code token', (r) => `ghp_${r.slice(0, 36)}`);
const sendgridKey = plant('mail key', (r) => `SG.${r.slice(0, 22)}.${r}`);
const notionToken = plant('notes token', (r) => `ntn_${r}`);
const apiKey = plant('api key', (r) => `key-${r}`);
const urlPassword = plant('password in an address', (r) => `pw${r}`);
const inHeaders = many(8, 'header of a delivery', (r) => `hdr-${r}`);
const inBodies = many(8, 'token in a body', (r) => `xoxp-${r}`);
const inErrors = many(6, 'token in a handler error', (r) => `ghp_${r.slice(0, 36)}`);
const asArguments = many(6, 'argument', (r) => `sk_live_${r}`);
const inKeys = many(4, 'key of a call', (r) => `whsec_${r}`);
const inAudit = many(4, 'reported detail', (r) => `sk_live_${r}`);
const pasted = many(3, 'secret on stdin', (r) => `whsec_${Buffer.from(r).toString('base64')}`);

/** A tool that echoes what it got, credentials and all, and refuses. */
const got = [];
const echo = createServer((request, response) => {
  got.push(JSON.stringify(request.headers));
  response.writeHead(request.url === '/slow' ? 500 : 422, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error: 'refused', you_sent: request.headers, url: request.url }));
});
await new Promise((resolve) => echo.listen(0, '127.0.0.1', resolve));
const tool = `http://127.0.0.1:${echo.address().port}`;

writeFileSync(join(dir, 'secret.txt'), `${fileSecret}\n`);
writeFileSync(
  join(dir, 'fairlead.config.mjs'),
  `import { defineConfig, on } from 'fairlead';
const leaks = ${JSON.stringify(inErrors)};
let next = 0;
export default defineConfig({
  connections: { slack: { baseUrl: '${tool}/api' } },
  jobs: { maxAttempts: 2 },
  handlers: [
    on('github', '*', { name: 'speaks', uses: ['http.post', 'slack.sendMessage'] }, async (event, ctx) => {
      const secret = leaks[next++ % leaks.length];
      ctx.log('info', 'saw ' + secret, { token: secret, deep: { note: secret } });
      console.log('printed ' + secret);
      await ctx.actions.http.post({ url: '${tool}/echo', json: { note: 'x' } }).catch((error) => { throw new Error(secret + ' ' + error.message); });
    }),
  ],
});
`,
);

const env = {
  FAIRLEAD_LOG_LEVEL: 'debug',
  GITHUB_WEBHOOK_SECRET: webhookSecret,
  STRIPE_WEBHOOK_SECRET: `file:${join(dir, 'secret.txt')}`,
  RESEND_WEBHOOK_SECRET: `exec:printf %s ${execSecret}`,
  SAAS_API_TOKEN: bearer,
  FAIRLEAD_SAAS_HOSTS: tool,
  FAIRLEAD_IDEMPOTENT_HOSTS: tool,
  FAIRLEAD_ALLOWED_PRIVATE_HOSTS: new URL(tool).host,
  SLACK_BOT_TOKEN: slackToken,
  STRIPE_SECRET_KEY: stripeKey,
  GITHUB_TOKEN: githubToken,
  SENDGRID_API_KEY: sendgridKey,
  NOTION_TOKEN: notionToken,
  FAIRLEAD_API_KEY: apiKey,
};
/** Everything that was said, by where. The exec reference stands in the environment alone. */
const said = [];
const cli = async (args, input) => {
  const { code, stdout, stderr } = await runToEnd(process.execPath, [MAIN, ...args], {
    cwd: dir,
    env: { HOME: dir, FAIRLEAD_PORT: String(port), ...env },
    input,
    timeoutMs: 60_000,
  });
  said.push([`fairlead ${args.map((one) => one.slice(0, 20)).join(' ')}`, stdout + stderr]);
  return code;
};

const server = startServer(dir, port, { env });
if ((await readyMs(server.url, 30_000)) === undefined) conclude([[false, `never ready\n${server.output.text}`]]);
const say = async (what, answer) => said.push([what, JSON.stringify(await answer)]);

for (const [i, secret] of inHeaders.entries()) {
  const delivery = githubDelivery({ secret: i % 2 === 0 ? webhookSecret : 'wrong' });
  const headers = { ...delivery.headers, authorization: `Bearer ${secret}`, cookie: secret, 'x-token': secret };
  await say('delivery', send(`${server.url}/in/github`, { body: delivery.body, headers }));
}
for (const [i, secret] of inBodies.entries()) {
  const body = JSON.stringify({ action: 'opened', token: secret, nested: { note: `use ${secret}`, i } });
  const signature = createHmac('sha256', webhookSecret).update(body).digest('hex');
  const headers = {
    'x-github-event': 'issues',
    'x-github-delivery': `b${i}`,
    'x-hub-signature-256': `sha256=${signature}`,
  };
  await say('delivery', send(`${server.url}/in/github`, { body, headers }));
}
await drained(dir, server.url, 60_000).catch(() => {});

const created = [];
for (const secret of pasted) {
  await cli(['source', 'create', 'standard-webhooks', '--secret-stdin', '--json'], secret);
  created.push(/src_[0-9a-z]{26}/.exec(said.at(-1)[1])?.[0]);
}
for (const secret of asArguments) {
  await cli(['source', 'create', 'github', `--secret=${secret}`]);
  await cli(['event', 'get', secret]);
}
for (const secret of inKeys) {
  await cli(['action', 'run', 'http.post', '--url', `${tool}/echo`, '--idempotency-key', secret, '--json']);
}
await cli(['action', 'run', 'http.post', '--url', `http://user:${urlPassword}@127.0.0.1:1/x`, '--json']);
await cli(['action', 'run', 'slack.sendMessage', '--channel', 'C1', '--text', 'hello', '--json']);
for (const secret of inAudit)
  await cli(['audit', 'write', 'crm.note', '--target-id', 'x', '--field-idempotency-key', secret]);
for (const words of [
  'source list',
  'event list',
  'job list',
  'dead list',
  'call list',
  'queue list',
  'status',
  'doctor',
  'audit search',
  'audit verify',
  'audit export',
  'audit checkpoint',
  'commands',
]) {
  await cli([...words.split(' '), '--json']);
  await cli(words.split(' '));
}
for (const path of [
  '/v1/sources',
  '/v1/events?limit=100',
  '/v1/jobs?limit=100',
  '/v1/calls?limit=100',
  '/v1/status',
  '/v1/audit?limit=500',
  '/openapi.json',
]) {
  await say(
    path,
    rest(dir, server.url, 'GET', path).catch((error) => error.message),
  );
}
const { events } = await rest(dir, server.url, 'GET', '/v1/events?limit=100');
for (const event of events) await say('event', rest(dir, server.url, 'GET', `/v1/events/${event.id}`));
for (const headers of [{}, { authorization: `Bearer ${apiKey}x` }, { 'x-nonsense': apiKey }]) {
  await say('REST refusal', send(`${server.url}/v1/sources?token=${apiKey}`, { method: 'GET', headers }));
}
server.child.kill('SIGTERM');
// Not at its exit: what it wrote last may still be in the pipe.
await once(server.child, 'close');
echo.close();
said.push(['log of the server', server.output.text]);
said.push(['audit file', readFileSync(join(dir, 'logs/saas-audit.ndjson'), 'utf8')]);
if (existsSync(join(dir, '.fairlead/server.json')))
  said.push(['server.json', readFileSync(join(dir, '.fairlead/server.json'), 'utf8')]);

const forms = (secret) => {
  const bytes = Buffer.from(secret);
  const json = JSON.stringify(secret).slice(1, -1);
  return [
    secret,
    json,
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
    encodeURIComponent(secret),
  ];
};
const leaks = [];
for (const [what, secret] of planted) {
  for (const [where, text] of said) {
    if (forms(secret).some((form) => text.includes(form))) leaks.push(`${what} in ${where}`);
  }
}
for (const leak of new Set(leaks)) console.log(`LEAK  ${leak}`);

const kept = [
  webhookSecret,
  fileSecret,
  execSecret,
  bearer,
  slackToken,
  stripeKey,
  githubToken,
  sendgridKey,
  notionToken,
  apiKey,
  ...pasted,
];
const database = readdirSync(join(dir, '.fairlead'))
  .filter((name) => statSync(join(dir, '.fairlead', name)).isFile())
  .map((name) => readFileSync(join(dir, '.fairlead', name)).toString('latin1'))
  .join('');
const inDatabase = kept.filter((secret) => database.includes(secret));
const characters = said.reduce((sum, [, text]) => sum + text.length, 0);
console.log(`${planted.size} secrets, ${said.length} things said, ${characters} characters`);
conclude([
  [planted.size >= 50, `${planted.size} secrets were planted`],
  [created.every(Boolean), 'sources were created with secrets from stdin'],
  [
    [bearer, slackToken].every((secret) => got.some((headers) => headers.includes(secret))),
    `the tool was given its credentials and echoed them, ${got.length} times`,
  ],
  [leaks.length === 0, `${new Set(leaks).size} leaks`],
  [inDatabase.length === 0, `${inDatabase.length} of the secrets that Fairlead keeps are in the database in plain`],
]);
