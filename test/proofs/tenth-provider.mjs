/**
 * tenth-provider: in a new project, `fairlead connector new` writes a provider that Fairlead has never heard of; nothing
 * else changes but the line of the configuration that names it. It passes its suite, its actions run through the whole
 * pipeline against a small server that plays the provider, its webhook is verified, and it shows in the CLI, in MCP, in
 * REST and in the search.
 */
import { createHash, createHmac } from 'node:crypto';
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { conclude, freePort, MAIN, runToEnd, signalGroup, until, workspace } from './harness.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NAME = 'tide-tables';
const KEY = 'a key of the tenth provider';
const SECRET = 'a signing secret of the tenth provider';
const dir = workspace('tenth-provider');
const statements = [];

/** What the package holds, as one hash: a provider is added without a change to it. */
function packageHash() {
  const hash = createHash('sha256');
  for (const file of readdirSync(join(ROOT, 'dist'), { recursive: true }).sort())
    if (file.endsWith('.js')) hash.update(file).update(readFileSync(join(ROOT, 'dist', file)));
  return hash.digest('hex');
}

/** The provider: keeps notes, wants its key, and is unwell at the second request. */
const notes = [];
const seen = { requests: 0, refused: 0, unwell: 0 };
const provider = createServer((request, response) => {
  const answer = (status, body) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  let text = '';
  request.on('data', (piece) => (text += piece));
  request.on('end', () => {
    seen.requests += 1;
    if (request.headers.authorization !== `Bearer ${KEY}`) {
      seen.refused += 1;
      return answer(401, { error: { code: 'key_revoked' } });
    }
    if (request.url.startsWith('/v1/me')) return answer(200, { id: 'acc_1', name: 'Harbour' });
    if (request.method === 'POST') {
      const { text: says, reference } = JSON.parse(text);
      if (says.length > 100) return answer(422, { error: { code: 'text_too_long' } });
      notes.unshift({ id: `n_${notes.length + 1}`, text: says, reference, colour: 'blue' });
      return answer(201, notes[0]);
    }
    if (seen.unwell === 0) {
      seen.unwell += 1;
      return answer(503, {});
    }
    return answer(200, { notes, next: null });
  });
});
await new Promise((resolve) => provider.listen(0, '127.0.0.1', resolve));
const base = `http://127.0.0.1:${provider.address().port}/v1`;

const before = packageHash();
const env = {
  PATH: process.env.PATH,
  FAIRLEAD_PORT: String(await freePort()),
  FAIRLEAD_LOG_LEVEL: 'warn',
  TIDE_TABLES_API_KEY: KEY,
};
mkdirSync(join(dir, 'node_modules'));
symlinkSync(ROOT, join(dir, 'node_modules/fairlead'));
symlinkSync(join(ROOT, 'node_modules/zod'), join(dir, 'node_modules/zod'));
writeFileSync(join(dir, 'package.json'), '{"private":true,"type":"module"}\n');
const run = (...words) => runToEnd(process.execPath, [MAIN, ...words], { cwd: dir, env });
const json = async (...words) => {
  const { stdout } = await run(...words, '--json');
  try {
    return JSON.parse(stdout);
  } catch {
    return {};
  }
};

const written = await json('connector', 'new', NAME);
const folder = `connectors/${NAME}/`;
statements.push([
  written.files?.length >= 7 && written.files.every(({ path }) => path.startsWith(folder)),
  `connector new: ${written.files?.length} files, all in ${folder}`,
]);
const checked = await json('connector', 'check', `connectors/${NAME}`);
statements.push([checked.ok === true, `connector check: ${checked.problems?.length ?? 'no'} problems`]);
const tested = await runToEnd(process.execPath, ['--test', 'connectors/'], { cwd: dir, env });
statements.push([tested.code === 0, `its own test: exit ${tested.code}`]);

const config = (list) => `import { defineConfig } from 'fairlead';
import { connector } from './connectors/${NAME}/index.mjs';

export default defineConfig({
  connectors: ${list},
  connections: { '${NAME}': { baseUrl: '${base}' } },
  allowedPrivateHosts: ['127.0.0.1'],
});
`;
const configure = (text) => writeFileSync(join(dir, 'fairlead.config.mjs'), text);
for (const [what, list, problem] of [
  ['apiVersion 2', '[{ ...connector, apiVersion: 2 }]', /apiVersion is not 1/],
  ['a name that is taken', "[{ ...connector, provider: 'github' }]", /"github" already/],
  ['the same twice', '[connector, connector]', /already/],
  ['no list', 'connector', /list of defineConnector/],
  ['a slip of the pen', '[connectr]', /fairlead\.config\.mjs:5.*connectr|connectr.*/s],
]) {
  configure(config(list));
  const { code, stderr, stdout } = await run('action', 'list', NAME);
  statements.push([code !== 0 && problem.test(stderr + stdout), `${what}: refused, exit ${code}`]);
}
configure(config('[connector]'));

