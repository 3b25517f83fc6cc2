/** Deliveries that are forged, stale, oversized, slow or hostile inside. */
import { createHmac } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import {
  allEvents,
  drained,
  freePort,
  githubDelivery,
  GITHUB_SECRET,
  internalTool,
  keepAlive,
  pause,
  readyMs,
  rest,
  send,
  startServer,
  toolEnv,
  until,
  workspace,
  writeConfig,
} from '../harness.mjs';

const STRIPE_SECRET = 'whsec_of_this_proof_and_of_nothing_else';
const MIB = 1024 * 1024;
const FORGERIES = 10_000;
const FORGERS = 32;
const DISK_MAX_BYTES = 1_000_000;
/** A connection whose headers do not arrive is closed after 10 s; the look is every half second. */
const HEADERS_LIMIT_MS = 10_000;

function signed(body, { id = `bad-${Math.random()}`, event = 'issues', ...more } = {}) {
  const signature = `sha256=${createHmac('sha256', GITHUB_SECRET).update(body).digest('hex')}`;
  const headers = { 'x-github-event': event, 'x-github-delivery': id, 'x-hub-signature-256': signature, ...more };
  return { id, body, headers: { 'content-type': 'application/json', ...headers } };
}

function stripe(offsetSeconds, spoil = (header) => header) {
  const body = JSON.stringify({ id: `evt_${Math.random()}`, object: 'event', type: 'invoice.paid' });
  const seconds = Math.floor(Date.now() / 1_000) + offsetSeconds;
  const mac = createHmac('sha256', STRIPE_SECRET).update(`${seconds}.${body}`).digest('hex');
  return { body, headers: { 'content-type': 'application/json', 'stripe-signature': spoil(`t=${seconds},v1=${mac}`) } };
}

const genuine = () => githubDelivery();
const without = ({ headers, ...rest }, name) => {
  const { [name]: _, ...others } = headers;
  return { ...rest, headers: others };
};
const base64 = (hex) => `sha256=${Buffer.from(hex.slice(7), 'hex').toString('base64')}`;
const respelt = (delivery, change) => ({
  ...delivery,
  headers: { ...delivery.headers, 'x-hub-signature-256': change(delivery.headers['x-hub-signature-256']) },
});

/** What is wrong, the request, the status, and what the answer has to say. */
const REFUSED = [
  ['a wrong signature', '/in/github', () => githubDelivery({ secret: 'not the secret' }), 401, /bad_signature/],
  ['no signature', '/in/github', () => without(genuine(), 'x-hub-signature-256'), 401, /missing/],
  ['a garbled signature', '/in/github', () => respelt(genuine(), () => 'sha256=zz\u00ff"\'{}'), 401, /malformed|bad_/],
  ['a cut signature', '/in/github', () => respelt(genuine(), (text) => text.slice(0, 30)), 401, /malformed|bad_/],
  ['a signature in base64', '/in/github', () => respelt(genuine(), base64), 401, /malformed|bad_/],
  ['a stale signature', '/in/stripe', () => stripe(-3_600), 401, /too_old|stale|timestamp/],
  ['a signature of the future', '/in/stripe', () => stripe(3_600), 401, /too_new|future|timestamp/],
  [
    'a garbled timestamp',
    '/in/stripe',
    () => stripe(0, (text) => text.replace('t=', 't=1e')),
    401,
    /malformed|timestamp/,
  ],
  ['two timestamps', '/in/stripe', () => stripe(0, (text) => `t=1,${text}`), 401, /./],
  ['a compressed body', '/in/github', () => signed('{}', { 'content-encoding': 'gzip' }), 415, /unsupported_encoding/],
  ['a body of 30 MiB', '/in/github', () => signed(Buffer.alloc(30 * MIB, 0x20)), 413, /body_too_large.*limitBytes/],
  ['another method', '/in/github', () => ({ method: 'PUT', headers: {} }), 405, /method_not_allowed/],
  ['no such source', '/in/nobody', genuine, 404, /not_found/],
];

/** Properly signed, and strange: kept, and harmless to whoever looks at it or handles it. */
const STRANGE = [
  ['10^6 levels', () => signed('['.repeat(1e6) + ']'.repeat(1e6))],
  ['10^6 levels that never close', () => signed('['.repeat(1e6))],
  ['500,000 levels', () => signed(`{"action":"opened","deep":${'['.repeat(5e5)}${']'.repeat(5e5)}}`)],
  [
    '500,000 objects inside each other',
    () => signed(`{"action":"opened","a":${'{"":'.repeat(2e5)}1${'}'.repeat(2e5)}}`),
  ],
  ['invalid UTF-8', () => signed(Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0xc0, 0x80, 0x22, 0x3a, 0x31, 0x7d]))],
  [
    '__proto__',
    () => signed('{"__proto__":{"polluted":"yes"},"constructor":{"prototype":{"polluted":"yes"}},"action":"opened"}'),
  ],
  ['nothing at all', () => signed('')],
  ['a number', () => signed('1e999')],
  ['an event type of 10 KB', () => signed('{"action":"opened"}', { event: 'x'.repeat(10_000) })],
  ['control characters in the id', () => signed('{"action":"reopened"}', { id: 'a\tb\u00e9' })],
];

function bytesOf(dir) {
  return readdirSync(dir, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(dir, entry.name);
    return sum + (entry.isDirectory() ? bytesOf(path) : (statSync(path, { throwIfNoEntry: false })?.size ?? 0));
  }, 0);
}

