/**
 * Tool calls over MCP (Streamable HTTP, revision 2026-07-28): the built `fairlead serve` with all that lies between an
 * agent and a provider (bearer token, policy, limits, retry, record) beside a bare server of the official package whose
 * one tool asks the same provider. The provider answers at once from a process of its own; asked without anything in
 * between it tells what of a call is its own time.
 *
 * `stdio` is from spawn of `fairlead mcp stdio`, attached to the running server, to the first list of tools. Memory is
 * that of the server over 100,000 calls (`--full`; else 20,000), after its first fifth and at the end.
 *
 * @module
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Pool } from 'undici';
import { percentile, ratioOf, round as rounded, rowOf } from './measure/figures.mjs';
import { cpuUsOf, rssMbOf } from './measure/processes.mjs';
import { freePort, plainEnv, Program } from './measure/programs.mjs';
import { built, missingBuild } from './ours/build-place.mjs';

const MAIN = built('main.cjs');
const REVISION = '2026-07-28';
const AT_ONCE = [1, 20, 100];
const STDIO_MS = 600;
const CALLS = 20_000;
const CALLS_FULL = 100_000;
/** Caches and pools fill first. */
const WARM_SHARE = 0.2;
const RSS_GROWTH_MAX = 1.1;
const READY_MS = 30_000;

const CONFIG = (provider) => `import { z } from 'zod';
import { defineConfig } from 'fairlead';
import { classifier, defineAction, defineConnector, parseJsonObject } from 'fairlead/connector';

export default defineConfig({
  connectors: [
    defineConnector({
      apiVersion: 1,
      provider: 'bench',
      title: 'Bench',
      hosts: ['api.bench.example'],
      baseUrl: 'https://api.bench.example/v1',
      envAliases: [{ variable: 'BENCH_TOKEN', makes: 'connection', credential: 'bearer' }],
      classify: classifier({}),
      limits: { all: { covers: 'all', ratePerSecond: 1_000_000, burst: 1_000_000, everyCall: 1, source: 'bench' } },
      actions: {
        read: defineAction({
          summary: 'Reads one thing',
          input: z.strictObject({ id: z.string().max(100) }),
          output: z.strictObject({ id: z.string() }),
          effect: 'read',
          target: ({ id }) => ({ type: 'thing', id }),
          settleMs: 1_000,
          request: ({ id }) => ({ method: 'GET', url: \`/things/\${id}\` }),
          parse: ({ body }) => ({ id: parseJsonObject(body)?.id }),
          idempotency: 'none',
        }),
      },
    }),
  ],
  connections: { bench: { baseUrl: '${provider}/v1' } },
  allowedPrivateHosts: ['127.0.0.1'],
  // The same call, as often as it goes.
  limits: { toolCallsPerMinute: 1e9, sameToolCallsPerMinute: 1e9 },
});
`;

export const describe = { rounds: 5, seconds: 2 };

