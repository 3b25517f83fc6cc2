/**
 * What the proofs with real processes have in common: a built server in a directory of its own, a tool that honours
 * Idempotency-Key, signed deliveries, a client that knows what was acknowledged.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import { createServer as createSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const MAIN = fileURLToPath(new URL('../../dist/main.cjs', import.meta.url));
export const isFull = process.argv.includes('--full');
export const GITHUB_SECRET = 'a secret of this proof and of nothing else';

/** Waiting is part of these proofs: they watch other processes. */
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @returns {Promise<boolean>} whether `probe` came true in time */
export async function until(probe, timeoutMs, everyMs = 25) {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    if (await probe()) return true;
    if (performance.now() > endMs) return false;
    await pause(everyMs);
  }
}

export async function freePort() {
  const server = createSocket();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Directories and processes of this proof. They go with it, also when it is interrupted. */
const workspaces = [];
const children = new Set();

function cleanUp() {
  for (const child of children) signalGroup(child, 'SIGKILL');
  for (const dir of workspaces) rmSync(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}
process.on('exit', cleanUp);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(130));

/** A directory that goes with the process. */
export function workspace(name) {
  const dir = mkdtempSync(join(tmpdir(), `fairlead-${name}-`));
  workspaces.push(dir);
  return dir;
}

/** To a child and to all that it has started. @returns {boolean} whether any of them was there */
export function signalGroup(child, signal) {
  try {
    return process.kill(-child.pid, signal);
  } catch {
    return false;
  }
}

/** Leads a group of its own, so that what it starts, or runs under, can be ended with it. */
function spawnGroup(command, args, options) {
  const child = spawn(command, args, { ...options, detached: true });
  children.add(child);
  child.on('error', () => children.delete(child));
  // Its number may be given to somebody else from now on.
  child.on('exit', () => signalGroup(child, 0) || children.delete(child));
  return child;
}

/**
 * Runs a program until it ends, and ends it with all that it started after five minutes. `input` is what it reads from
 * stdin; without it there is none.
 *
 * @returns {Promise<{code: number | null, stdout: string, stderr: string, isGone: boolean}>} `isGone`: nothing that it
 *   started outlived it. Never rejects.
 */
export function runToEnd(command, args, { cwd, env = {}, input, timeoutMs = 300_000 } = {}) {
  const { PATH, HOME } = process.env;
  const child = spawnGroup(command, args, {
    cwd,
    env: { PATH, HOME, NO_COLOR: '1', ...env },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  child.stdin?.on('error', () => {});
  child.stdin?.end(input);
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => (said[name] += text));
  const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), timeoutMs);
  const gone = new Promise((resolve) => {
    child.on('exit', async () => {
      resolve(await until(() => !signalGroup(child, 0), 2_000));
      if (signalGroup(child, 'SIGKILL')) children.delete(child);
    });
  });
  return new Promise((resolve) => {
    child.on('error', ({ message }) => resolve({ code: null, stdout: '', stderr: message, isGone: true }));
    // Not before all that could still write is gone.
    child.on('close', async (code) => {
      clearTimeout(timer);
      resolve({ code, ...said, isGone: await gone });
    });
  });
}