/** Streams for as long as it is listened to. @returns status, and how much was sent until then. */
function endless(url) {
  return new Promise((resolve) => {
    let sent = 0;
    let status = 0;
    let going = true;
    const chunk = Buffer.alloc(64 * 1024, 0x20);
    const message = request(url, { method: 'POST', headers: signed('{}').headers }, (response) => {
      status = response.statusCode;
      response.resume();
    });
    const stop = () => {
      going = false;
      resolve({ status, sent });
    };
    message.on('error', stop);
    message.on('close', stop);
    const pump = () => {
      if (!going || sent > 200 * MIB) return message.destroy();
      sent += chunk.length;
      message.write(chunk, () => setImmediate(pump));
    };
    pump();
  });
}

/** Connections that send a byte now and then. */
function slowLoris(port, count) {
  let open = count;
  const sockets = Array.from({ length: count }, (_, index) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.on('close', () => (open -= 1));
    socket.resume();
    // One half never ends its headers, the other half never ends its body.
    const head = 'POST /in/github HTTP/1.1\r\nhost: x\r\n';
    socket.write(index % 2 === 0 ? head : `${head}content-length: 1000\r\n\r\n`);
    return socket;
  });
  const drip = setInterval(() => sockets.forEach((socket) => socket.writable && socket.write('x')), 500);
  const stop = () => {
    clearInterval(drip);
    for (const socket of sockets) socket.destroy();
  };
  return { open: () => open, stop };
}

const POLLUTION = `on('github', '*', { name: 'see', uses: ['http.post'] }, async (event, ctx) => {
      await ctx.actions.http.post({ url: URL, json: { delivery: String(({}).polluted) } });
    }),`;

/** @returns {Promise<[boolean, string][]>} */
export async function deliveries() {
  const dir = workspace('bad-deliveries');
  const port = await freePort();
  const tool = await internalTool();
  writeConfig(dir, tool, '', POLLUTION.replace('URL', JSON.stringify(tool.url)));
  const env = { ...toolEnv(tool), STRIPE_WEBHOOK_SECRET: STRIPE_SECRET };
  const server = startServer(dir, port, { env });
  if ((await readyMs(server.url)) === undefined) return [[false, `never ready\n${server.output.text}`]];
  const statements = [];

  for (const [name, path, make, status, says] of REFUSED) {
    const answer = await send(server.url + path, make());
    const holds = answer.status === status && says.test(answer.text);
    statements.push([holds, `${name}: ${answer.status} ${answer.text.slice(0, 100)}`]);
  }
  const stream = await endless(`${server.url}/in/github`);
  statements.push([
    stream.status === 413 && stream.sent < 40 * MIB,
    `a body that never ends: ${stream.status}, cut off by ${(stream.sent / MIB).toFixed(1)} MiB`,
  ]);
  const after = await allEvents(dir, server.url);
  statements.push([after.size === 0, `${after.size} events of all these`]);

  for (const [name, make] of STRANGE) {
    const delivery = make();
    const { status, text } = await send(`${server.url}/in/github`, delivery);
    statements.push([status === 202, `${name}, signed: ${status} ${text.slice(0, 80)}`]);
  }
  const isDrained = await drained(dir, server.url, 60_000);
  const strange = [...(await allEvents(dir, server.url)).values()];
  const seen = await Promise.all(strange.map(({ id }) => rest(dir, server.url, 'GET', `/v1/events/${id}`)));
  statements.push([
    seen.length === STRANGE.length && seen.every(({ id }) => typeof id === 'string'),
    `${seen.length} of ${STRANGE.length} strange ones can be looked at`,
  ]);
  const unhandled = strange.filter(({ jobs }) => jobs.some(({ state }) => state !== 'completed'));
  statements.push([
    isDrained && unhandled.length === 0,
    `${strange.length - unhandled.length} handled${unhandled.map((event) => `; ${JSON.stringify(event.jobs)}`)}`,
  ]);
  statements.push([tool.effects.has('undefined') && !tool.effects.has('yes'), 'no prototype was polluted']);

  // From here on the disk is watched.
  await pause(2_500);
  const before = bytesOf(dir);
  const events = (await allEvents(dir, server.url)).size;
  const agent = keepAlive(FORGERS);
  let left = FORGERIES;
  let refused = 0;
  const forger = async () => {
    while (left-- > 0) {
      const delivery = githubDelivery({ secret: 'not the secret', padding: 500 });
      if ((await send(`${server.url}/in/github`, { ...delivery, agent })).status === 401) refused += 1;
    }
  };
  await Promise.all(Array.from({ length: FORGERS }, forger));
  agent.destroy();
  await pause(2_500);
  const grown = bytesOf(dir) - before;
  const { queues } = await rest(dir, server.url, 'GET', '/v1/queues');
  const depth = queues.reduce((sum, { ready, running, blocked }) => sum + ready + running + blocked, 0);
  statements.push([refused === FORGERIES, `${refused} of ${FORGERIES} forgeries refused`]);
  statements.push([
    depth === 0 && grown < DISK_MAX_BYTES && (await allEvents(dir, server.url)).size === events,
    `they left a queue depth of ${depth} and ${grown} bytes on the disk`,
  ]);

  const slow = slowLoris(port, 200);
  await pause(500);
  const answer = await send(`${server.url}/in/github`, { ...genuine(), timeoutMs: 2_000 });
  const halfGone = await until(() => slow.open() <= 100, HEADERS_LIMIT_MS + 5_000);
  const allGone = await until(() => slow.open() === 0, 30_000);
  slow.stop();
  statements.push([answer.status === 202, `beside 200 connections that drip: ${answer.status}`]);
  statements.push([halfGone && allGone, 'headers that do not come and bodies that do not end are cut off']);

  server.child.kill('SIGTERM');
  const { code } = await server.exited;
  tool.close();
  statements.push([code === 0, `ends with exit code ${code}`]);
  return statements;
}