/** A tool call as a client of this revision sends it, without the client: only the servers are measured. */
function callOf(name, args, headers = {}) {
  const params = {
    name,
    arguments: args,
    _meta: {
      'io.modelcontextprotocol/protocolVersion': REVISION,
      'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  };
  return {
    method: 'POST',
    path: '/mcp',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': REVISION,
      'mcp-method': 'tools/call',
      'mcp-name': name,
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
  };
}

/** @throws unless the provider was asked and its answer came back. */
async function ask(pool, request) {
  const { statusCode, body } = await pool.request(request);
  const text = await body.text();
  if (statusCode !== 200 || !text.includes('t1') || text.includes('"isError":true')) {
    throw new Error(`a call was answered with ${statusCode}: ${text.slice(0, 300)}`);
  }
}

async function load({ pool, request, pids }, atOnce, ms) {
  const times = [];
  const cpuBefore = cpuUsOf(pids);
  const startedAt = performance.now();
  const lane = async () => {
    for (let begunAt = performance.now(); begunAt < startedAt + ms; begunAt = performance.now()) {
      await ask(pool, request);
      times.push(performance.now() - begunAt);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  const value = (times.length / (performance.now() - startedAt)) * 1_000;
  times.sort((a, b) => a - b);
  return {
    value,
    p50Ms: percentile(times, 0.5),
    p95Ms: percentile(times, 0.95),
    p99Ms: percentile(times, 0.99),
    cpuUsPerOp: (cpuUsOf(pids) - cpuBefore) / times.length,
  };
}

/** Until the server has made the credential of its machine and listens. */
async function tokenOf(program, dir, port) {
  const until = performance.now() + READY_MS;
  while (performance.now() < until) {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    if (answer?.ok) return JSON.parse(readFileSync(join(dir, 'data/keys/local.json'), 'utf8')).token;
    await sleep(50);
  }
  throw program.failure('did not become ready');
}

async function firstList(dir, env) {
  const args = [MAIN, 'mcp', 'stdio'];
  const transport = new StdioClientTransport({ command: process.execPath, args, cwd: dir, env, stderr: 'ignore' });
  // By the revision that clients begin with. To find out about a newer one, this client starts a process of its own
  // first and throws it away: that would be two starts.
  const client = new Client({ name: 'bench', version: '1' });
  const startedAt = performance.now();
  await client.connect(transport);
  await client.listTools();
  const value = performance.now() - startedAt;
  await client.close();
  return { value };
}

async function memoryOver({ pool, request, pids }, calls) {
  let left = calls;
  let first;
  const lane = async () => {
    while (left > 0) {
      left -= 1;
      await ask(pool, request);
      if (left === Math.floor(calls * (1 - WARM_SHARE))) first = rssMbOf(pids);
    }
  };
  await Promise.all(Array.from({ length: 20 }, lane));
  return { first, last: rssMbOf(pids) };
}

export async function run({ dir, rounds, seconds, full, nodeArgs, say }) {
  const missing = missingBuild('main.cjs');
  if (missing !== undefined) return { rows: [], ratios: [], skipped: [{ name: 'ours', why: missing }] };
  const provider = new Program(process.execPath, [join(import.meta.dirname, 'servers/provider.mjs')]);
  const base = `http://127.0.0.1:${await provider.line('ready')}`;
  const bare = new Program(process.execPath, [join(import.meta.dirname, 'servers/bare-mcp.mjs'), base]);
  const barePort = await bare.line('ready');
  const home = join(dir, 'ours');
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'fairlead.config.mjs'), CONFIG(base));
  const port = await freePort();
  const env = plainEnv({
    FAIRLEAD_DATA_DIR: join(home, 'data'),
    FAIRLEAD_PORT: String(port),
    FAIRLEAD_LOG_LEVEL: 'warn',
    AUDIT_LOG_PATH: join(home, 'audit.ndjson'),
    BENCH_TOKEN: 'a token of this bench',
  });
  const ours = new Program(process.execPath, [...nodeArgs, MAIN, 'serve'], { cwd: home, env });
  const token = await tokenOf(ours, home, port);

  const poolOf = (url) => new Pool(url, { connections: Math.max(...AT_ONCE) });
  const contestants = {
    ours: {
      pool: poolOf(`http://127.0.0.1:${port}`),
      request: callOf('actions_run', { name: 'bench.read', input: { id: 'x' } }, { authorization: `Bearer ${token}` }),
      pids: [ours.pid],
    },
    'bare-mcp': {
      pool: poolOf(`http://127.0.0.1:${barePort}`),
      request: callOf('read', { id: 'x' }),
      pids: [bare.pid],
    },
    provider: { pool: poolOf(base), request: { method: 'GET', path: '/v1/things/x' }, pids: [provider.pid] },
  };
  const figures = {};
  const starts = [];
  // The first round warms the code up and is thrown away.
  for (let round = 0; round <= rounds; round += 1) {
    for (const atOnce of AT_ONCE) {
      for (const [name, contestant] of Object.entries(contestants)) {
        const found = await load(contestant, atOnce, seconds * 1_000);
        if (round > 0) (figures[`${name} ${atOnce}`] ??= []).push(found);
      }
    }
    const start = await firstList(home, env);
    if (round > 0) starts.push(start);
    say(`round ${round}/${rounds}`);
  }
  const memory = await memoryOver(contestants.ours, full ? CALLS_FULL : CALLS);
  await Promise.all(Object.values(contestants).map(({ pool }) => pool.close()));
  await Promise.all([ours, bare, provider].map((program) => program.stop()));

  const of = (name, atOnce) => figures[`${name} ${atOnce}`];
  const beyond = (name, percentileMs) => {
    const own = of('provider', 1);
    return of(name, 1).map((found, round) => ({ value: found[percentileMs] - own[round][percentileMs] }));
  };
  const rate = (name, atOnce) => of(name, atOnce).map(({ value }) => value);
  const pairs = ['ours', 'bare-mcp'];
  return {
    rows: [
      ...AT_ONCE.flatMap((atOnce) =>
        [...pairs, 'provider'].map((name) => rowOf({ name, params: { atOnce }, unit: 'calls/s' }, of(name, atOnce))),
      ),
      ...pairs.flatMap((name) => [
        rowOf({ name: `${name}: beyond the provider`, params: { percentile: 50 }, unit: 'ms' }, beyond(name, 'p50Ms')),
        rowOf({ name: `${name}: beyond the provider`, params: { percentile: 95 }, unit: 'ms' }, beyond(name, 'p95Ms')),
      ]),
      rowOf({ name: 'stdio: first list of tools', params: { attached: true }, unit: 'ms' }, starts),
      rowOf({ name: 'memory', params: { calls: full ? CALLS_FULL : CALLS }, unit: 'MB' }, [
        { value: rounded(memory.last) },
      ]),
    ],
    ratios: [
      ...AT_ONCE.slice(1).map((atOnce) =>
        ratioOf(
          { name: 'bare-mcp', of: `ours, ${atOnce} at once`, to: `bare-mcp, ${atOnce} at once`, floor: 0.5, aim: 0.8 },
          rate('ours', atOnce),
          rate('bare-mcp', atOnce),
        ),
      ),
      ratioOf(
        { name: 'stdio-start', of: 'first list of tools', to: `${STDIO_MS} ms`, floor: 1, lower: true },
        starts.map(({ value }) => value),
        starts.map(() => STDIO_MS),
      ),
      ratioOf(
        { name: 'rss', of: 'memory at the end', to: 'after a fifth of the calls', floor: RSS_GROWTH_MAX, lower: true },
        [memory.last],
        [memory.first],
      ),
    ],
    skipped: [],
  };
}