/** Starts `fairlead serve` in `dir`. `prefix` is a command to run it under, e.g. strace. */
export function startServer(dir, port, { env = {}, prefix = [], args = ['serve'], main = MAIN } = {}) {
  const [command, ...rest] = [...prefix, process.execPath, main, ...args];
  const child = spawnGroup(command, rest, {
    cwd: dir,
    env: {
      PATH: process.env.PATH,
      HOME: dir,
      FAIRLEAD_PORT: String(port),
      FAIRLEAD_LOG_LEVEL: 'warn',
      GITHUB_WEBHOOK_SECRET: GITHUB_SECRET,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { text: '' };
  const keep = (chunk) => (output.text = (output.text + chunk).slice(-4_000_000));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  return { child, exited, output, url: `http://127.0.0.1:${port}` };
}

/** Starts a program whose stdout the caller reads; it goes with this process. */
export function startProgram(command, args, { cwd, env = {} } = {}) {
  const { PATH, HOME } = process.env;
  return spawnGroup(command, args, { cwd, env: { PATH, HOME, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Milliseconds until the server answers, or undefined. */
export async function readyMs(url, timeoutMs = 15_000) {
  const startedMs = performance.now();
  const probe = async () => (await send(`${url}/readyz`, { method: 'GET', timeoutMs: 1_000 })).status === 200;
  return (await until(probe, timeoutMs, 10)) ? performance.now() - startedMs : undefined;
}

/** One request. Never rejects: no answer is status 0. */
export function send(url, { method = 'POST', headers = {}, body, agent, timeoutMs = 10_000 } = {}) {
  return new Promise((resolve) => {
    const message = request(url, { method, headers, agent }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', () => resolve({ status: 0, text: '' }));
      response.on('end', () =>
        resolve({
          status: response.statusCode,
          text: Buffer.concat(chunks).toString('utf8'),
          headers: response.headers,
        }),
      );
    });
    message.setTimeout(timeoutMs, () => message.destroy());
    message.on('error', () => resolve({ status: 0, text: '' }));
    message.end(body);
  });
}

export const keepAlive = (maxSockets) => new Agent({ keepAlive: true, maxSockets });

/** A GitHub delivery as GitHub sends it: the id in a header, the signature over the body alone. */
export function githubDelivery({ id = randomUUID(), event = 'issues', secret = GITHUB_SECRET, padding = 200 } = {}) {
  const body = JSON.stringify({
    action: 'opened',
    issue: { number: 1, title: id },
    padding: randomBytes(padding).toString('hex'),
  });
  return {
    id,
    body,
    headers: {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'x-github-event': event,
      'x-github-delivery': id,
      'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
    },
  };
}

/**
 * An internal tool that honours Idempotency-Key: counts what took effect by the delivery in the body. It answers
 * `delayMs` after the effect, so that a kill finds calls whose answer is still to come.
 */
export async function internalTool({ delayMs = 0 } = {}) {
  const effects = new Map();
  const answers = new Map();
  let repeats = 0;
  const server = createServer((incoming, answer) => {
    const chunks = [];
    incoming.on('data', (chunk) => chunks.push(chunk));
    incoming.on('end', () => {
      const key = incoming.headers['idempotency-key'];
      const { delivery } = JSON.parse(Buffer.concat(chunks).toString('utf8'));
      if (key !== undefined && answers.has(key)) repeats += 1;
      else {
        effects.set(delivery, (effects.get(delivery) ?? 0) + 1);
        if (key !== undefined) answers.set(key, true);
      }
      setTimeout(() => {
        answer.writeHead(200, { 'content-type': 'application/json' });
        answer.end('{"ok":true}');
      }, delayMs);
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${server.address().port}`;
  return { host, url: `http://${host}/customers`, effects, repeats: () => repeats, close: () => server.close() };
}

/** Variables that let actions reach the tool. */
export const toolEnv = (tool) => ({
  FAIRLEAD_ALLOWED_PRIVATE_HOSTS: tool.host,
  FAIRLEAD_SAAS_HOSTS: `http://${tool.host}`,
  FAIRLEAD_IDEMPOTENT_HOSTS: `http://${tool.host}`,
});

/** A configuration with one handler that records each delivery in the tool; more handlers may follow it. */
export function writeConfig(dir, tool, extra = '', more = '', type = '*') {
  writeFileSync(
    join(dir, 'fairlead.config.mjs'),
    `import { defineConfig, on } from 'fairlead';
export default defineConfig({
  handlers: [
    on('github', '${type}', { name: 'record', uses: ['http.post'] }, async (event, ctx) => {
      await ctx.actions.http.post({ url: ${JSON.stringify(tool.url)}, json: { delivery: event.key } });
    }),
    ${more}
  ],
  ${extra}
});
`,
  );
}

/** The credential that a server makes for its own machine. */
export const localToken = (dir) => JSON.parse(readFileSync(join(dir, '.fairlead/keys/local.json'), 'utf8')).token;

/** Calls one operation over REST with the credential of the machine. */
export async function rest(dir, url, method, path, input) {
  const token = localToken(dir);
  const body = input === undefined ? undefined : JSON.stringify(input);
  const answer = await send(url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body,
    timeoutMs: 60_000,
  });
  if (answer.status >= 300 || answer.status === 0)
    throw new Error(`${method} ${path}: ${answer.status} ${answer.text.slice(0, 500)}`);
  return JSON.parse(answer.text);
}

/** Every event, by the provider's id of the delivery. */
export async function allEvents(dir, url) {
  const events = new Map();
  let cursor;
  do {
    const page = await rest(
      dir,
      url,
      'GET',
      `/v1/events?limit=1000${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    for (const event of page.events) events.set(event.key, event);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return events;
}

/** Nothing waits and nothing runs. */
export async function drained(dir, url, timeoutMs) {
  return await until(
    async () => {
      const { queues } = await rest(dir, url, 'GET', '/v1/queues');
      return queues.every((queue) => queue.ready === 0 && queue.running === 0 && queue.blocked === 0);
    },
    timeoutMs,
    200,
  );
}

/** Ends a proof: prints each statement with its figure, exits 1 if one does not hold. */
export function conclude(statements) {
  for (const [holds, text] of statements) console.log(`${holds ? 'holds' : 'FAILS'}  ${text}`);
  process.exit(statements.every(([holds]) => holds) ? 0 : 1);
}

/** Numbers from a printed seed. */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