const server = spawn(process.execPath, [MAIN, 'serve'], { cwd: dir, env, stdio: 'inherit', detached: true });
const url = `http://127.0.0.1:${env.FAIRLEAD_PORT}`;
const isReady = async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.ok === true;
try {
  if (!(await until(isReady, 20_000))) throw new Error('the server did not start');
  const { actions = [] } = await json('action', 'list', NAME);
  statements.push([actions.length === 2, `action list: ${actions.map(({ name }) => name)}`]);
  const made = await json(
    'action',
    'run',
    `${NAME}.createNote`,
    '--text',
    'High water at six',
    '--idempotency-key',
    'k1',
  );
  const again = await json(
    'action',
    'run',
    `${NAME}.createNote`,
    '--text',
    'High water at six',
    '--idempotency-key',
    'k1',
  );
  statements.push([
    made.state === 'done' && again.state === 'replayed' && notes.length === 1 && notes[0].reference !== undefined,
    `a write: ${made.state}, repeated: ${again.state}, notes at the provider: ${notes.length}`,
  ]);
  const listed = await json('action', 'run', `${NAME}.listNotes`);
  statements.push([
    listed.output?.notes?.[0]?.text === 'High water at six' && seen.unwell === 1,
    `a read: ${listed.state}, after ${seen.unwell} answer of 503`,
  ]);
  const tooLong = await json('action', 'run', `${NAME}.createNote`, '--text', 'x'.repeat(101));
  statements.push([/note is too long/.test(JSON.stringify(tooLong)), 'a refusal comes in its own words']);
  const audit = await json('audit', 'search', `provider=${NAME}`);
  statements.push([(audit.entries ?? []).length >= 4, `audit log: ${(audit.entries ?? []).length} entries of it`]);

  const found = await json('mcp', 'call', 'actions_search', '{"query":"tide tables notes"}');
  statements.push([JSON.stringify(found).includes(`${NAME}.createNote`), 'MCP finds it']);
  const search = await json('spec', 'search', NAME, 'scribble something');
  statements.push([
    search.operations?.[0]?.name === `${NAME}.createNote`,
    `spec search: ${search.operations?.[0]?.name}`,
  ]);
  const { token } = JSON.parse(readFileSync(join(dir, '.fairlead/keys/local.json'), 'utf8'));
  const rest = await fetch(`${url}/v1/actions/${NAME}.listNotes`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: '{}',
  });
  const restBody = await rest.json();
  statements.push([restBody.state === 'done', `REST: ${rest.status} ${restBody.state ?? restBody.code}`]);
  await webhook();
} finally {
  signalGroup(server, 'SIGTERM');
  provider.close();
}
statements.push([seen.refused === 0, `${seen.requests} requests at the provider, all with its key`]);
statements.push([packageHash() === before, 'no file of the package changed']);
conclude(statements);

async function webhook() {
  writeFileSync(join(dir, 'secret.txt'), SECRET);
  const { source = {} } = await json('source', 'create', NAME, '--secret-file', 'secret.txt');
  const body = JSON.stringify({ id: 'evt_1', type: 'note.created' });
  const at = String(Math.floor(Date.now() / 1_000));
  const sign = (text) => createHmac('sha256', SECRET).update(`${at}.${text}`).digest('hex');
  const post = async (text, signature) => {
    const headers = { 'content-type': 'application/json', [`${NAME}-signature`]: signature, [`${NAME}-timestamp`]: at };
    return (await fetch(url + (source.path ?? '/none'), { method: 'POST', headers, body: text })).status;
  };
  const taken = await post(body, sign(body));
  const forged = await post(body.replace('evt_1', 'evt_2'), sign(body));
  const repeated = await post(body, sign(body));
  const events = (await json('event', 'list')).events ?? [];
  statements.push([
    taken === 202 && forged === 401 && repeated < 300 && events.length === 1 && events[0].type === 'note.created',
    `webhook: ${taken}, forged ${forged}, repeated ${repeated}; events: ${events.map(({ type }) => type)}`,
  ]);
}
